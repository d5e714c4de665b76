// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of kho_link (tests/e2e/kmod/link.c) in sessions: files with dependencies, and
 * many of them. The value of a file is also its token.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "luo.h"
#include "steps.h"
#include "tsc.h"
#include "verdict.h"

#define MAX_LINKS	64
#define MAX_SESSIONS	8

static int links[MAX_LINKS];	/* descriptor + 1, by value */
static struct {
	char *name;
	int fd;
} sessions[MAX_SESSIONS];

static int link_open(uint64_t value)
{
	int fd = open("/dev/kho_link", O_RDWR | O_CLOEXEC);

	if (fd >= 0 && dprintf(fd, "value %" PRIu64, value) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static const char *add_needs(int fd, char *list)
{
	char *save, *word;

	for (word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		int needed = atoi(word);

		if (needed < 0 || needed >= MAX_LINKS || !links[needed])
			return why("there is no link %s", word);
		if (dprintf(fd, "need %d", links[needed] - 1) < 0)
			return why("need %s: %m", word);
	}
	return NULL;
}

const char *step_link(const struct step *step)
{
	uint64_t value = step_num(step, "value", MAX_LINKS);
	const char *needs = step_opt(step, "needs"), *forge = step_opt(step, "forge"), *reason;
	int fd;

	if (value >= MAX_LINKS)
		return "usage: link value=N [needs=N,...] [forge=TOKEN] [fail=1]";
	fd = link_open(value);
	if (fd < 0)
		return why("/dev/kho_link: %m");
	links[value] = fd + 1;
	reason = needs ? add_needs(fd, strdup(needs)) : NULL;
	if (!reason && forge && dprintf(fd, "forge %s", forge) < 0)
		reason = why("forge: %m");
	if (!reason && step_num(step, "fail", 0) && dprintf(fd, "fail") < 0)
		reason = why("fail: %m");
	return reason;
}

/* Convert a result of libluo to -1 and errno. */
static int with_errno(int ret)
{
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

/* Create or retrieve a session; -1 and errno */
static int make_session(int (*make)(int device, const char *name), const char *name)
{
	int device = luo_open(), fd;

	if (device < 0)
		return with_errno(device);
	fd = make(device, name);
	luo_close(device);
	return with_errno(fd);
}

/* The session of that name; -1 and errno */
static int session(const char *name, int (*make)(int device, const char *name))
{
	size_t i;

	for (i = 0; i < MAX_SESSIONS && sessions[i].name; i++)
		if (!strcmp(sessions[i].name, name))
			return sessions[i].fd;
	if (i == MAX_SESSIONS) {
		errno = ENFILE;
		return -1;
	}
	sessions[i].fd = make_session(make, name);
	if (sessions[i].fd >= 0)
		sessions[i].name = strdup(name);
	return sessions[i].fd;
}

const char *step_link_preserve(const struct step *step)
{
	uint64_t value = step_num(step, "value", MAX_LINKS);
	int fd;

	if (step->argc < 3 || value >= MAX_LINKS || !links[value])
		return "usage: link-preserve SESSION value=N";
	fd = session(step->argv[1], luo_session_create);
	if (fd < 0)
		return why("creating the session: %m");
	if (with_errno(luo_preserve(fd, links[value] - 1, value)))
		return why("preserving: %m");
	return NULL;
}

const char *step_link_unpreserve(const struct step *step)
{
	int fd;

	if (step->argc < 3)
		return "usage: link-unpreserve SESSION value=N";
	fd = session(step->argv[1], luo_session_create);
	if (fd < 0)
		return why("creating the session: %m");
	if (with_errno(luo_unpreserve(fd, step_num(step, "value", MAX_LINKS))))
		return why("unpreserving: %m");
	return NULL;
}

const char *step_link_retrieve(const struct step *step)
{
	uint64_t value = step_num(step, "value", MAX_LINKS);
	const char *want = step_opt(step, "is");
	char text[160] = "", *blank;
	int fd;

	if (step->argc < 3 || value >= MAX_LINKS)
		return "usage: link-retrieve SESSION value=N [is=TEXT, _ for a blank]";
	fd = session(step->argv[1], luo_session_retrieve);
	if (fd < 0)
		return why("retrieving the session: %m");
	fd = with_errno(luo_retrieve(fd, value));
	if (fd < 0)
		return why("retrieving: %m");
	if (read(fd, text, sizeof(text) - 1) < 0)
		return why("reading: %m");
	close(fd);
	while ((blank = strchr(text, ' ')))
		*blank = '_';
	return !want || !strcmp(text, want) ? NULL : why("it is '%s'", text);
}

const char *step_link_finish(const struct step *step)
{
	int fd;

	if (step->argc != 2)
		return "usage: link-finish SESSION";
	fd = session(step->argv[1], luo_session_retrieve);
	if (fd < 0)
		return why("retrieving the session: %m");
	if (with_errno(luo_session_finish(fd)))
		return why("finishing the session: %m");
	return NULL;
}

const char *step_link_close(const struct step *step)
{
	size_t i;

	for (i = 0; step->argc == 2 && i < MAX_SESSIONS && sessions[i].name; i++) {
		if (strcmp(sessions[i].name, step->argv[1]))
			continue;
		close(sessions[i].fd);
		sessions[i].name[0] = '\0';
		return NULL;
	}
	return "usage: link-close SESSION, which is open";
}

/* Preserved files need no descriptor, sessions do. */
static const char *many(const struct step *step, const char *(*one)(int nr, uint64_t files))
{
	uint64_t nr = step_num(step, "sessions", 0), files = step_num(step, "files", 0), i;
	struct rlimit limit = { .rlim_cur = nr + 64, .rlim_max = nr + 64 };
	const char *reason = NULL;

	if (!nr)
		return "usage: links-preserve|links-retrieve sessions=N files=N";
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return why("setrlimit: %m");
	for (i = 0; i < nr && !reason; i++)
		reason = one(i, files);
	return reason;
}

static const char *preserve_one(int nr, uint64_t files)
{
	char name[32];
	uint64_t i;
	int fd;

	snprintf(name, sizeof(name), "many-%d", nr);
	fd = make_session(luo_session_create, name);
	if (fd < 0)
		return why("creating session %s: %m", name);
	for (i = 0; i < files; i++) {
		int link = link_open(nr + i);

		if (link < 0 || with_errno(luo_preserve(fd, link, i)))
			return why("session %s file %" PRIu64 ": %m", name, i);
		close(link);
	}
	return NULL;
}

static const char *retrieve_one(int nr, uint64_t files)
{
	char name[32], text[32];
	uint64_t i;
	int fd;

	snprintf(name, sizeof(name), "many-%d", nr);
	fd = make_session(luo_session_retrieve, name);
	if (fd < 0)
		return why("retrieving session %s: %m", name);
	for (i = 0; i < files; i++) {
		int link = with_errno(luo_retrieve(fd, i));
		ssize_t len = link < 0 ? -1 : read(link, text, sizeof(text) - 1);

		if (len < 0)
			return why("session %s file %" PRIu64 ": %m", name, i);
		text[len] = '\0';
		if (strtoull(text, NULL, 10) != nr + i)
			return why("session %s file %" PRIu64 " is '%s'", name, i, text);
		close(link);
	}
	if (with_errno(luo_session_finish(fd)))
		return why("finishing session %s: %m", name);
	close(fd);
	return NULL;
}

const char *step_links_preserve(const struct step *step)
{
	uint64_t ns = raw_ns();
	const char *reason = many(step, preserve_one);

	verdict_kv("links_preserve_ns", raw_ns() - ns);
	return reason;
}

const char *step_links_retrieve(const struct step *step)
{
	uint64_t ns = raw_ns();
	const char *reason = many(step, retrieve_one);

	verdict_kv("links_retrieve_ns", raw_ns() - ns);
	return reason;
}

/* Formats of the next kernel: those of this one, except one line */
const char *step_next_kernel(const struct step *step)
{
	const char *without = step_opt(step, "without");
	int from = open("/sys/kernel/liveupdate/compatible", O_RDONLY | O_CLOEXEC);
	int to = open("/sys/kernel/liveupdate/next", O_WRONLY | O_CLOEXEC);
	char text[4096] = "", *line = NULL;
	ssize_t len;

	if (from < 0 || to < 0 || read(from, text, sizeof(text) - 1) < 0)
		return why("/sys/kernel/liveupdate: %m");
	if (without)
		line = strstr(text, without);
	if (without && !line)
		return why("there is no line '%s'", without);
	if (line)
		memmove(line, line + strlen(without), strlen(line + strlen(without)) + 1);
	len = write(to, text, strlen(text));
	close(from);
	close(to);
	return len < 0 ? why("write: %m") : NULL;
}
