// SPDX-License-Identifier: GPL-2.0-only
/* Properties of a memfd, and memory errors */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memfd.h"
#include "steps.h"

#define PAGE_BYTES 4096

/* Without a change of its contents */
static const char *is_writable(int fd)
{
	volatile char *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char first;

	if (page == MAP_FAILED)
		return why("a guest cannot use it: mmap: %m");
	first = *page;
	*page = first;
	munmap((void *)page, PAGE_BYTES);
	return NULL;
}

/* Ends the process with SIGBUS, since it has mapped the page, or with an errno. */
static void __attribute__((noreturn)) poison(int fd, uint64_t page)
{
	void *at = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			page * PAGE_BYTES);

	if (at == MAP_FAILED || !memset(at, 1, 1) || madvise(at, PAGE_BYTES, MADV_HWPOISON))
		_exit(errno);
	_exit(0);
}

const char *memfd_poison(int fd, uint64_t page)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		poison(fd, page);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return why("fork: %m");
	if (WIFEXITED(status) && WEXITSTATUS(status))
		return why("MADV_HWPOISON: %s", strerror(WEXITSTATUS(status)));
	return NULL;
}

static bool has_name(int fd, const char *name)
{
	char path[64], link[320], want[320];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, link, sizeof(link) - 1);
	link[len < 0 ? 0 : len] = 0;
	snprintf(want, sizeof(want), "/memfd:%s (deleted)", name);
	return !strcmp(link, want);
}

const char *memfd_is(int fd, const struct step *step)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (seals < 0 || fstat(fd, &st))
		return why("not a memfd: %m");
	if (step_opt(step, "seals") && step_num(step, "seals", 0) != (uint64_t)seals)
		return why("its seals are %#x", seals);
	if (step_opt(step, "mode") && step_num(step, "mode", 0) != (st.st_mode & 07777))
		return why("its mode is %#o", st.st_mode & 07777);
	if (step_opt(step, "name") && !has_name(fd, step_opt(step, "name")))
		return why("its name is another one");
	if (step_opt(step, "kib") && step_num(step, "kib", 0) < (uint64_t)st.st_blocks / 2)
		return why("it has %jd KiB", (intmax_t)st.st_blocks / 2);
	return step_num(step, "writable", 0) ? is_writable(fd) : NULL;
}
