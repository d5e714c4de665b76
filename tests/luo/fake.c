// SPDX-License-Identifier: GPL-2.0-only
/*
 * A /dev/liveupdate of files in the folder FAKE_LUO, linked into programs under test: open(),
 * close(), ioctl(), memfd_create(), readlink() and getsockopt() come here first.
 *
 *   device           locked while a process has the device open
 *   out/NAME         an outgoing session, locked while a descriptor of it is open, in any process
 *   in/NAME          an incoming session; its text is "retrieved" from then on
 *   out/NAME.d/TOKEN a file, a link to one in memory/
 *   memory/N         contents of a memfd
 *   peer             user ID of all clients, if it exists
 *   sys/             files of /sys/kernel/liveupdate
 *   once             a process can open the device once, if it exists
 *   stuck            closing it does not return
 *   hung             preserving does not return, if it exists
 *   error            number of the error of retrieving any session, if it exists
 *
 * Locks belong to open files, so they go with the last descriptor, as sessions do. A request to a
 * file that is no session does not return, as that of a file system in userspace need not.
 */
#include "fake.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/liveupdate.h>
#include <linux/liveupdate_fast.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LUO_SYSFS	"/sys/kernel/liveupdate/"

struct path {
	char s[512];
};

__attribute__((format(printf, 1, 2))) static struct path path_of(const char *fmt, ...)
{
	struct path p;
	va_list args;
	int len = snprintf(p.s, sizeof(p.s), "%s/", getenv("FAKE_LUO") ?: "/nonexistent");

	va_start(args, fmt);
	vsnprintf(p.s + len, sizeof(p.s) - len, fmt, args);
	va_end(args);
	return p;
}

static int fail(int error)
{
	errno = error;
	return -1;
}

static int really_open(const char *path, int flags)
{
	return syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
}

/* -1 and EWOULDBLOCK: another open file has it locked. */
static int open_locked(const char *path, int flags)
{
	int fd = really_open(path, O_RDWR | flags);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return fail(EWOULDBLOCK);
	}
	return fd;
}

int open(const char *path, int flags, ...)
{
	static bool opened;
	va_list args;
	int mode, fd;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	if (!strncmp(path, LUO_SYSFS, strlen(LUO_SYSFS)))
		return really_open(path_of("sys/%s", path + strlen(LUO_SYSFS)).s, flags);
	if (strcmp(path, "/dev/liveupdate"))
		return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	if (opened && !access(path_of("once").s, F_OK))
		return fail(EBUSY);
	opened = true;
	fd = open_locked(path_of("device").s, O_CREAT);
	return fd < 0 && errno == EWOULDBLOCK ? fail(EBUSY) : fd;
}

int memfd_create(const char *name, unsigned int flags)
{
	struct path p = path_of("memory/%sXXXXXX", name);

	(void)flags;
	return mkostemp(p.s, O_CLOEXEC);
}

/* Relative to the folder, or empty */
static struct path path_of_fd(int fd)
{
	struct path link, target = { "" }, root = path_of("%s", "");
	size_t len = strlen(root.s);
	ssize_t got;

	snprintf(link.s, sizeof(link.s), "/proc/self/fd/%d", fd);
	got = syscall(SYS_readlinkat, AT_FDCWD, link.s, target.s, sizeof(target.s) - 1);
	target.s[got < 0 ? 0 : got] = 0;
	if (strncmp(target.s, root.s, len))
		return (struct path){ "" };
	memmove(target.s, target.s + len, strlen(target.s + len) + 1);
	return target;
}

int close(int fd)
{
	if (!strcmp(path_of_fd(fd).s, "stuck"))
		pause();
	return syscall(SYS_close, fd);
}

/* As in /proc of a kernel */
ssize_t readlink(const char *path, char *buf, size_t size)
{
	struct path p = { "" };
	char link[512];
	int fd, len;

	if (sscanf(path, "/proc/self/fd/%d", &fd) == 1)
		p = path_of_fd(fd);
	if (strncmp(p.s, "out/", 4) && strncmp(p.s, "in/", 3))
		return syscall(SYS_readlinkat, AT_FDCWD, path, buf, size);
	len = snprintf(link, sizeof(link), "anon_inode:[luo_session] %s", strchr(p.s, '/') + 1);
	len = len < (int)size ? len : (int)size;
	memcpy(buf, link, len);
	return len;
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int rc = syscall(SYS_getsockopt, fd, level, name, value, len);
	FILE *f = rc || name != SO_PEERCRED ? NULL : fopen(path_of("peer").s, "re");

	if (f && fscanf(f, "%u", &((struct ucred *)value)->uid) != 1)
		abort();
	if (f)
		fclose(f);
	return rc;
}

static void remove_files(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(dir);
}

static int create_session(struct liveupdate_ioctl_create_session *arg)
{
	struct path p = path_of("out/%s", arg->name);
	struct path files = path_of("out/%s.d", arg->name);

	if (!arg->name[0])
		return fail(EINVAL);
	arg->fd = open_locked(p.s, O_CREAT);
	if (arg->fd < 0)
		return fail(errno == EWOULDBLOCK ? EEXIST : errno);
	remove_files(files.s);
	return mkdir(files.s, 0700);
}

/* 0 if there is no such file */
static int number_in(const char *name)
{
	FILE *f = fopen(path_of("%s", name).s, "re");
	int number = 0;

	if (f && fscanf(f, "%d", &number) != 1)
		abort();
	if (f)
		fclose(f);
	return number;
}

static int retrieve_session(struct liveupdate_ioctl_retrieve_session *arg)
{
	const int error = number_in("error");

	if (error)
		return fail(error);
	arg->fd = open_locked(path_of("in/%s", arg->name).s, 0);
	if (arg->fd < 0)
		return fail(errno == EWOULDBLOCK ? EINVAL : errno);
	if (lseek(arg->fd, 0, SEEK_END)) {
		close(arg->fd);
		return fail(ENOENT);
	}
	return write(arg->fd, "retrieved", 9) == 9 ? 0 : -1;
}

static bool has_unknown_fields(const void *arg, size_t size, size_t known)
{
	const char *byte = arg;
	size_t i;

	for (i = known; i < size; i++)
		if (byte[i])
			return true;
	return false;
}

static int preserve(const char *session, struct liveupdate_session_preserve_fd *arg)
{
	struct path p = path_of_fd(arg->fd);
	int rc;

	if (has_unknown_fields(arg, arg->size, sizeof(*arg)))
		return fail(E2BIG);
	if (!access(path_of("hung").s, F_OK))
		pause();
	if (fcntl(arg->fd, F_GETFD) < 0)
		return fail(EBADF);
	if (strncmp(p.s, "memory/", 7))
		return fail(ENOENT);
	rc = link(path_of("%s", p.s).s, path_of("%s.d/%llu", session, arg->token).s);
	return rc;
}

static int unpreserve(const char *session,
		      const struct liveupdate_fast_session_unpreserve_fd *arg)
{
	return unlink(path_of("%s.d/%llu", session, arg->token).s);
}

static int retrieve(const char *session, struct liveupdate_session_retrieve_fd *arg)
{
	arg->fd = really_open(path_of("%s.d/%llu", session, arg->token).s, O_RDWR);
	return arg->fd < 0 ? -1 : 0;
}

int ioctl(int fd, unsigned long cmd, ...)
{
	struct path session = path_of_fd(fd);
	bool incoming = !strncmp(session.s, "in/", 3);
	va_list args;
	void *arg;

	va_start(args, cmd);
	arg = va_arg(args, void *);
	va_end(args);
	if (!incoming && strncmp(session.s, "out/", 4) && strcmp(session.s, "device") &&
	    _IOC_TYPE(cmd) == LIVEUPDATE_IOCTL_TYPE)
		pause();
	switch ((unsigned int)cmd) {
	case LIVEUPDATE_IOCTL_CREATE_SESSION:
		return create_session(arg);
	case LIVEUPDATE_IOCTL_RETRIEVE_SESSION:
		return retrieve_session(arg);
	case LIVEUPDATE_SESSION_GET_NAME:
		strncpy((char *)((struct liveupdate_session_get_name *)arg)->name,
			strchr(session.s, '/') + 1, LIVEUPDATE_SESSION_NAME_LENGTH);
		return 0;
	case LIVEUPDATE_SESSION_PRESERVE_FD:
		return incoming ? fail(EINVAL) : preserve(session.s, arg);
	case LIVEUPDATE_FAST_SESSION_UNPRESERVE_FD:
		return incoming ? fail(EINVAL) : unpreserve(session.s, arg);
	case LIVEUPDATE_SESSION_RETRIEVE_FD:
		return incoming ? retrieve(session.s, arg) : fail(EINVAL);
	case LIVEUPDATE_SESSION_FINISH:
		if (!incoming)
			return fail(EINVAL);
		remove_files(path_of("%s.d", session.s).s);
		return 0;
	}
	return syscall(SYS_ioctl, fd, cmd, arg);
}

/* A session that is not open is gone. */
static void hand_over(const char *name)
{
	struct path out = path_of("out/%s", name), files = path_of("out/%s.d", name);
	int fd = open_locked(out.s, 0);

	unlink(out.s);
	if (fd < 0) {
		rename(files.s, path_of("in/%s.d", name).s);
		fd = really_open(path_of("in/%s", name).s, O_WRONLY | O_CREAT);
	}
	close(fd);
	remove_files(files.s);
}

void fake_boot(void)
{
	mkdir(path_of("memory").s, 0700);
	mkdir(path_of("out").s, 0700);
	mkdir(path_of("in").s, 0700);
}

void fake_kexec(void)
{
	DIR *in = opendir(path_of("in").s), *out = opendir(path_of("out").s);
	struct dirent *e;

	while ((e = readdir(in))) {
		remove_files(path_of("in/%s.d", e->d_name).s);
		unlinkat(dirfd(in), e->d_name, 0);
	}
	while ((e = readdir(out)))
		if (e->d_name[0] != '.' && !strstr(e->d_name, ".d"))
			hand_over(e->d_name);
	closedir(in);
	closedir(out);
}
