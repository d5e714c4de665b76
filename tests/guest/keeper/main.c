// SPDX-License-Identifier: GPL-2.0-only
/*
 * keeper: starts guests, keeps them over an update of the host, and reports how long each
 * stood still.
 *
 * 'serve' stays; the other commands are sent to it over a socket, one line each. 'service'
 * does the same for one guest as a service of systemd, and pauses it when it is stopped.
 */
#include <argp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../e2e/init/tsc.h"
#include "keeper.h"

#define LINE_LEN	256
#define MAX_RESUME_TRIES	4

static const char *socket_path = "/run/keeper";
static struct setup setup = {
	.qemu = "qemu-system-x86_64",
	.kernel = "/guest/kernel",
	.initrd = "/guest/initrd",
	.accel = "kvm",
};
static struct guest guests[MAX_GUESTS];
static const char *specs[MAX_GUESTS];
static unsigned int nr_guests;
static bool retrieve;

enum { OPT_QEMU = 256, OPT_ROMS, OPT_REST, OPT_KERNEL, OPT_INITRD, OPT_ACCEL, OPT_BACKEND,
       OPT_MACHINE, OPT_SOCKET, OPT_WATCH, OPT_FILES };

static const struct argp_option options[] = {
	{ "retrieve", 'r', NULL, 0, "Take the guests from the previous kernel", 0 },
	{ "socket", OPT_SOCKET, "PATH", 0, "Where commands come in (/run/keeper)", 0 },
	{ "qemu", OPT_QEMU, "PROGRAM", 0, "QEMU (qemu-system-x86_64)", 0 },
	{ "roms", OPT_ROMS, "DIR", 0, "Its ROMs", 0 },
	{ "kernel", OPT_KERNEL, "FILE", 0, "Kernel of the guests (/guest/kernel)", 0 },
	{ "initrd", OPT_INITRD, "FILE", 0, "Initrd of the guests (/guest/initrd)", 0 },
	{ "accel", OPT_ACCEL, "NAME", 0, "Accelerator: kvm or tcg (kvm)", 0 },
	{ "backend", OPT_BACKEND, "OPTIONS", 0,
	  "Further options of memory-backend-file, such as align=2M", 0 },
	{ "machine", OPT_MACHINE, "TYPE", 0,
	  "Type of QEMU's machine (q35; that of the guest with --retrieve)", 0 },
	{ "files", OPT_FILES, NULL, 0,
	  "Preserve program, libraries and ROMs of QEMU, kernel and initrd of the guests too", 0 },
	{ "rest", OPT_REST, NULL, 0, "Let the workloads sleep for 9 of 10 ms", 0 },
	{ "watch", OPT_WATCH, "FILE", 0, "Write the newest stamp of each guest to FILE all the time", 0 },
	{ 0 }
};

static const char *command, *watch_path;

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'r':
		retrieve = true;
		break;
	case OPT_SOCKET:
		socket_path = arg;
		break;
	case OPT_QEMU:
		setup.qemu = arg;
		break;
	case OPT_ROMS:
		setup.roms = arg;
		break;
	case OPT_KERNEL:
		setup.kernel = arg;
		break;
	case OPT_INITRD:
		setup.initrd = arg;
		break;
	case OPT_ACCEL:
		setup.accel = arg;
		break;
	case OPT_BACKEND:
		setup.backend = arg;
		break;
	case OPT_MACHINE:
		setup.machine = arg;
		break;
	case OPT_FILES:
		setup.files = true;
		break;
	case OPT_REST:
		setup.rest = true;
		break;
	case OPT_WATCH:
		watch_path = arg;
		break;
	case ARGP_KEY_ARG:
		if (!command)
			command = arg;
		else if (nr_guests < MAX_GUESTS)
			specs[nr_guests++] = arg;
		else
			argp_error(state, "more than %d guests", MAX_GUESTS);
		break;
	case ARGP_KEY_END:
		if (!command)
			argp_usage(state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "serve GUEST...\nservice GUEST\npause\ncontinue [NAME]\n"
		    "retry [NAME] [qemu=PROGRAM] [machine=TYPE] [limit=MIB]\ndrop NAME\ncheck NAME\n"
		    "verify [NAME]\nmemory [NAME]\ndeflate NAME\nreport [NAME]\nflip NAME\n"
		    "spoil NAME cut|missing\nquit",
	.doc = "Keep guests over an update of their host.\v"
	       "GUEST is NAME[,MIB[,CPUS[,KIND]]][,kernel=FILE][,pages=N]: its memory (64) and CPUs (1), "
	       "the kind of its memory, its kernel, and how much its workload fills and verifies, in "
	       "pages (half of its memory).\n\n"
	       "pause saves and preserves all guests, or none; continue lets them go on.  A guest "
	       "that cannot be retrieved or resumed is held: retry tries again, with another QEMU, "
	       "machine, or limit of QEMU's address space; pause hands it on to the next kernel; "
	       "drop gives it up.  "
	       "KIND of memory: plain, scattered (no page beside the next one), huge (2 MiB, with "
	       "shmem_enabled of transparent huge pages at 'advise'), or ballooned (tests/guest/tiny "
	       "has given back every other page); memory shows how it lies in the host's and fails "
	       "if an update has changed that, deflate gives the pages to the guest again.  "
	       "check compares the memory of a guest that is held, verify waits until each running "
	       "guest has compared its own.  report: how long they stood still.",
};

struct job {
	int (*fn)(struct guest *guest);
	struct guest *guest;
	pthread_t thread;
	int error;
};

static void *run_job(void *arg)
{
	struct job *job = arg;

	job->error = job->fn(job->guest);
	return NULL;
}

static int each_in_turn(int (*fn)(struct guest *guest))
{
	int error = 0;

	for (unsigned int i = 0; i < nr_guests; i++)
		error |= fn(&guests[i]);
	return error;
}

/* Runs a function for each guest, all at once. -1: it failed for one, or more. */
static int for_each_guest(int (*fn)(struct guest *guest))
{
	struct job jobs[MAX_GUESTS];
	int error = 0;

	for (unsigned int i = 0; i < nr_guests; i++) {
		jobs[i] = (struct job){ .fn = fn, .guest = &guests[i] };
		if (pthread_create(&jobs[i].thread, NULL, run_job, &jobs[i]))
			jobs[i].error = fail("%s: a thread for it", guests[i].name);
	}
	for (unsigned int i = 0; i < nr_guests; i++) {
		if (!jobs[i].error)
			pthread_join(jobs[i].thread, NULL);
		error |= jobs[i].error;
	}
	return error;
}

static void *relay(void *guest)
{
	qemu_relay(guest, NULL);
	return NULL;
}

static void start_relay(struct guest *guest)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, relay, guest) || pthread_detach(thread))
		fail("%s: a thread for its console", guest->name);
}

static int boot(struct guest *guest)
{
	if (qemu_relay(guest, "workload: running"))
		return -1;
	if (guest->note->kind == KIND_BALLOONED && balloon_inflate(guest))
		return -1;
	start_relay(guest);
	return ring_find(guest) || ring_wait(guest, 10, 60) ? -1 : 0;
}

/* It waits then, so that those that start have the CPUs. */
static int start(struct guest *guest)
{
	if (qemu_start(guest, &setup, false))
		return -1;
	if (qmp_machine(guest, guest->note->machine) || boot(guest) ||
	    qmp_call(guest, "stop", NULL)) {
		qemu_kill(guest);
		return -1;
	}
	guest_get_ready(guest);
	if (memory_note(guest)) {
		qemu_kill(guest);
		return -1;
	}
	guest->phase = GUEST_READY;
	return 0;
}

static int go(struct guest *guest)
{
	if (guest->phase != GUEST_READY)
		return 0;
	if (qmp_call(guest, "cont", NULL))
		return -1;
	guest->phase = GUEST_RUNS;
	return ring_wait(guest, ring_last(guest) + 10, 60);
}

/* Until the guest runs, its memory and its state stay as they were handed over. */
static int try_resume(struct guest *guest)
{
	int error;

	if (guest_retrieve(guest) || qemu_start(guest, &setup, true))
		return -1;
	error = guest_resume(guest);
	if (error) {
		qemu_kill(guest);
		return error;
	}
	start_relay(guest);
	return 0;
}

static int resume(struct guest *guest)
{
	int error = RESUME_AGAIN;

	if (guest->phase != GUEST_HELD)
		return 0;
	for (int i = 0; i < MAX_RESUME_TRIES && error == RESUME_AGAIN; i++)
		error = try_resume(guest);
	if (error)
		return fail("%s: is held: 'retry %s' tries again", guest->name, guest->name);
	return ring_wait_clock(guest, guest->note->last + 50);
}

static int quit(struct guest *guest)
{
	switch (guest->phase) {
	case GUEST_READY:
	case GUEST_RUNS:
	case GUEST_PAUSED:
		return qemu_quit(guest);
	default:
		return 0;
	}
}

/* With those of any QEMU, as all are the same program. Early, since no guest stands still now. */
static int preserve_files(void)
{
	if (!setup.files)
		return 0;
	for (unsigned int i = 0; i < nr_guests; i++)
		if (guests[i].phase == GUEST_RUNS || guests[i].phase == GUEST_READY)
			return files_preserve(&setup, guests[i].qemu);
	return files_preserve(&setup, 0);
}

/* All or none: a guest that cannot come along stays, and so do the others. */
static int pause_all(char *words)
{
	(void)words;
	for_each_guest(guest_age);
	if (!preserve_files() && !for_each_guest(guest_pause))
		return 0;
	for_each_guest(guest_continue);
	return fail("no guest is paused, all go on in this kernel");
}

static void serve_start(void)
{
	uint64_t khz = retrieve ? 0 : tsc_khz();

	for (unsigned int i = 0; i < nr_guests; i++) {
		if (retrieve) {
			spec_expect(&guests[i], specs[i]);
		} else {
			spec_create(&guests[i], specs[i]);
			guests[i].note->tsc_khz = khz;
		}
	}
	if (retrieve && setup.files)
		files_retrieve();
	if (retrieve)
		for_each_guest(resume);
	else
		each_in_turn(start);
	preserve_files();
	for_each_guest(go);
}

static unsigned int nr_running(void)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < nr_guests; i++)
		nr += guests[i].phase == GUEST_RUNS;
	return nr;
}

static struct guest *find(const char *name)
{
	for (unsigned int i = 0; i < nr_guests; i++)
		if (!strcmp(guests[i].name, name))
			return &guests[i];
	fail("there is no guest '%s'", name);
	return NULL;
}

/* For all guests; another program from now on, the rest for this time */
static int retry(char *words)
{
	struct guest *guest = NULL;
	char *word, *save;

	setup.machine = NULL;
	setup.limit = 0;
	for (word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (!strncmp(word, "qemu=", 5))
			setup.qemu = strdup(word + 5);
		else if (!strncmp(word, "machine=", 8))
			setup.machine = strdup(word + 8);
		else if (!strncmp(word, "limit=", 6))
			setup.limit = strtoull(word + 6, NULL, 0) << 20;
		else if (!(guest = find(word)))
			return -1;
	}
	return guest ? resume(guest) : for_each_guest(resume);
}

static int spoil(char *words)
{
	char *what = words + strcspn(words, " ");
	struct guest *guest;

	if (*what)
		*what++ = '\0';
	guest = find(words);
	if (!guest)
		return -1;
	if (!strcmp(what, "cut"))
		guest->spoil = SPOIL_CUT;
	else if (!strcmp(what, "missing"))
		guest->spoil = SPOIL_MISSING;
	else
		return fail("'%s' is not cut or missing", what);
	return 0;
}

/* @each and @in_turn are for all guests, or for one that is named; @one has to be named. */
static const struct command {
	const char *name;
	int (*each)(struct guest *guest);
	int (*in_turn)(struct guest *guest);
	int (*one)(struct guest *guest);
	int (*words)(char *words);
} commands[] = {
	{ "pause",	.words = pause_all },
	{ "continue",	.each = guest_continue },
	{ "retry",	.words = retry },
	{ "drop",	.one = guest_drop },
	{ "check",	.one = ring_check },
	{ "verify",	.each = ring_verify },
	{ "memory",	.in_turn = memory_report },
	{ "deflate",	.one = balloon_deflate },
	{ "report",	.in_turn = ring_report },
	{ "flip",	.one = ring_flip },
	{ "spoil",	.words = spoil },
	{ "quit",	.in_turn = quit },
};

static int run_command(const struct command *command, char *words)
{
	struct guest *guest;

	if (command->words)
		return command->words(words);
	if (!*words && command->each)
		return for_each_guest(command->each);
	if (!*words && command->in_turn)
		return each_in_turn(command->in_turn);
	guest = find(words);
	if (!guest)
		return -1;
	return (command->one ?: command->each ?: command->in_turn)(guest);
}

/* The answer to the client */
static const char *serve_one(char *line)
{
	char *words = line + strcspn(line, " ");

	if (*words)
		*words++ = '\0';
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(line, commands[i].name))
			return run_command(&commands[i], words) ? "failed" : "ok";
	return "no";
}

static int open_socket(struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die_errno("a socket");
	address->sun_family = AF_UNIX;
	if (snprintf(address->sun_path, sizeof(address->sun_path), "%s", socket_path) >=
	    (int)sizeof(address->sun_path))
		die("%s: the path of a socket has at most %zu bytes", socket_path,
		    sizeof(address->sun_path) - 1);
	return fd;
}

static int listen_on_socket(void)
{
	struct sockaddr_un address = { 0 };
	int listener = open_socket(&address);

	unlink(socket_path);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 1))
		die_errno("%s", socket_path);
	return listener;
}

/* The command of one client; false after 'quit'. */
static bool serve_client(int listener)
{
	int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	char line[LINE_LEN] = "";
	ssize_t len = read(client, line, sizeof(line) - 1);
	const char *answer;

	line[len > 0 ? len : 0] = '\0';
	answer = serve_one(line);
	if (write(client, answer, strlen(answer)) < 0)
		say("no answer to '%s': the client has gone", line);
	close(client);
	return strcmp(line, "quit");
}

/* Before any thread starts, so that none of them takes the signal. */
static int stop_signal(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		die_errno("a descriptor for signals");
	return fd;
}

/* It may be for a kexec: the state of the guest goes to its session in any case. */
static void stop_service(void)
{
	if (guest_pause(&guests[0]) || qemu_quit(&guests[0]))
		die("%s: stopped, and lost", guests[0].name);
	printf("keeper: %s is paused, its state is in the session\n", guests[0].name);
}

static void begin_service(void)
{
	if (nr_guests != 1)
		die("a service keeps one guest, not %u", nr_guests);
	retrieve = service_start();
	serve_start();
	if (!nr_running())
		die("%s: does not run", guests[0].name);
}

static void serve(bool service)
{
	struct pollfd fds[2] = {
		{ .fd = service ? stop_signal() : -1, .events = POLLIN },
		{ .events = POLLIN },
	};

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (service)
		begin_service();
	else
		serve_start();
	fds[1].fd = listen_on_socket();
	if (watch_path)
		watch_start(watch_path, guests, nr_guests);
	printf("keeper: %u guests run\n", nr_running());
	if (service)
		service_ready();
	do {
		if (poll(fds, 2, -1) < 0)
			die_errno("poll");
	} while (!fds[0].revents && serve_client(fds[1].fd));
	if (fds[0].revents)
		stop_service();
}

/* The command and its words, as they go through the socket */
static void join(char line[LINE_LEN])
{
	int len = snprintf(line, LINE_LEN, "%s", command);

	for (unsigned int i = 0; i < nr_guests && len < LINE_LEN; i++)
		len += snprintf(line + len, LINE_LEN - len, " %s", specs[i]);
	if (len >= LINE_LEN)
		die("'%s' has more than %d bytes", command, LINE_LEN - 1);
}

static void tell(void)
{
	char line[LINE_LEN];
	struct sockaddr_un address = { 0 };
	int fd = open_socket(&address);
	char answer[8] = "";

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die_errno("%s: is 'keeper serve' running?", socket_path);
	join(line);
	if (write(fd, line, strlen(line)) < 0 || read(fd, answer, sizeof(answer) - 1) <= 0)
		die("'%s': 'keeper serve' has ended", command);
	if (!strcmp(answer, "no"))
		die("'%s' is no command: see keeper --help", command);
	if (strcmp(answer, "ok"))
		die("'%s' failed: see the output of 'keeper serve'", command);
}

int main(int argc, char **argv)
{
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (!strcmp(command, "serve") || !strcmp(command, "service"))
		serve(!strcmp(command, "service"));
	else
		tell();
	return 0;
}
