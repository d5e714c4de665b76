// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions. An accelerated kernel lists all of them in debugfs liveupdate/state. Of any kernel
 * the descriptors of processes tell: /proc/PID/fd has "anon_inode:[luo_session] NAME". Those
 * that came in and were not retrieved have no descriptor, so stock does not show them.
 */
#include <dirent.h>
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

	s->v = grow(s->v, s->nr, sizeof(*s->v));
	new = &s->v[s->nr++];
	*new = (struct session){ .name = strdup(name), .files = -1, .fd = -1 };
	if (!new->name)
		die(EXIT_INPUT, "no memory");
	return new;
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
	char *text = sys_slurp(DEBUGFS "/liveupdate/state", NULL), *save, *line;
	int err = text ? 0 : errno;
	const char *why = err ? why_no_debugfs() : NULL;

	s->listed = text;
	if (err)
		s->not_listed = keep(why ? why : err != ENOENT ? strerror(err) :
				     "this kernel has no list of them (debugfs liveupdate/state)");
	for (line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		read_line(s, line);
	free(text);
}

static struct session *find(struct sessions *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->nr; i++) {
		if (!strcmp(s->v[i].name, name))
			return &s->v[i];
	}
	return NULL;
}

static void look_at_fd(struct sessions *s, pid_t pid, const char *fd)
{
	struct session *session;
	char path[64], name[256];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/fd/%.16s", pid, fd);
	len = readlink(sys_path(path), name, sizeof(name) - 1);
	if (len < (ssize_t)strlen(LINK))
		return;
	name[len] = 0;
	if (strncmp(name, LINK, strlen(LINK)))
		return;
	session = find(s, name + strlen(LINK));
	if (!session)
		session = add(s, name + strlen(LINK));
	if (session->pid)
		return;
	session->pid = pid;
	session->fd = atoi(fd);
}

static void look_at_process(struct sessions *s, const char *pid)
{
	char path[32];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.12s/fd", pid);
	dir = opendir(sys_path(path));
	if (!dir && (errno == EACCES || errno == EPERM))
		s->unseen++;
	while (dir && (e = readdir(dir))) {
		if (*e->d_name != '.')
			look_at_fd(s, atoi(pid), e->d_name);
	}
	if (dir)
		closedir(dir);
}

void sessions_look(struct sessions *s)
{
	struct dirent *e;
	DIR *proc;

	*s = (struct sessions){ 0 };
	read_state(s);
	proc = opendir(sys_path("/proc"));
	while (proc && (e = readdir(proc))) {
		if (*e->d_name >= '1' && *e->d_name <= '9')
			look_at_process(s, e->d_name);
	}
	if (proc)
		closedir(proc);
}

void sessions_free(struct sessions *s)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		free(s->v[i].name);
	free(s->v);
	free(s->not_listed);
}

int session_take(const char *name)
{
	struct sessions s;
	const struct session *session;
	int pidfd, fd = -ENOENT;

	sessions_look(&s);
	session = find(&s, name);
	if (session && session->pid) {
		pidfd = syscall(SYS_pidfd_open, session->pid, 0);
		fd = pidfd < 0 ? -errno : syscall(SYS_pidfd_getfd, pidfd, session->fd, 0);
		if (pidfd >= 0 && fd < 0)
			fd = -errno;
		close(pidfd);
	} else if (!session && s.unseen) {
		fd = -EACCES;
	}
	sessions_free(&s);
	return fd;
}
