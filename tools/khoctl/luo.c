// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions. An accelerated kernel lists all of them in debugfs liveupdate/state. On any kernel
 * /proc/PID/fd has those that a process has open, as "anon_inode:[luo_session] NAME"; stock does
 * not show incoming ones that are not retrieved.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "khoctl.h"

#define LINK	"anon_inode:[luo_session] "

static struct session *add(struct sessions *s, const char *name)
{
	struct session *new;

	s->v = array_grow(s->v, s->nr, sizeof(*s->v));
	new = &s->v[s->nr++];
	*new = (struct session){ .name = text_dup(name), .files = -1, .fd = -1 };
	return new;
}

/* "incoming session 'NAME' unreadable: WHY" or "... not-loaded: WHY" */
static bool read_failed(struct sessions *s, char *line, char *name)
{
	static const char *const failed[] = { "unreadable", "not-loaded" };
	struct session *session;
	char tag[32], *end;
	size_t i;

	for (i = 0; i < sizeof(failed) / sizeof(*failed); i++) {
		snprintf(tag, sizeof(tag), "' %s: ", failed[i]);
		end = strstr(name, tag);
		if (!end || strncmp(line, "incoming ", 9))
			continue;
		*end = 0;
		session = add(s, name);
		session->known = true;
		session->incoming = true;
		session->failed = failed[i];
		session->fault = text_dup(end + strlen(tag));
		return true;
	}
	return false;
}

/*
 * "outgoing session 'NAME' files=N[ retrieved]" or "... busy[ retrieved]"; lines of files have
 * " token=" there. A name may hold quotes, but what follows it does not.
 */
static void read_line(struct sessions *s, char *line)
{
	bool incoming = !strncmp(line, "incoming ", 9);
	char *name = strstr(line, " session '"), *end = strrchr(line, '\'');
	struct session *session;

	if (name && read_failed(s, line, name + 10))
		return;
	if (!name || end <= name + 10 || !strncmp(end, "' token=", 8))
		return;
	*end++ = 0;
	session = add(s, name + 10);
	session->known = true;
	session->incoming = incoming;
	session->busy = !strncmp(end, " busy", 5);
	session->retrieved = strstr(end, " retrieved");
	if (!strncmp(end, " files=", 7))
		session->files = strtol(end + 7, NULL, 10);
}

static void read_state(struct sessions *s)
{
	char *text = file_text(file_open(DEBUGFS "/liveupdate/state"), NULL), *save, *line;
	int err = text ? 0 : errno;
	const char *why = err ? why_no_debugfs() : NULL;

	s->listed = text;
	if (err)
		s->not_listed = text_dup(why ? why : err != ENOENT ? strerror(err) :
				     "this kernel has no list of them (debugfs liveupdate/state)");
	for (line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		read_line(s, line);
	free(text);
}

static struct session *find(const struct sessions *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->nr; i++) {
		if (!strcmp(s->v[i].name, name))
			return &s->v[i];
	}
	return NULL;
}

static bool add_open(void *data, pid_t pid, int fd, const char *target)
{
	const char *name = target + strlen(LINK);
	struct session *session;

	if (strncmp(target, LINK, strlen(LINK)))
		return true;
	session = find(data, name);
	if (!session)
		session = add(data, name);
	session->init |= pid == 1;
	if (!session->pid) {
		session->pid = pid;
		session->fd = fd;
	}
	return true;
}

const struct sessions *sessions_read(void)
{
	static struct sessions s;

	read_state(&s);
	s.denied = for_each_open_file(add_open, &s);
	return &s;
}

int session_get(const char *name)
{
	const struct sessions *s = sessions_read();
	const struct session *session = find(s, name);
	int pidfd, fd;

	if (!session || !session->pid)
		return !session && s->denied ? -EACCES : -ENOENT;
	pidfd = syscall(SYS_pidfd_open, session->pid, 0);
	fd = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, session->fd, 0);
	if (fd < 0)
		fd = -errno;
	close(pidfd);
	return fd;
}
