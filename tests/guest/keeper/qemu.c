// SPDX-License-Identifier: GPL-2.0-only
/* A QEMU process. Its command line is the same before and after the update, as QEMU wants it. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "keeper.h"

/*
 * Devices that these guests do not use are set up, saved and loaded while they stand still, and so
 * is a description of the state, as text.
 */
#define WITHOUT		"smm=off,vmport=off,hpet=off,sata=off,smbus=off,suppress-vmdesc=on"

#define MAX_ARGS	64
#define BOOT_SECONDS	120
#define GUEST_WORDS	"console=ttyS0 panic=-1 kho=off mitigations=off tsc=reliable " \
			"no_timer_check quiet"

struct args {
	char *arg[MAX_ARGS];
	int nr;
};

static void add(struct args *args, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (args->nr == MAX_ARGS - 1 || vasprintf(&args->arg[args->nr++], fmt, ap) < 0)
		die("the command line of QEMU is too long");
	va_end(ap);
}

/* What the workload fills; of a kind of memory that is not plain, as much as it can. */
static void add_words(struct args *args, const struct note *note, bool rest)
{
	char pages[48] = "";

	if (note->kind != KIND_PLAIN)
		snprintf(pages, sizeof(pages), " workload_pages=all");
	else if (note->pages)
		snprintf(pages, sizeof(pages), " workload_pages=%llu",
			 (unsigned long long)note->pages);
	add(args, "-append");
	add(args, "%s%s%s", GUEST_WORDS, pages, rest ? " workload_rest=1" : "");
}

static void add_all(struct args *args, const struct guest *guest, const struct setup *setup,
		    int monitor, int console, bool incoming)
{
	const char *machine = setup->machine ?: incoming ? guest->note->machine : "q35";

	add(args, "%s", setup->qemu);
	add(args, "-accel"), add(args, "%s", setup->accel);
	add(args, "-cpu"), add(args, "%s", strcmp(setup->accel, "kvm") ? "max,la57=off" : "host");
	add(args, "-machine"), add(args, "%s,memory-backend=memory," WITHOUT, machine);
	add(args, "-m"), add(args, "%lluM", (unsigned long long)guest->note->bytes >> 20);
	add(args, "-object");
	add(args, "memory-backend-file,id=memory,share=on,size=%llu,mem-path=/proc/self/fd/%d%s%s",
	    (unsigned long long)guest->note->bytes, guest->memory, setup->backend ? "," : "",
	    setup->backend ?: "");
	add(args, "-smp"), add(args, "%u", guest->note->cpus);
	add(args, "-nodefaults"), add(args, "-no-user-config"), add(args, "-display"), add(args, "none");
	if (setup->roms)
		add(args, "-L"), add(args, "%s", setup->roms);
	add(args, "-chardev"), add(args, "socket,id=monitor,fd=%d", monitor);
	add(args, "-mon"), add(args, "chardev=monitor,mode=control");
	add(args, "-chardev"), add(args, "socket,id=console,fd=%d", console);
	add(args, "-serial"), add(args, "chardev:console");
	add(args, "-kernel");
	add(args, "%s", *guest->note->kernel ? guest->note->kernel : setup->kernel);
	add(args, "-initrd"), add(args, "%s", setup->initrd);
	add_words(args, guest->note, setup->rest);
	if (incoming)
		add(args, "-incoming"), add(args, "defer");
}

/* The descriptors that QEMU inherits; those of the Live Update Orchestrator close on exec. */
static void keep_open(int fd)
{
	if (fd >= 0 && fcntl(fd, F_SETFD, 0))
		die_errno("descriptor %d", fd);
}

/* In the child */
static void become(struct guest *guest, struct args *args, uint64_t limit, int monitor,
		   int console)
{
	const struct rlimit space = { .rlim_cur = limit, .rlim_max = limit };

	keep_open(guest->memory);
	keep_open(guest->state);
	keep_open(monitor);
	keep_open(console);
	if (limit && setrlimit(RLIMIT_AS, &space))
		die_errno("%s: a limit of %llu bytes", guest->name, (unsigned long long)limit);
	execvp(args->arg[0], args->arg);
	die_errno("%s", args->arg[0]);
}

static int start(struct guest *guest, const struct setup *setup, bool incoming,
		 const int monitor[2], const int console[2])
{
	struct args args = { 0 };

	add_all(&args, guest, setup, monitor[1], console[1], incoming);
	guest->qemu = fork();
	if (!guest->qemu)
		become(guest, &args, setup->limit, monitor[1], console[1]);
	for (int i = 0; i < args.nr; i++)
		free(args.arg[i]);
	if (guest->qemu < 0)
		return fail_errno("%s: fork", guest->name);
	guest->qmp = monitor[0];
	guest->serial = console[0];
	return 0;
}

/* On failure there is no process. */
int qemu_start(struct guest *guest, const struct setup *setup, bool incoming)
{
	int monitor[2], console[2], error;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, monitor))
		return fail_errno("%s: a pair of sockets", guest->name);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, console)) {
		close(monitor[0]);
		close(monitor[1]);
		return fail_errno("%s: a pair of sockets", guest->name);
	}
	error = start(guest, setup, incoming, monitor, console);
	close(monitor[1]);
	close(console[1]);
	if (error) {
		close(monitor[0]);
		close(console[0]);
		return error;
	}
	guest_mark(guest, "start");
	error = qmp_begin(guest);
	guest_mark(guest, "greeting");
	if (error)
		qemu_kill(guest);
	return error;
}

/* The status that it ended with, or -1 */
static int reap(struct guest *guest)
{
	int status = -1;

	if (waitpid(guest->qemu, &status, 0) != guest->qemu)
		fail_errno("%s: waiting for QEMU", guest->name);
	close(guest->qmp);
	close(guest->serial);
	return status;
}

void qemu_kill(struct guest *guest)
{
	kill(guest->qemu, SIGKILL);
	reap(guest);
}

int qemu_quit(struct guest *guest)
{
	int error = qmp_call(guest, "quit", NULL), status;

	if (error) {
		qemu_kill(guest);
		return error;
	}
	status = reap(guest);
	return status ? fail("%s: QEMU ended with status %#x", guest->name, status) : 0;
}

/* What KVM shows of a guest, below its folder; not without KVM, or with a KVM that has no such. */
int qemu_kvm_number(const struct guest *guest, const char *name, long long *value)
{
	char pattern[80], text[32] = "";
	int fd, error = -1;
	glob_t found;

	snprintf(pattern, sizeof(pattern), "/sys/kernel/debug/kvm/%d-*/%s", guest->qemu, name);
	if (glob(pattern, 0, NULL, &found))
		return -1;
	fd = open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		fail_errno("%s", found.gl_pathv[0]);
	else
		error = 0;
	close(fd);
	globfree(&found);
	*value = strtoll(text, NULL, 0);
	return error;
}

/* Without KVM the guest has the host's counter. */
int64_t qemu_tsc_offset(const struct guest *guest)
{
	long long offset = 0;

	return qemu_kvm_number(guest, "vcpu0/tsc-offset", &offset) ? 0 : offset;
}

static time_t seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* Whether there is something to read, or the end; not after @deadline */
static bool wait_for_console(struct guest *guest, time_t deadline)
{
	struct pollfd fd = { .fd = guest->serial, .events = POLLIN };
	time_t left;
	int ready;

	do {
		left = deadline - seconds();
		ready = poll(&fd, 1, left > 0 ? left * 1000 : 0);
	} while (ready < 0 && errno == EINTR);
	return ready;
}

/* A line of the console, which is shown; 1: there is one, 0: QEMU has ended, -1: too late */
static int relay_line(struct guest *guest, char *line, size_t size, time_t deadline)
{
	size_t len = 0;
	int got = 1;

	do {
		line[len] = '\0';
		if (deadline && !wait_for_console(guest, deadline))
			got = -1;
		else if (read(guest->serial, line + len, 1) != 1)
			got = 0;
	} while (got == 1 && line[len] != '\n' && ++len < size - 1);
	line[len] = '\0';
	if (got == 1 || len)
		printf("%s| %s\n", guest->name, line);
	return got;
}

/* Shows the guest's console, until it says @until; NULL: as long as QEMU runs. */
int qemu_relay(struct guest *guest, const char *until)
{
	time_t deadline = until ? seconds() + BOOT_SECONDS : 0;
	char line[512];
	int got;

	do
		got = relay_line(guest, line, sizeof(line), deadline);
	while (got == 1 && !(until && strstr(line, until)));
	if (!until || got == 1)
		return 0;
	if (got < 0)
		return fail("%s: has not booted in %d s: its console, above, lacks '%s'",
			    guest->name, BOOT_SECONDS, until);
	return fail("%s: QEMU has ended", guest->name);
}
