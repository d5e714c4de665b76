// SPDX-License-Identifier: GPL-2.0-only
/*
 * khoctl sessions: what there is, and the ioctls of /dev/liveupdate. A session lives as long
 * as somebody has it open, so whoever makes or retrieves one here stays until a signal.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "khoctl.h"
#include "luo.h"

static const struct argp_option options[] = {
	{ "preserve", 'p', "TOKEN=PATH", 0, "create: preserve the file PATH, which needs a file "
	  "handler, such as /proc/PID/fd/N of a memfd", 0 },
	{ "copy", 'c', "TOKEN=FILE", 0, "create, preserve: a memfd with the contents of FILE", 0 },
	{ "to", 't', "TOKEN=FILE", 0, "retrieve: copy the retrieved file to FILE", 0 },
	{ "finish", 'F', NULL, 0, "retrieve: finish the session and exit", 0 },
	{ 0 }
};

/* A file that goes into a session or comes out of one. */
struct file {
	char		kind;		/* the option */
	uint64_t	token;
	const char	*path;
};

static struct file *files;
static size_t nr_files;
static bool as_json, finish_it;

static void add_file(char kind, const char *arg)
{
	struct file file = { .kind = kind };
	char *end;

	file.token = strtoull(arg, &end, 0);
	if (end == arg || *end != '=' || !end[1])
		die(EXIT_INPUT, "'%s': not TOKEN=PATH with a number as TOKEN", arg);
	file.path = end + 1;
	files = grow(files, nr_files, sizeof(file));
	files[nr_files++] = file;
}

static error_t option(int key, char *arg, struct argp_state *state)
{
	(void)state;
	switch (key) {
	case 'p':
	case 'c':
	case 't':
		add_file(key, arg);
		return 0;
	case 'F':
		finish_it = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void list_json(const struct sessions *s)
{
	struct json_object *all = json_object_new_array();
	size_t i;

	for (i = 0; i < s->nr; i++) {
		const struct session *x = &s->v[i];
		struct json_object *v = json_object_new_object();

		json_object_object_add(v, "name", json_object_new_string(x->name));
		if (x->known)
			json_object_object_add(v, "incoming", json_object_new_boolean(x->incoming));
		if (x->files >= 0)
			json_add(v, "files", x->files);
		if (x->known)
			json_object_object_add(v, "retrieved",
					       json_object_new_boolean(x->retrieved));
		if (x->pid)
			json_add(v, "pid", x->pid);
		json_object_array_add(all, v);
	}
	json_say(all);
}

static void list_line(const struct session *x)
{
	char files[24] = "-", pid[24] = "-";

	if (x->files >= 0)
		snprintf(files, sizeof(files), "%ld", x->files);
	if (x->pid)
		snprintf(pid, sizeof(pid), "%d", x->pid);
	printf("%-8s %-10s %6s %8s  %s\n", !x->known ? "?" : x->incoming ? "incoming" : "outgoing",
	       x->busy ? "busy" : x->retrieved ? "retrieved" : x->pid ? "open" : "waiting", files,
	       pid, x->name);
}

/* The sessions of the previous kernel are read when the device is first opened. */
static void have_them_read(void)
{
	int fd = file_is_local() && file_exists(KHO_DIR "/in/fdt") ? luo_open() : -ENOENT;

	if (fd >= 0)
		close(fd);
	else if (fd != -EBUSY && fd != -ENOENT)
		warn("sessions that came in may be missing: %s", why_no_luo_device(-fd));
}

static int list(const char *name)
{
	const char *why = why_no_luo();
	struct sessions s;
	size_t i;

	(void)name;
	if (why)
		die(EXIT_INPUT, "%s", why);
	have_them_read();
	sessions_look(&s);
	if (as_json) {
		list_json(&s);
	} else {
		printf("%-8s %-10s %6s %8s  %s\n", "TABLE", "STATE", "FILES", "PID", "NAME");
		for (i = 0; i < s.nr; i++)
			list_line(&s.v[i]);
	}
	if (!s.listed)
		warn("sessions: %s, so only those that a process has open are here%s",
		     s.not_listed, s.unseen ? ", and not all processes may be looked into: run as "
		     "root" : "");
	sessions_free(&s);
	return EXIT_FINE;
}

static int device(void)
{
	int fd = luo_open();

	if (fd < 0)
		die(fd == -ENOENT ? EXIT_INPUT : EXIT_WRONG, "%s", why_no_luo_device(-fd));
	return fd;
}

/* All of @from to @to. */
static bool copy(int from, int to)
{
	char buf[1 << 16];
	ssize_t got;

	while ((got = read(from, buf, sizeof(buf))) > 0) {
		if (write(to, buf, got) != got)
			return false;
	}
	return !got;
}

static int memfd_of(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), to;
	const char *base = strrchr(path, '/');

	if (from < 0)
		die(EXIT_INPUT, "%s: %s", path, strerror(errno));
	to = memfd_create(base ? base + 1 : path, MFD_CLOEXEC);
	if (to < 0 || !copy(from, to))
		die(EXIT_INPUT, "%s: cannot be copied into a memfd: %s", path, strerror(errno));
	close(from);
	return to;
}

static void preserve(int session, const char *name, const struct file *file)
{
	int fd = file->kind == 'c' ? memfd_of(file->path) : open(file->path, O_RDWR | O_CLOEXEC);
	int err;

	if (fd < 0)
		die(EXIT_INPUT, "%s: %s", file->path, strerror(errno));
	err = luo_preserve(session, fd, file->token);
	if (err)
		die(EXIT_WRONG, "session '%s': preserving %s as %" PRIu64 ": %s%s", name,
		    file->path, file->token, strerror(-err), err == -ENOENT ?
		    ": no handler of the kernel takes such a file; --copy makes a memfd" : "");
	close(fd);
}

static void preserve_all(int session, const char *name)
{
	size_t i;

	for (i = 0; i < nr_files; i++) {
		if (files[i].kind == 't')
			die(EXIT_INPUT, "--to is for retrieve only");
		preserve(session, name, &files[i]);
	}
}

static void retrieve(int session, const char *name, const struct file *file)
{
	int from, to;

	if (file->kind != 't')
		die(EXIT_INPUT, "--preserve and --copy are for create and preserve only");
	from = luo_retrieve(session, file->token);
	if (from < 0)
		die(EXIT_WRONG, "session '%s': retrieving %" PRIu64 ": %s", name, file->token,
		    strerror(-from));
	to = open(file->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (to < 0 || lseek(from, 0, SEEK_SET) || !copy(from, to) || close(to))
		die(EXIT_INPUT, "%s: %s", file->path, strerror(errno));
	close(from);
}

static void hold(const char *name, const char *how)
{
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	printf("%s session '%s', %zu files; holding it until SIGINT, as process %d\n", how, name,
	       nr_files, getpid());
	fflush(stdout);
	sigwait(&set, &got);
}

static int create(const char *name)
{
	int luo = device(), session = luo_session_create(luo, name);

	if (session < 0)
		die(EXIT_WRONG, "session '%s': cannot be created: %s", name,
		    strerror(-session));
	close(luo);
	preserve_all(session, name);
	hold(name, "created");
	return EXIT_FINE;
}

static int retrieve_session(const char *name)
{
	int luo = device(), session = luo_session_retrieve(luo, name);

	close(luo);
	if (session == -ENOENT)
		die(EXIT_WRONG, "session '%s': none of that name was handed over, or it was "
		    "finished", name);
	if (session < 0)
		die(EXIT_WRONG, "session '%s': cannot be retrieved: %s%s", name, strerror(-session),
		    session == -EINVAL ? ": it was already, see khoctl sessions list" : "");
	return session;
}

static void finish_session(int session, const char *name)
{
	int err = luo_session_finish(session);

	if (err)
		die(EXIT_WRONG, "session '%s': cannot be finished: %s%s", name, strerror(-err),
		    err == -EBUSY ? ": a file in it is not ready, try again" :
		    err == -EINVAL ? ": it was created here, not handed over" : "");
	printf("finished session '%s'\n", name);
}

static int retrieve_all(const char *name)
{
	int session = retrieve_session(name);
	size_t i;

	for (i = 0; i < nr_files; i++)
		retrieve(session, name, &files[i]);
	if (finish_it)
		finish_session(session, name);
	else
		hold(name, "retrieved");
	return EXIT_FINE;
}

/* One that a process holds, or -ENOENT. */
static int held(const char *name)
{
	int fd = session_take(name);

	if (fd < 0 && fd != -ENOENT)
		die(EXIT_INPUT, "session '%s': its holder's descriptor cannot be had: %s%s", name,
		    strerror(-fd), fd == -EPERM || fd == -EACCES ? "; it takes CAP_SYS_PTRACE, and "
		    "kernel.yama.ptrace_scope below 3: run as root" : "");
	return fd;
}

static int preserve_more(const char *name)
{
	int session = held(name);

	if (session < 0)
		die(EXIT_WRONG, "session '%s': no process has it open; khoctl sessions create "
		    "makes one", name);
	if (!nr_files)
		die(EXIT_INPUT, "preserve: what? give TOKEN=PATH or --copy TOKEN=FILE");
	preserve_all(session, name);
	printf("preserved %zu files in session '%s'\n", nr_files, name);
	return EXIT_FINE;
}

static int finish(const char *name)
{
	int session = held(name);

	if (session < 0)
		session = retrieve_session(name);
	finish_session(session, name);
	return EXIT_FINE;
}

static const struct verb {
	const char	*name;
	int		(*run)(const char *name);
} verbs[] = {
	{ "list", list },
	{ "create", create },
	{ "preserve", preserve_more },
	{ "retrieve", retrieve_all },
	{ "finish", finish },
};

static int run(bool json, char **words)
{
	const char *verb = words[0], *name = words[1];
	const struct verb *v;
	int rc;

	for (v = verbs; strcmp(v->name, verb); v++) {
		if (v == &verbs[sizeof(verbs) / sizeof(*verbs) - 1])
			die(EXIT_INPUT, "sessions: unknown command '%s': list, create, preserve, "
			    "retrieve or finish", verb);
	}
	if (v->run == list && name)
		die(EXIT_INPUT, "sessions list: unexpected argument '%s'", name);
	if (v->run != list && !name)
		die(EXIT_INPUT, "sessions %s: missing NAME of the session", verb);
	for (words += 2; name && *words; words++) {
		if (v->run != preserve_more)
			die(EXIT_INPUT, "sessions %s: unexpected argument '%s'", verb, *words);
		add_file('p', *words);
	}
	as_json = json;
	rc = v->run(name);
	free(files);
	return rc;
}

const struct command cmd_sessions = {
	.name = "sessions",
	.help = "List, create, preserve, retrieve and finish sessions",
	.args_doc = "list\ncreate NAME\npreserve NAME [TOKEN=PATH]...\nretrieve NAME\nfinish NAME",
	.doc = "Sessions of the Live Update Orchestrator.\v"
	       "create and retrieve keep the session open until SIGINT or SIGTERM: with its last "
	       "descriptor it is destroyed, or finished. preserve and finish work on a session "
	       "that any process has open.\n",
	.options = options,
	.option = option,
	.min_words = 1,
	.max_words = -1,
	.run = run,
};
