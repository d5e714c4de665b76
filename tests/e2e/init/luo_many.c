// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many sessions, many files. File J of session I is a memfd of one page with the token J
 * and contents of its own. Each kind of call is timed over all of them:
 *
 *	create_ns preserve_ns		before
 *	open_ns sessions_ns files_ns	after: the device, all sessions, all files
 *	tr				TSC after the last retrieve
 *
 * With interleave=1 a page that is not preserved follows each file, as on a host whose
 * memory is in use. With threads=N the files are retrieved by N threads, each with
 * sessions of its own.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "luo.h"
#include "memfd.h"
#include "steps.h"
#include "tsc.h"
#include "verdict.h"

#define MAX_THREADS	64

struct many {
	uint64_t nr_sessions;
	uint64_t nr_files;	/* in each */
	uint64_t nr_threads;
	int other;		/* memfd with the pages in between, or -1 */
	int *sessions;
	int *files;		/* session by session */
};

/* All descriptors are open at a time, besides those of other steps. */
static const char *begin(struct many *many, const struct step *step)
{
	uint64_t nr;
	struct rlimit limit;

	many->nr_sessions = step_num(step, "sessions", 0);
	many->nr_files = step_num(step, "files", 0);
	many->nr_threads = step_num(step, "threads", 1);
	many->other = -1;
	if (!many->nr_sessions || !many->nr_threads || many->nr_threads > MAX_THREADS)
		return "usage: many-preserve sessions=N [files=N] [interleave=1] | "
		       "many-retrieve sessions=N [files=N] [threads=1..64]";
	if (step_num(step, "interleave", 0)) {
		many->other = memfd_create("other", MFD_CLOEXEC);
		if (many->other < 0)
			return why("memfd: %m");
	}
	nr = many->nr_sessions * (many->nr_files + 1);
	limit.rlim_cur = nr + 1024;
	limit.rlim_max = limit.rlim_cur;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return why("raising the limit of open files to %" PRIu64 ": %m", nr + 1024);
	many->sessions = calloc(nr, sizeof(int));
	if (!many->sessions)
		return "out of memory";
	many->files = many->sessions + many->nr_sessions;
	return NULL;
}

static void name_session(char name[LUO_NAME_SIZE], uint64_t i)
{
	snprintf(name, LUO_NAME_SIZE, "session %" PRIu64, i);
}

static void name_file(char name[LUO_NAME_SIZE], const struct many *many, uint64_t i)
{
	snprintf(name, LUO_NAME_SIZE, "file %" PRIu64 " of session %" PRIu64,
		 i % many->nr_files, i / many->nr_files);
}

static const char *write_between(const struct many *many, uint64_t i)
{
	char page[4096] = "";

	if (many->other < 0 ||
	    pwrite(many->other, page, sizeof(page), i * sizeof(page)) == sizeof(page))
		return NULL;
	return why("writing a page in between: %m");
}

static const char *make_files(struct many *many)
{
	uint64_t i, nr = many->nr_sessions * many->nr_files;
	const char *reason = NULL;
	char name[LUO_NAME_SIZE];

	for (i = 0; i < nr && !reason; i++) {
		name_file(name, many, i);
		many->files[i] = memfd_create(name, MFD_CLOEXEC);
		if (many->files[i] < 0)
			return why("memfd %" PRIu64 ": %m", i);
		reason = memfd_fill(many->files[i], name, 1, 1);
		reason = reason ? reason : write_between(many, i);
	}
	return reason;
}

/* @call for all names, with one open of the device */
static const char *open_sessions(struct many *many, int device,
				 int (*call)(int device, const char *name), const char *key)
{
	uint64_t i, ns = raw_ns();
	char name[LUO_NAME_SIZE];

	for (i = 0; i < many->nr_sessions; i++) {
		name_session(name, i);
		many->sessions[i] = call(device, name);
		if (many->sessions[i] < 0)
			return why("%s: %s", name, strerror(-many->sessions[i]));
	}
	verdict_kv(key, raw_ns() - ns);
	return NULL;
}

static const char *preserve_all(struct many *many)
{
	uint64_t i, j, ns = raw_ns();

	for (i = 0; i < many->nr_sessions; i++) {
		const int *files = many->files + i * many->nr_files;

		for (j = 0; j < many->nr_files; j++) {
			int err = luo_preserve(many->sessions[i], files[j], j);

			if (err)
				return why("preserving file %" PRIu64 " of session %" PRIu64
					   ": %s", j, i, strerror(-err));
		}
	}
	verdict_kv("preserve_ns", raw_ns() - ns);
	return NULL;
}

struct worker {
	const struct many *many;
	uint64_t nr;
	pthread_t thread;
	bool started;
	uint64_t session, file;
	int err;		/* errno of that file, or 0 */
};

static void *retrieve_some(void *arg)
{
	struct worker *w = arg;
	const struct many *many = w->many;

	for (w->session = w->nr; w->session < many->nr_sessions; w->session += many->nr_threads) {
		int *files = many->files + w->session * many->nr_files;

		for (w->file = 0; w->file < many->nr_files; w->file++) {
			int fd = luo_retrieve(many->sessions[w->session], w->file);

			if (fd < 0) {
				w->err = -fd;
				return NULL;
			}
			files[w->file] = fd;
		}
	}
	return NULL;
}

/* The caller is the first worker, so that one needs no thread. */
static const char *retrieve_all(struct many *many)
{
	struct worker workers[MAX_THREADS] = {};
	const char *reason = NULL;
	uint64_t i, ns = raw_ns();

	for (i = 0; i < many->nr_threads; i++) {
		workers[i] = (struct worker){ .many = many, .nr = i };
		workers[i].started = i && !pthread_create(&workers[i].thread, NULL,
							  retrieve_some, &workers[i]);
		if (i && !workers[i].started)
			reason = "a thread could not be started";
	}
	retrieve_some(&workers[0]);
	for (i = 0; i < many->nr_threads; i++) {
		struct worker *w = &workers[i];

		if (w->started)
			pthread_join(w->thread, NULL);
		if (w->err && !reason)
			reason = why("retrieving file %" PRIu64 " of session %" PRIu64 ": %s",
				     w->file, w->session, strerror(w->err));
	}
	if (reason)
		return reason;
	verdict_kv("tr", tsc_now());
	verdict_kv("files_ns", raw_ns() - ns);
	return NULL;
}

static const char *check_all(struct many *many)
{
	uint64_t i, nr = many->nr_sessions * many->nr_files;
	const char *reason = NULL;
	char name[LUO_NAME_SIZE];

	for (i = 0; i < nr && !reason; i++) {
		name_file(name, many, i);
		reason = memfd_check(many->files[i], name, 1, 1);
		if (reason)
			return why("%s: %s", name, reason);
		close(many->files[i]);
	}
	return NULL;
}

static const char *finish_all(struct many *many)
{
	uint64_t i, ns = raw_ns();

	for (i = 0; i < many->nr_sessions; i++) {
		int err = luo_session_finish(many->sessions[i]);

		if (err)
			return why("finishing session %" PRIu64 ": %s", i, strerror(-err));
		luo_close(many->sessions[i]);
	}
	verdict_kv("finish_ns", raw_ns() - ns);
	return NULL;
}

/* Sessions stay open until the kexec; files need not. */
const char *step_many_preserve(const struct step *step)
{
	struct many many;
	const char *reason = begin(&many, step);
	uint64_t i;
	int device;

	reason = reason ? reason : make_files(&many);
	if (reason)
		return reason;
	device = luo_open();
	if (device < 0)
		return why("%s: %s", LUO_DEVICE, strerror(-device));
	reason = open_sessions(&many, device, luo_session_create, "create_ns");
	luo_close(device);
	reason = reason ? reason : preserve_all(&many);
	for (i = 0; i < many.nr_sessions * many.nr_files; i++)
		close(many.files[i]);
	return reason;
}

const char *step_many_retrieve(const struct step *step)
{
	struct many many;
	const char *reason = begin(&many, step);
	uint64_t ns;
	int device;

	if (reason)
		return reason;
	ns = raw_ns();
	device = luo_open();
	ns = raw_ns() - ns;
	if (device < 0)
		return why("%s: %s", LUO_DEVICE, strerror(-device));
	verdict_kv("open_ns", ns);
	reason = open_sessions(&many, device, luo_session_retrieve, "sessions_ns");
	luo_close(device);
	reason = reason ? reason : retrieve_all(&many);
	reason = reason ? reason : check_all(&many);
	return reason ? reason : finish_all(&many);
}
