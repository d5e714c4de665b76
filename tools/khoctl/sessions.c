// SPDX-License-Identifier: GPL-2.0-only
/*
 * khoctl sessions: list of sessions, and the ioctls of /dev/liveupdate. A session exists while
 * a descriptor of it is open, so create and retrieve wait for a signal.
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

/* A file to preserve or retrieve. */
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
		errx(EXIT_INPUT, "'%s': not TOKEN=PATH with a number as TOKEN", arg);
	file.path = end + 1;
	files = array_grow(files, nr_files, sizeof(file));
	files[nr_files++] = file;
}

static const struct setting settings[] = { { 'F', NULL, &finish_it }, { 0 } };

static error_t option(int key, char *arg, struct argp_state *state)
{
	(void)state;
	switch (key) {
	case 'p':
	case 'c':
	case 't':
		add_file(key, arg);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void list_json(const struct sessions *s)
{
	struct json_object *all = json_object_new_array(), *v;
	const struct session *x;

	for (x = s->v; x < s->v + s->nr; x++) {
		v = json_object_new_object();
		json_add_text(v, "name", x->name);
		if (x->known)
			json_add_bool(v, "incoming", x->incoming);
		if (x->files >= 0)
			json_add(v, "files", x->files);
		if (x->known)
			json_add_bool(v, "retrieved", x->retrieved);
		if (x->pid)
			json_add(v, "pid", x->pid);
		if (x->failed) {
			json_add_text(v, "failed", x->failed);
			json_add_text(v, "fault", x->fault);
		}
		json_object_array_add(all, v);
	}
	json_print(all);
}

static const char *state(const struct session *x)
{
	if (x->failed)
		return x->failed;
	if (x->busy)
		return "busy";
	if (x->retrieved)
		return "retrieved";
	return x->pid ? "open" : "waiting";
}

static void list_text(const struct sessions *s)
{
	const struct session *x;
	char files[24], pid[24];

	printf("%-8s %-10s %6s %8s  %s\n", "TABLE", "STATE", "FILES", "PID", "NAME");
	for (x = s->v; x < s->v + s->nr; x++) {
		snprintf(files, sizeof(files), "%ld", x->files);
		snprintf(pid, sizeof(pid), "%d", x->pid);
		printf("%-8s %-10s %6s %8s  %s%s%s\n",
		       !x->known ? "?" : x->incoming ? "incoming" : "outgoing", state(x),
		       x->files >= 0 ? files : "-", x->pid ? pid : "-", x->name,
		       x->failed ? ": " : "", x->failed ? x->fault : "");
	}
}

/* The kernel reads the sessions of the previous one when the device is first opened. */
static void read_incoming(void)
{
	int fd = file_is_local() && file_exists(KHO_DIR "/in/fdt") ? luo_open() : -ENOENT;

	if (fd >= 0)
		close(fd);
	else if (fd != -EBUSY && fd != -ENOENT)
		warnx("incoming sessions may be missing: %s", why_no_luo_device(-fd));
}

static void list(const char *name)
{
	const char *why = why_no_luo();
	const struct sessions *s;

	(void)name;
	if (why)
		errx(EXIT_INPUT, "%s", why);
	read_incoming();
	s = sessions_read();
	(as_json ? list_json : list_text)(s);
	if (!s->listed)
		warnx("sessions: %s, so only those that a process has open are listed%s",
		      s->not_listed, s->denied ? "; some processes are not accessible: run as "
		      "root" : "");
}

static int open_device(void)
{
	int fd = luo_open();

	if (fd < 0)
		errx(fd == -ENOENT ? EXIT_INPUT : EXIT_WRONG, "%s", why_no_luo_device(-fd));
	return fd;
}

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

static int copy_to_memfd(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), to;

	if (from < 0)
		return from;
	to = memfd_create(basename(path), MFD_CLOEXEC);
	if (to < 0 || !copy(from, to))
		err(EXIT_INPUT, "%s: cannot be copied into a memfd", path);
	close(from);
	return to;
}

static void preserve_files(int session, const char *name)
{
	const struct file *f;
	int fd, rc;

	for (f = files; f < files + nr_files; f++) {
		if (f->kind == 't')
			errx(EXIT_INPUT, "--to is for retrieve only");
		fd = f->kind == 'c' ? copy_to_memfd(f->path) : open(f->path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			err(EXIT_INPUT, "%s", f->path);
		rc = luo_preserve(session, fd, f->token);
		if (rc)
			errx(EXIT_WRONG, "session '%s': preserving %s as %" PRIu64 ": %s%s", name,
			     f->path, f->token, strerror(-rc), rc == -ENOENT ?
			     ": the kernel has no handler for such a file; --copy makes a memfd" :
			     "");
		close(fd);
	}
}

static void retrieve_files(int session, const char *name)
{
	const struct file *f;
	int from, to;

	for (f = files; f < files + nr_files; f++) {
		if (f->kind != 't')
			errx(EXIT_INPUT, "--preserve and --copy are for create and preserve only");
		from = luo_retrieve(session, f->token);
		if (from < 0)
			errx(EXIT_WRONG, "session '%s': retrieving %" PRIu64 ": %s", name, f->token,
			     strerror(-from));
		to = open(f->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (to < 0 || lseek(from, 0, SEEK_SET) || !copy(from, to) || close(to))
			err(EXIT_INPUT, "%s", f->path);
		close(from);
	}
}

static void wait_for_signal(const char *name, const char *how)
{
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	printf("%s session '%s', %zu files; open until SIGINT, in process %d\n", how, name,
	       nr_files, getpid());
	sigwait(&set, &got);
}

static void create(const char *name)
{
	int luo = open_device(), session = luo_session_create(luo, name);

	if (session < 0)
		errx(EXIT_WRONG, "session '%s': cannot be created: %s", name, strerror(-session));
	close(luo);
	preserve_files(session, name);
	wait_for_signal(name, "created");
}

static int retrieve_session(const char *name)
{
	int luo = open_device(), session = luo_session_retrieve(luo, name);

	close(luo);
	if (session == -ENOENT)
		errx(EXIT_WRONG, "session '%s': none of that name was handed over, or it was "
		     "finished", name);
	if (session < 0)
		errx(EXIT_WRONG, "session '%s': cannot be retrieved: %s%s", name,
		     strerror(-session), session == -EINVAL ?
		     ": it was already, see khoctl sessions list" : "");
	return session;
}

static void finish_session(int session, const char *name)
{
	int rc = luo_session_finish(session);

	if (rc)
		errx(EXIT_WRONG, "session '%s': cannot be finished: %s%s", name, strerror(-rc),
		     rc == -EBUSY ? ": a file in it is not ready, try again" :
		     rc == -EINVAL ? ": it was created here, not handed over" : "");
	printf("finished session '%s'\n", name);
}

static void retrieve(const char *name)
{
	int session = retrieve_session(name);

	retrieve_files(session, name);
	if (finish_it)
		finish_session(session, name);
	else
		wait_for_signal(name, "retrieved");
}

/* Of a session that a process has open, or -ENOENT. */
static int get_open_session(const char *name)
{
	int fd = session_get(name);

	if (fd < 0 && fd != -ENOENT)
		errx(EXIT_INPUT, "session '%s': no access to the descriptor of its process: %s%s",
		     name, strerror(-fd), fd == -EPERM || fd == -EACCES ? "; it takes "
		     "CAP_SYS_PTRACE, and kernel.yama.ptrace_scope below 3: run as root" : "");
	return fd;
}

static void preserve(const char *name)
{
	int session = get_open_session(name);

	if (session < 0)
		errx(EXIT_WRONG, "session '%s': no process has it open; khoctl sessions create "
		     "makes one", name);
	if (!nr_files)
		errx(EXIT_INPUT, "preserve: missing TOKEN=PATH, or --copy TOKEN=FILE");
	preserve_files(session, name);
	printf("preserved %zu files in session '%s'\n", nr_files, name);
}

static void finish(const char *name)
{
	int session = get_open_session(name);

	finish_session(session < 0 ? retrieve_session(name) : session, name);
}

static const struct verb {
	const char	*name;
	void		(*run)(const char *name);
} verbs[] = {
	{ "list", list },
	{ "create", create },
	{ "preserve", preserve },
	{ "retrieve", retrieve },
	{ "finish", finish },
	{ 0 }
};

static int run(bool json, char **words)
{
	const char *verb = words[0], *name = words[1];
	const struct verb *v;

	for (v = verbs; v->name && strcmp(v->name, verb); v++)
		;
	if (!v->name)
		errx(EXIT_INPUT, "sessions: unknown command '%s': list, create, preserve, retrieve "
		     "or finish", verb);
	if (v->run != list && !name)
		errx(EXIT_INPUT, "sessions %s: missing NAME of the session", verb);
	for (words += v->run == list ? 1 : 2; *words; words++) {
		if (v->run != preserve)
			errx(EXIT_INPUT, "sessions %s: unexpected argument '%s'", verb, *words);
		add_file('p', *words);
	}
	as_json = json;
	v->run(name);
	free(files);
	return EXIT_FINE;
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
	.settings = settings,
	.option = option,
	.min_words = 1,
	.max_words = -1,
	.run = run,
};
