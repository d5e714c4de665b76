// SPDX-License-Identifier: GPL-2.0-only
/* A QEMU process. Its command line is the same before and after the update, as QEMU wants it. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper.h"

#define MAX_ARGS	64
#define SERIAL_TIMEOUT_MS	300000

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

static void add_all(struct args *args, const struct guest *guest, const struct setup *setup,
		    int monitor, int console, bool incoming)
{
	add(args, "%s", setup->qemu);
	add(args, "-accel"), add(args, "%s", setup->accel);
	add(args, "-cpu"), add(args, "%s", strcmp(setup->accel, "kvm") ? "max,la57=off" : "host");
	add(args, "-machine"), add(args, "q35,memory-backend=memory,smm=off");
	add(args, "-m"), add(args, "%lluM", (unsigned long long)guest->note->bytes >> 20);
	add(args, "-object");
	add(args, "memory-backend-file,id=memory,share=on,size=%llu,mem-path=/proc/self/fd/%d",
	    (unsigned long long)guest->note->bytes, guest->memory);
	add(args, "-smp"), add(args, "%u", guest->note->cpus);
	add(args, "-nodefaults"), add(args, "-no-user-config"), add(args, "-display"), add(args, "none");
	if (setup->roms)
		add(args, "-L"), add(args, "%s", setup->roms);
	add(args, "-chardev"), add(args, "socket,id=monitor,fd=%d", monitor);
	add(args, "-mon"), add(args, "chardev=monitor,mode=control");
	add(args, "-chardev"), add(args, "socket,id=console,fd=%d", console);
	add(args, "-serial"), add(args, "chardev:console");
	add(args, "-kernel"), add(args, "%s", setup->kernel);
	add(args, "-initrd"), add(args, "%s", setup->initrd);
	add(args, "-append");
	add(args, "console=ttyS0 panic=-1 kho=off mitigations=off tsc=reliable no_timer_check quiet");
	if (incoming)
		add(args, "-incoming"), add(args, "defer");
}

static void make_pair(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		die_errno("a pair of sockets");
}

/* The descriptors that QEMU inherits; those of the Live Update Orchestrator close on exec. */
static void keep_open(int fd)
{
	if (fd >= 0 && fcntl(fd, F_SETFD, 0))
		die_errno("descriptor %d", fd);
}

void qemu_start(struct guest *guest, const struct setup *setup, bool incoming)
{
	int monitor[2], console[2];
	struct args args = { 0 };

	make_pair(monitor);
	make_pair(console);
	add_all(&args, guest, setup, monitor[1], console[1], incoming);
	guest->qemu = fork();
	if (guest->qemu < 0)
		die_errno("%s: fork", guest->name);
	if (!guest->qemu) {
		keep_open(guest->memory);
		keep_open(guest->state);
		keep_open(monitor[1]);
		keep_open(console[1]);
		execvp(args.arg[0], args.arg);
		die_errno("%s", args.arg[0]);
	}
	close(monitor[1]);
	close(console[1]);
	guest->qmp = monitor[0];
	guest->serial = console[0];
	guest_mark(guest, "start");
	qmp_begin(guest);
	guest_mark(guest, "greeting");
}

void qemu_quit(struct guest *guest)
{
	int status;

	qmp_call(guest, "quit", NULL);
	if (waitpid(guest->qemu, &status, 0) != guest->qemu)
		die_errno("%s: waiting for QEMU", guest->name);
	if (status)
		die("%s: QEMU ended with status %#x", guest->name, status);
	close(guest->qmp);
	close(guest->serial);
}

/* Without KVM the guest has the host's counter. */
int64_t qemu_tsc_offset(const struct guest *guest)
{
	char pattern[64], text[32] = "";
	long long offset = 0;
	glob_t found;
	int fd;

	snprintf(pattern, sizeof(pattern), "/sys/kernel/debug/kvm/%d-*/vcpu0/tsc-offset", guest->qemu);
	if (!glob(pattern, 0, NULL, &found)) {
		fd = open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
			die_errno("%s", found.gl_pathv[0]);
		close(fd);
		offset = strtoll(text, NULL, 0);
		globfree(&found);
	}
	return offset;
}

/* Shows the guest's console, until it says @until; NULL: as long as QEMU runs. */
void qemu_relay(struct guest *guest, const char *until)
{
	char line[512];
	size_t len = 0;

	for (;;) {
		struct pollfd fd = { .fd = guest->serial, .events = POLLIN };
		int ready = poll(&fd, 1, until ? SERIAL_TIMEOUT_MS : -1);

		if (ready < 0 && errno == EINTR)
			continue;
		if (!ready)
			die("%s: its console does not say '%s'", guest->name, until);
		if (read(guest->serial, line + len, 1) != 1) {
			if (!until)
				return;
			die("%s: QEMU has ended", guest->name);
		}
		if (line[len] != '\n' && ++len < sizeof(line) - 1)
			continue;
		line[len] = '\0';
		len = 0;
		printf("%s| %s\n", guest->name, line);
		if (until && strstr(line, until))
			return;
	}
}
