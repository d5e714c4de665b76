// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many sessions, many files.  File J of session I is a memfd of one page with the token J;
 * what the page holds is its own.  Each kind of call is timed over all of them:
 *
 *	create_ns preserve_ns		before
 *	open_ns sessions_ns files_ns	after: the device, all sessions, all files
 *	tr				the TSC when the last file was there
 */
#include <inttypes.h>
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

struct many {
	uint64_t nr_sessions;
	uint64_t nr_files;	/* in each */
	int *sessions;
	int *files;		/* session by session */
};

/* Everything is open at a time, and a few files that are not ours. */
static const char *begin(struct many *many, const struct step *step)
{
	uint64_t nr;
	struct rlimit limit;

	many->nr_sessions = step_num(step, "sessions", 0);
	many->nr_files = step_num(step, "files", 0);
	if (!many->nr_sessions)
		return "usage: many-preserve | many-retrieve sessions=N [files=N]";
	nr = many->nr_sessions * (many->nr_files + 1);
	limit.rlim_cur = nr + 64;
	limit.rlim_max = limit.rlim_cur;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return why("raising the limit of open files to %" PRIu64 ": %m", nr + 64);
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
		reason = memfd_fill(many->files[i], name, 1);
	}
	return reason;
}

/* @call on all names; the device is open all the time. */
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

static const char *retrieve_all(struct many *many)
{
	uint64_t i, j, ns = raw_ns();

	for (i = 0; i < many->nr_sessions; i++) {
		int *files = many->files + i * many->nr_files;

		for (j = 0; j < many->nr_files; j++) {
			files[j] = luo_retrieve(many->sessions[i], j);
			if (files[j] < 0)
				return why("retrieving file %" PRIu64 " of session %" PRIu64
					   ": %s", j, i, strerror(-files[j]));
		}
	}
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
		reason = memfd_check(many->files[i], name, 1);
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

/* The sessions stay open until the kexec, the files are the kernel's. */
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
