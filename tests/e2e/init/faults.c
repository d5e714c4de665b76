// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation of a call in the kernel, failed in turn: the n-th one of this task fails
 * once after n is written to /proc/thread-self/fail-nth, which is 0 afterwards. A call that
 * meets the fault fails for want of memory, and can be repeated, or does without that memory.
 * The loop ends with the call that meets none.
 *
 *	faults_KEY	allocations of the call that have failed
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "luo.h"
#include "memfd.h"
#include "steps.h"
#include "tsc.h"
#include "verdict.h"

#define NR_SESSIONS	4
#define MAX_FILES	48	/* in a session; the token is the number */
#define STEP		3	/* one page in so many is written */
#define MAX_FAULTS	2000

/* A call, and what it is about */
struct call {
	int (*make)(struct call *call);
	/* After a success with a fault: the next one is about something like that. NULL: done. */
	const char *(*next)(struct call *call, int result);
	int fd;			/* the device, or a session */
	unsigned int nr;	/* of the session, or of the file */
	int file;
	uint64_t pages;
	unsigned int max;	/* how many there are */
	int results[MAX_FILES];
};

static int nth = -1;

/* All allocations may fail, also those that may wait; without a stack trace of each. */
static const char *enable(void)
{
	static const char *const settings[][2] = {
		{ "failslab/ignore-gfp-wait", "N" }, { "failslab/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" }, { "fail_page_alloc/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" }, { "fail_page_alloc/min-order", "0" },
	};
	size_t i;

	for (i = 0; nth < 0 && i < sizeof(settings) / sizeof(*settings); i++) {
		char path[80];
		int fd;

		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", settings[i][0]);
		fd = open(path, O_WRONLY);
		if (fd < 0 || write(fd, settings[i][1], 1) != 1)
			return why("%s: %m", path);
		close(fd);
	}
	if (access(LUO_DEVICE, F_OK))
		return why("%s: %m", LUO_DEVICE);
	if (nth < 0)
		nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	return nth < 0 ? why("fail-nth: %m") : NULL;
}

static void arm(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(nth, text, len, 0) != len)
		abort();
}

/* Has an allocation failed since? */
static bool disarm(void)
{
	char text[16] = "";

	if (pread(nth, text, sizeof(text) - 1, 0) < 1)
		abort();
	arm(0);
	return !atoi(text);
}

/* Without memory for an inode there is no space in tmpfs. */
static bool is_lack(int err)
{
	return err == -ENOMEM || err == -ENFILE || err == -ENOSPC;
}

/* Sets *@result to that of the call without a fault. */
static const char *each_fault(const char *key, struct call *call, int *result)
{
	const char *reason = enable();
	unsigned int n;

	for (n = 1; !reason && n < MAX_FAULTS; n++) {
		bool met;

		arm(n);
		*result = call->make(call);
		met = disarm();
		if (!met && *result < 0)
			return why("%s: %s, without a fault", key, strerror(-*result));
		if (!met || (*result >= 0 && !call->next)) {
			char name[32];

			snprintf(name, sizeof(name), "faults_%s", key);
			verdict_kv(name, n - 1);
			return NULL;
		}
		if (*result >= 0)
			reason = call->next(call, *result);
		else if (!is_lack(*result))
			reason = why("%s: fault %u: %s", key, n, strerror(-*result));
	}
	return reason ? reason : "the faults have no end";
}

/* Each call with a fault that succeeds nevertheless uses one up. */
static unsigned int nr_files(unsigned int session)
{
	return session ? 2 : MAX_FILES;
}

static void name_session(char name[LUO_NAME_SIZE], unsigned int i)
{
	snprintf(name, LUO_NAME_SIZE, "faults %u", i);
}

static void name_file(char name[LUO_NAME_SIZE], unsigned int session, unsigned int file)
{
	snprintf(name, LUO_NAME_SIZE, "file %u of %u", file, session);
}

static int open_device(struct call *call)
{
	(void)call;
	return luo_open();
}

static const char *close_it(struct call *call, int fd)
{
	(void)call;
	luo_close(fd);
	return NULL;
}

static int create_session(struct call *call)
{
	char name[LUO_NAME_SIZE];

	name_session(name, call->nr);
	return luo_session_create(call->fd, name);
}

static int preserve_file(struct call *call)
{
	return luo_preserve(call->results[0], call->file, 0);
}

/* Its file is as before, and can be preserved again. */
static const char *new_session(struct call *call, int result)
{
	(void)result;
	luo_close(call->results[0]);
	if (ftruncate(call->file, (call->pages + 1) * 4096) ||
	    ftruncate(call->file, call->pages * 4096))
		return why("changing the size of a file: %m");
	call->results[0] = create_session(call);
	return call->results[0] < 0 ? why("creating a session: %s", strerror(-call->results[0])) :
				      NULL;
}

static const char *make_file(struct call *call, unsigned int session, unsigned int file)
{
	char name[LUO_NAME_SIZE];

	name_file(name, session, file);
	call->file = memfd_create(name, MFD_CLOEXEC);
	if (call->file < 0)
		return why("memfd_create: %m");
	return memfd_fill(call->file, name, call->pages, STEP);
}

/* The first session and its first file with faults, all others without */
static const char *preserve_session(struct call *call, unsigned int nr)
{
	const char *reason = NULL;
	unsigned int i;
	int err = 0;

	call->nr = nr;
	call->make = create_session;
	call->next = close_it;
	if (!nr)
		reason = each_fault("create", call, &call->results[0]);
	else
		call->results[0] = create_session(call);
	for (i = 0; !reason && i < nr_files(nr); i++) {
		reason = make_file(call, nr, i);
		if (reason)
			break;
		call->make = preserve_file;
		call->next = new_session;
		if (!nr && !i)
			reason = each_fault("preserve", call, &err);
		else
			err = luo_preserve(call->results[0], call->file, i);
		if (!reason && err < 0)
			reason = why("file %u of %u: %s", i, nr, strerror(-err));
	}
	return reason;
}

const char *step_faults_preserve(const struct step *step)
{
	struct call call = { .make = open_device, .next = close_it };
	const char *reason;
	unsigned int i;

	call.pages = step_num(step, "pages", 0);
	if (!call.pages)
		return "usage: faults-preserve pages=N";
	reason = each_fault("open", &call, &call.fd);
	for (i = 0; !reason && i < NR_SESSIONS; i++)
		reason = preserve_session(&call, i);
	if (!reason)
		luo_close(call.fd);
	return reason;
}

/* reboot(2) returns after each fault in the freeze, until it does not any more. */
const char *step_faults_kexec(const struct step *step)
{
	const char *reason = enable();
	unsigned int n;

	if (!reason)
		reason = step_load_next_kernel(step);
	if (reason)
		return reason;
	verdict_ok(step->text);
	for (n = 1; n < MAX_FAULTS; n++) {
		verdict_kv("faults_freeze", n - 1);
		verdict_flush();
		verdict_kv("t0", tsc_now());
		arm(n);
		reboot(RB_KEXEC);
		if (!disarm() || errno != ENOMEM)
			return why("reboot: fault %u: %m", n);
	}
	return "the faults have no end";
}

static int take_session(struct call *call)
{
	char name[LUO_NAME_SIZE];

	name_session(name, call->nr);
	return luo_session_retrieve(call->fd, name);
}

static int take_file(struct call *call)
{
	return luo_retrieve(call->fd, call->nr);
}

static const char *keep(struct call *call, int result)
{
	call->results[call->nr++] = result;
	return call->nr < call->max ? NULL : "too many calls do without memory";
}

static int finish_session(struct call *call)
{
	return luo_session_finish(call->fd);
}

/* Take all that there are: with faults until a call meets none */
static const char *take_all(const char *key, struct call *call)
{
	const char *reason = NULL;
	int result;

	call->next = keep;
	if (key)
		reason = each_fault(key, call, &result);
	if (key && !reason)
		call->results[call->nr++] = result;
	for (; !reason && call->nr < call->max; call->nr++) {
		result = call->make(call);
		if (result < 0)
			reason = why("number %u: %s", call->nr, strerror(-result));
		call->results[call->nr] = result;
	}
	return reason;
}

static const char *check_files(const struct call *call, unsigned int session)
{
	const char *reason = NULL;
	char name[LUO_NAME_SIZE];
	unsigned int i;

	for (i = 0; !reason && i < nr_files(session); i++) {
		name_file(name, session, i);
		reason = memfd_check(call->results[i], name, call->pages, STEP);
		close(call->results[i]);
	}
	return reason;
}

static const char *retrieve_session(int session, unsigned int nr, uint64_t pages)
{
	struct call call = {
		.make = take_file, .fd = session, .pages = pages, .max = nr_files(nr),
	};
	const char *reason = take_all(nr ? NULL : "retrieve", &call);
	int err;

	if (!reason)
		reason = check_files(&call, nr);
	call.make = finish_session;
	call.next = NULL;
	if (!reason)
		reason = each_fault("finish", &call, &err);
	luo_close(session);
	return reason;
}

const char *step_faults_retrieve(const struct step *step)
{
	struct call call = { .make = open_device, .next = close_it };
	const char *reason;
	unsigned int i;

	call.pages = step_num(step, "pages", 0);
	if (!call.pages)
		return "usage: faults-retrieve pages=N";
	reason = each_fault("first_open", &call, &call.fd);
	call.make = take_session;
	call.max = NR_SESSIONS;
	if (!reason)
		reason = take_all("session", &call);
	for (i = 0; !reason && i < NR_SESSIONS; i++)
		reason = retrieve_session(call.results[i], i, call.pages);
	luo_close(call.fd);
	return reason;
}
