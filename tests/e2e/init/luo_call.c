// SPDX-License-Identifier: GPL-2.0-only
/*
 * 'luo VERB WORDS [OPTIONS] [errno=NAME] [time=NAME]': one call, and its expected result. Descriptors
 * have names: the words after the verb are its arguments, then the new descriptor. A
 * number is a raw descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/liveupdate.h>
#include <linux/liveupdate_fast.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "luo.h"
#include "luo_raw.h"
#include "memfd.h"
#include "steps.h"
#include "tsc.h"
#include "userfault.h"
#include "verdict.h"

#define MAX_NAMES 64

/*
 * Arguments of a verb: the step and its descriptors. It returns the result of the call,
 * or sets @reason if contents or names differ.
 */
struct call {
	const struct step *step;
	int fd[2];
	const char *reason;
};

struct verb {
	const char *name;
	int works_on;		/* number of descriptor arguments */
	bool makes;		/* creates a descriptor */
	int (*run)(struct call *call);
	struct luo_request request;	/* for verbs that are requests */
};

static struct {
	char *name;
	int fd;
} names[MAX_NAMES];

/* The entry of @name, or a free one; NULL if there is none */
static int *fd_slot(const char *name)
{
	int i;

	for (i = 0; i < MAX_NAMES && names[i].name; i++)
		if (!strcmp(names[i].name, name))
			return &names[i].fd;
	if (i == MAX_NAMES)
		return NULL;
	names[i].name = strdup(name);
	names[i].fd = -1;
	return &names[i].fd;
}

static const char *fd_of(const char *word, int *fd)
{
	char *end;
	int i;

	*fd = strtol(word, &end, 10);
	if (!*end)
		return NULL;
	for (i = 0; i < MAX_NAMES && names[i].name; i++) {
		if (!strcmp(names[i].name, word)) {
			*fd = names[i].fd;
			return NULL;
		}
	}
	return why("nothing was opened as '%s'", word);
}

/* Calls of libc with results like those of libluo */
static int result(int ret)
{
	return ret < 0 ? -errno : ret;
}

static int run_open(struct call *call)
{
	(void)call;
	return luo_open();
}

static int run_memfd(struct call *call)
{
	uint64_t pages = step_num(call->step, "pages", 0);
	unsigned int flags = MFD_CLOEXEC;
	int fd;

	flags |= step_num(call->step, "huge", 0) ? MFD_HUGETLB : 0;
	flags |= step_num(call->step, "noexec", 0) ? MFD_NOEXEC_SEAL : MFD_ALLOW_SEALING;
	fd = memfd_create(call->step->argv[2], flags);

	if (fd >= 0 && pages)
		call->reason = memfd_fill(fd, call->step->argv[2], pages,
					  step_num(call->step, "step", 1));
	return result(fd);
}

/* A memfd that was created */
static int run_fill(struct call *call)
{
	call->reason = memfd_fill(call->fd[0], call->step->argv[2],
				  step_num(call->step, "pages", 0), 1);
	return 0;
}

/* A write(2) that holds the lock of the file for ever, since its page fault has no answer */
static int run_stall(struct call *call)
{
	char *page = mmap(NULL, USERFAULT_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED || userfault_on_read(page))
		return -errno;
	return result(write(call->fd[0], page, USERFAULT_BYTES));
}

static int run_pipe(struct call *call)
{
	int ends[2];

	(void)call;
	return result(pipe2(ends, O_CLOEXEC) ?: ends[0]);
}

static int run_file(struct call *call)
{
	const char *path = step_opt(call->step, "path");
	int flags = step_num(call->step, "opath", 0) ? O_PATH : O_RDONLY;

	return result(open(path ? path : "/plan", flags | O_CLOEXEC));
}

static int run_dup(struct call *call)
{
	return result(fcntl(call->fd[0], F_DUPFD_CLOEXEC, 0));
}

static int run_close(struct call *call)
{
	return luo_close(call->fd[0]);
}

static int run_same(struct call *call)
{
	struct stat a, b;
	int err = fstat(call->fd[0], &a) ?: fstat(call->fd[1], &b);

	if (!err && (a.st_dev != b.st_dev || a.st_ino != b.st_ino))
		call->reason = "they are two files";
	return result(err);
}

static int run_holds(struct call *call)
{
	const char *as = step_opt(call->step, "as");

	call->reason = memfd_check_step(call->fd[0], as ? as : call->step->argv[2], call->step);
	return 0;
}

static int run_seal(struct call *call)
{
	return result(fcntl(call->fd[0], F_ADD_SEALS, step_num(call->step, "add", 0)));
}

static int run_mode(struct call *call)
{
	return result(fchmod(call->fd[0], step_num(call->step, "is", 0)));
}

/* Another descriptor of the file, for reading only */
static int run_readonly(struct call *call)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", call->fd[0]);
	return result(open(path, O_RDONLY | O_CLOEXEC));
}

static int run_poison(struct call *call)
{
	call->reason = memfd_poison(call->fd[0], step_num(call->step, "page", 0));
	return 0;
}

static int run_is(struct call *call)
{
	call->reason = memfd_is(call->fd[0], call->step);
	return 0;
}

/* Close-on-exec, like all descriptors of the library */
static int run_cloexec(struct call *call)
{
	int flags = fcntl(call->fd[0], F_GETFD);

	if (flags >= 0 && !(flags & FD_CLOEXEC))
		call->reason = "it would survive an exec";
	return result(flags < 0 ? flags : 0);
}

static int run_limit(struct call *call)
{
	struct rlimit limit;

	limit.rlim_cur = step_num(call->step, "files", 1024);
	limit.rlim_max = 1 << 20;
	return result(setrlimit(RLIMIT_NOFILE, &limit));
}

/*
 * The name of a session: the value of @key, or else @word, the name of its descriptor.
 * long=N prepends N times x; ^ is a newline.
 */
static const char *session_name(const struct step *step, const char *key, const char *word)
{
	uint64_t nr = step_num(step, "long", 0);
	const char *name = step_opt(step, key);
	static char text[256];
	char *p;

	if (!name)
		name = nr ? "" : word;
	memset(text, 'x', sizeof(text));
	if (nr < sizeof(text))
		snprintf(text + nr, sizeof(text) - nr, "%s", name);
	text[sizeof(text) - 1] = '\0';
	for (p = text; (p = strchr(p, '^')); )
		*p = '\n';
	return text;
}

static int run_create(struct call *call)
{
	return luo_session_create(call->fd[0],
				  session_name(call->step, "name", call->step->argv[3]));
}

static int run_take(struct call *call)
{
	return luo_session_retrieve(call->fd[0],
				    session_name(call->step, "name", call->step->argv[3]));
}

static int run_preserve(struct call *call)
{
	return luo_preserve(call->fd[0], call->fd[1], step_num(call->step, "token", 0));
}

static int run_unpreserve(struct call *call)
{
	return luo_unpreserve(call->fd[0], step_num(call->step, "token", 0));
}

static int run_retrieve(struct call *call)
{
	return luo_retrieve(call->fd[0], step_num(call->step, "token", 0));
}

static int run_finish(struct call *call)
{
	return luo_session_finish(call->fd[0]);
}

static int run_name(struct call *call)
{
	const char *want = session_name(call->step, "is", call->step->argv[2]);
	char name[LUO_NAME_SIZE];
	int err = luo_session_name(call->fd[0], name);

	if (!err && strcmp(name, want))
		call->reason = why("its name is '%.*s'", LUO_NAME_SIZE, name);
	return err;
}

#define REQUEST(number, of) .request = { number, sizeof(struct of) }

static const struct verb verbs[] = {
	{ "open",	.makes = true, .run = run_open },
	{ "memfd",	.makes = true, .run = run_memfd },
	{ "fill",	.works_on = 1, .run = run_fill },
	{ "stall",	.works_on = 1, .run = run_stall },
	{ "pipe",	.makes = true, .run = run_pipe },
	{ "file",	.makes = true, .run = run_file },
	{ "dup",	.works_on = 1, .makes = true, .run = run_dup },
	{ "close",	.works_on = 1, .run = run_close },
	{ "same",	.works_on = 2, .run = run_same },
	{ "holds",	.works_on = 1, .run = run_holds },
	{ "seal",	.works_on = 1, .run = run_seal },
	{ "mode",	.works_on = 1, .run = run_mode },
	{ "readonly",	.works_on = 1, .makes = true, .run = run_readonly },
	{ "poison",	.works_on = 1, .run = run_poison },
	{ "is",		.works_on = 1, .run = run_is },
	{ "cloexec",	.works_on = 1, .run = run_cloexec },
	{ "limit",	.run = run_limit },
	{ "create",	.works_on = 1, .makes = true, .run = run_create,
	  REQUEST(LIVEUPDATE_IOCTL_CREATE_SESSION, liveupdate_ioctl_create_session) },
	{ "take",	.works_on = 1, .makes = true, .run = run_take,
	  REQUEST(LIVEUPDATE_IOCTL_RETRIEVE_SESSION, liveupdate_ioctl_retrieve_session) },
	{ "preserve",	.works_on = 2, .run = run_preserve,
	  REQUEST(LIVEUPDATE_SESSION_PRESERVE_FD, liveupdate_session_preserve_fd) },
	{ "unpreserve",	.works_on = 1, .run = run_unpreserve,
	  REQUEST(LIVEUPDATE_FAST_SESSION_UNPRESERVE_FD, liveupdate_fast_session_unpreserve_fd) },
	{ "retrieve",	.works_on = 1, .makes = true, .run = run_retrieve,
	  REQUEST(LIVEUPDATE_SESSION_RETRIEVE_FD, liveupdate_session_retrieve_fd) },
	{ "finish",	.works_on = 1, .run = run_finish,
	  REQUEST(LIVEUPDATE_SESSION_FINISH, liveupdate_session_finish) },
	{ "name",	.works_on = 1, .run = run_name,
	  REQUEST(LIVEUPDATE_SESSION_GET_NAME, liveupdate_session_get_name) },
};

static const struct verb *find_verb(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

/* One reason for all errors in the step itself */
static const char *find_fds(const struct verb *verb, struct call *call)
{
	const struct step *step = call->step;
	const char *reason = NULL;
	int i, words = 0;

	while (words < step->argc && !strchr(step->argv[words], '='))
		words++;
	if (words != 2 + verb->works_on + verb->makes)
		return why("'%s' works on %d descriptors and makes %d", verb->name,
			   verb->works_on, verb->makes);
	for (i = 0; i < verb->works_on && !reason; i++)
		reason = fd_of(step->argv[2 + i], &call->fd[i]);
	return reason;
}

static int run(const struct verb *verb, struct call *call)
{
	int fd2 = verb->works_on > 1 ? call->fd[1] : 0, err;

	if (!verb->request.size || !luo_raw_wanted(call->step))
		return verb->run(call);
	err = luo_raw(call->step, &verb->request, call->fd[0], &fd2);
	return err || !verb->makes ? err : fd2;
}

/* Compare @ret with the step: errno= is one name, or several with commas. */
static const char *judge(const struct step *step, int ret)
{
	const char *want = step_opt(step, "errno"), *name, *p;
	size_t len;

	want = want ? want : "0";
	name = strerrorname_np(ret < 0 ? -ret : 0);
	if (!name)
		return why("it returned %d, which is no errno", ret);
	len = strlen(name);
	for (p = want; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, name, len) && (!p[len] || p[len] == ','))
			return NULL;
	return why("it returned %s, not %s", name, want);
}

static int run_timed(const struct verb *verb, struct call *call)
{
	const char *name = step_opt(call->step, "time");
	uint64_t ns = raw_ns();
	char key[32];
	int ret = run(verb, call);

	ns = raw_ns() - ns;
	if (name) {
		snprintf(key, sizeof(key), "%s_ns", name);
		verdict_kv(key, ns);
	}
	return ret;
}

const char *step_luo(const struct step *step)
{
	const struct verb *verb = step->argc > 1 ? find_verb(step->argv[1]) : NULL;
	struct call call = { .step = step };
	const char *reason;
	int ret, *slot;

	if (!verb)
		return "usage: luo VERB WORDS [OPTIONS] [errno=NAME]";
	reason = find_fds(verb, &call);
	if (reason)
		return reason;
	ret = run_timed(verb, &call);
	reason = judge(step, ret);
	if (ret >= 0 && verb->makes) {
		slot = fd_slot(step->argv[2 + verb->works_on]);
		if (!slot)
			return "too many descriptors for one boot";
		*slot = ret;
	}
	return reason ? reason : call.reason;
}
