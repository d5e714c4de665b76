// SPDX-License-Identifier: GPL-2.0-only
/*
 * khoctl hold: the command, its socket and the loop. With a word it is a client of the one that
 * serves.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "hold.h"
#include "khoctl.h"

/* Of khoctl itself: files of the C library, the record of owners, signals, a file to refuse */
#define OWN_FILES	32

static const char *path = LUO_HOLD_SOCKET;
static unsigned long mode = 0600, max = 256;
static bool force;

static const struct argp_option options[] = {
	{ "socket", 's', "PATH", 0, "The socket (" LUO_HOLD_SOCKET ")", 0 },
	{ "mode", 'm', "MODE", 0, "Its permissions, octal (600: root only)", 0 },
	{ "max", 'n', "N", 0, "Hold at most N sessions (256)", 0 },
	{ "force", 'F', NULL, 0, "End on SIGTERM, SIGINT and SIGHUP even if sessions are lost", 0 },
	{ 0 }
};

static const struct setting settings[] = { { 's', &path, NULL }, { 'F', NULL, &force }, { 0 } };

static unsigned long number(struct argp_state *state, const char *arg, int base, unsigned long top)
{
	char *end;
	unsigned long n = strtoul(arg, &end, base);

	if (end == arg || *end || *arg == '-' || !n || n > top)
		argp_error(state, "'%s' is not a number from 1 to %lu%s", arg, top,
			   base == 8 ? ", octal" : "");
	return n;
}

static error_t option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'm':
		mode = number(state, arg, 8, 0777);
		return 0;
	case 'n':
		max = number(state, arg, 10, HOLD_MAX);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void raise_limit(void)
{
	const rlim_t need = max + 2 * (HOLD_CLIENTS + 1) + OWN_FILES;
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max < need)
		errx(EXIT_INPUT, "hold: %lu sessions need %ju descriptors, the limit is %ju: raise "
		     "it (ulimit -Hn), or use a smaller --max", max, (uintmax_t)need,
		     (uintmax_t)limit.rlim_max);
}

static bool is_socket(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISSOCK(st.st_mode);
}

static void remove_socket(void)
{
	unlink(path);
}

/*
 * A socket that nobody listens on is left from one that was killed. Any other file refuses
 * connections as well. An empty path would be that of an abstract socket, without permissions.
 */
static int listen_on(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = *path ? luo_hold_connect(path) : -ENAMETOOLONG;
	mode_t before;

	if (fd >= 0)
		errx(EXIT_WRONG, "hold: %s: another process listens on it", path);
	if (fd == -ENAMETOOLONG)
		errx(EXIT_INPUT, "hold: '%s': the path of a socket has 1 to %zu bytes", path,
		     sizeof(address.sun_path) - 1);
	if (fd == -ECONNREFUSED && !is_socket(path))
		errx(EXIT_INPUT, "hold: %s: there is a file that is no socket: choose another path "
		     "(--socket)", path);
	if (fd == -ECONNREFUSED)
		unlink(path);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	before = umask(0777 & ~mode);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 64))
		err(EXIT_INPUT, "hold: %s", path);
	umask(before);
	atexit(remove_socket);
	return fd;
}

static int open_signals(void)
{
	sigset_t set;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		err(EXIT_INPUT, "hold: signalfd");
	return fd;
}

/* Whether it may end: sessions that were not retrieved stay in the kernel. */
static bool on_signal(int signals)
{
	struct signalfd_siginfo info;
	size_t nr = table_count_open(), waiting = table_count() - nr;

	if (read(signals, &info, sizeof(info)) != sizeof(info) || (nr && !force)) {
		warnx("hold: %s: still here, since %zu sessions would be lost: %s; finish them "
		      "(khoctl hold finish NAME), or SIGKILL", strsignal(info.ssi_signo), nr,
		      table_names(true));
		return false;
	}
	if (nr)
		warnx("hold: %s: %zu sessions are lost: %s", strsignal(info.ssi_signo), nr,
		      table_names(true));
	if (waiting)
		warnx("hold: %s: %zu sessions of the previous kernel were not claimed: %s; from "
		      "now on only root can claim them, by name", strsignal(info.ssi_signo),
		      waiting, table_names(false));
	return true;
}

static struct client *clients[HOLD_CLIENTS + 1];
static size_t nr_clients;

static void accept_client(int listener)
{
	struct client *c = client_accept(listener);
	size_t same = 0, i;

	if (!c)
		return;
	for (i = 0; i < nr_clients; i++)
		same += clients[i]->uid == c->uid;
	if (nr_clients == HOLD_CLIENTS)
		client_refuse(c, EBUSY, "too many connections, try again");
	else if (c->uid && same >= HOLD_CLIENTS / 2)
		client_refuse(c, EBUSY, "too many connections of this user");
	clients[nr_clients++] = c;
}

static void remove_gone(void)
{
	size_t i, left = 0;

	for (i = 0; i < nr_clients; i++) {
		if (clients[i]->gone)
			client_end(clients[i]);
		else
			clients[left++] = clients[i];
	}
	nr_clients = left;
}

/* One line a client and turn, so that none waits for all lines of another. */
static void serve(int listener, int signals)
{
	struct pollfd fds[HOLD_CLIENTS + 3];
	size_t i, nr;
	bool ends = false, lines;

	while (!ends) {
		fds[0] = (struct pollfd){ .fd = signals, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = listener, .events = POLLIN };
		for (lines = false, nr = nr_clients, i = 0; i < nr; i++) {
			fds[i + 2] = (struct pollfd){ .fd = clients[i]->fd, .events = POLLIN };
			lines |= client_has_line(clients[i]);
		}
		if (poll(fds, nr + 2, lines ? 0 : -1) < 0 && errno != EINTR)
			err(EXIT_INPUT, "hold: poll");
		for (i = 0; i < nr; i++)
			if (fds[i + 2].revents || client_has_line(clients[i]))
				client_step(clients[i]);
		if (fds[1].revents)
			accept_client(listener);
		if (fds[0].revents)
			ends = on_signal(signals);
		remove_gone();
	}
}

static int hold(void)
{
	int listener, signals;

	raise_limit();
	listener = listen_on();
	table_open(max);
	signals = open_signals();
	printf("listening on %s, with %zu sessions of the previous kernel\n", path, table_count());
	serve(listener, signals);
	return EXIT_FINE;
}

/* The reply; ends khoctl if it is an error. */
static struct json_object *ask(const char *cmd, const char *name)
{
	struct json_object *request, *reply, *v;
	int fd = luo_hold_connect(path), got, rc;
	char *line, *text;

	if (fd < 0)
		errx(EXIT_INPUT, "hold: %s: %s%s", path, strerror(-fd),
		     fd == -EACCES ? ": khoctl hold --mode says who may connect" :
		     ": no khoctl hold listens there");
	request = json_object_new_object();
	json_add_text(request, "cmd", cmd);
	if (name)
		json_add_text(request, "id", name);
	line = text_format("%s\n", json_object_to_json_string(request));
	rc = luo_hold_request(fd, line, -1, &text, &got);
	if (rc)
		errx(EXIT_INPUT, "hold: %s: %s", path, strerror(-rc));
	reply = json_tokener_parse(text);
	if (json_object_object_get_ex(reply, "message", &v))
		errx(EXIT_WRONG, "hold: %s", json_object_get_string(v));
	json_object_put(request);
	free(line);
	free(text);
	luo_close(fd);
	return reply;
}

static const char *text_of(struct json_object *v, const char *key)
{
	return json_object_get_string(json_object_object_get(v, key));
}

static void finish(const char *name)
{
	struct json_object *reply = ask("FINISH", name);
	const char *event = text_of(reply, "event");

	if (!event || strcmp(event, "FINISHED"))
		errx(EXIT_INPUT, "hold: %s: the reply to FINISH is not that it is finished: session "
		     "'%s' may still be held, see khoctl hold list", path, name);
	printf("finished session '%s'\n", name);
	json_object_put(reply);
}

static void print_list(bool json)
{
	struct json_object *reply = ask("LIST", NULL), *all = NULL, *v;
	size_t i;

	if (!json_object_object_get_ex(reply, "sessions", &all) ||
	    !json_object_is_type(all, json_type_array))
		errx(EXIT_INPUT, "hold: %s: no list of sessions in the reply", path);
	if (json) {
		json_print(json_object_get(all));
	} else {
		printf("%-8s %-8s %10s  %s\n", "KERNEL", "STATE", "UID", "NAME");
		for (i = 0; i < json_object_array_length(all); i++) {
			v = json_object_array_get_idx(all, i);
			printf("%-8s %-8s %10s  %s\n", text_of(v, "kernel"), text_of(v, "state"),
			       text_of(v, "uid"), text_of(v, "id"));
		}
	}
	json_object_put(reply);
}

static int run(bool json, char **words)
{
	if (!words[0])
		return hold();
	if (!strcmp(words[0], "list") && !words[1]) {
		print_list(json);
	} else if (!strcmp(words[0], "finish") && words[1]) {
		finish(words[1]);
	} else {
		errx(EXIT_INPUT, "hold: '%s': neither list nor finish NAME", words[0]);
	}
	return EXIT_FINE;
}

const struct command cmd_hold = {
	.name = "hold",
	.help = "Hold sessions for programs that exit before the kexec",
	.args_doc = "\nlist\nfinish NAME",
	.doc = "Hold sessions for programs that exit.\v"
	       "Without arguments it serves until a signal, which it refuses while it holds "
	       "sessions: with its end they would be lost. list and finish ask the one that "
	       "serves.\n",
	.options = options,
	.settings = settings,
	.option = option,
	.max_words = 2,
	.run = run,
};
