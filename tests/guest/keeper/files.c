// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of the VMM: QEMU, its libraries and ROMs, kernel and initrd of the guests. While the
 * guests run, each is copied into a memfd and preserved, in a session for all of them. In the next
 * kernel its path is a link to the memfd, so that it need not be in an initrd, which would be
 * unpacked while the guests stand still.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/memfd.h>
#include <luo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>
#include <x86intrin.h>

#include "keeper.h"

#define SESSION		"vmm-files"
#define FILE_VERSION	1
#define AT_ONCE		(1 << 30)	/* bytes */
#define HUGE_PAGE	(2UL << 20)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

/* fd: memfd with the contents; -1: of the keeper too, so that the next initrd has it */
static struct {
	char path[LUO_FILE_NAME_SIZE];
	int fd;
} files[LUO_MANIFEST_MAX];
static unsigned int nr_files;
static int session = -1;
static bool retrieved;
static uint64_t since;

static bool have(const char *path)
{
	for (unsigned int i = 0; i < nr_files; i++)
		if (!strcmp(files[i].path, path))
			return true;
	return false;
}

static int add(const char *path, int fd)
{
	if (nr_files == LUO_MANIFEST_MAX)
		return fail("%s: there are %d files of QEMU already", path, LUO_MANIFEST_MAX);
	if (strlen(path) >= LUO_FILE_NAME_SIZE)
		return fail("%s: the path of a file has at most %d bytes", path,
			    LUO_FILE_NAME_SIZE - 1);
	strcpy(files[nr_files].path, path);
	files[nr_files++].fd = fd;
	return 0;
}

static int add_own(const char *path)
{
	return have(path) ? 0 : add(path, -1);
}

static int copy(const char *path, int to)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = from < 0 ? -1 : 1;

	while (len > 0)
		len = sendfile(to, from, NULL, AT_ONCE);
	if (len)
		fail_errno("%s: copying it into memory", path);
	if (from >= 0)
		close(from);
	return len ? -1 : 0;
}

/*
 * One folio for each 2 MiB: a hundred instead of 15,000, which a stock kernel would be slow to
 * hand over. Where there are no huge pages, it is slow.
 */
static void make_huge(int fd)
{
	size_t len = (lseek(fd, 0, SEEK_END) + HUGE_PAGE - 1) & -HUGE_PAGE;
	char *room = mmap(NULL, len + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *at;

	if (room == MAP_FAILED)
		return;
	at = (char *)(((uintptr_t)room + HUGE_PAGE - 1) & -HUGE_PAGE);
	if (mmap(at, len, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == at)
		madvise(at, len, MADV_COLLAPSE);
	munmap(room, len + HUGE_PAGE);
}

static int add_copy(const char *path)
{
	int fd;

	if (have(path))
		return 0;
	fd = memfd_create(path, MFD_CLOEXEC | MFD_EXEC);
	if (fd < 0)
		return fail_errno("%s: a memfd for it", path);
	if (copy(path, fd) || add(path, fd)) {
		close(fd);
		return -1;
	}
	make_huge(fd);
	return 0;
}

static int add_folder(const char *folder)
{
	char path[PATH_MAX];
	struct dirent **entry;
	int nr = scandir(folder, &entry, NULL, NULL), error = 0;

	if (nr < 0)
		return fail_errno("%s", folder);
	for (int i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry[i]->d_name);
		if (!error && entry[i]->d_type == DT_REG)
			error = add_copy(path);
		free(entry[i]);
	}
	free(entry);
	return error;
}

/* Program and libraries of a process, several times each; neither devices nor memory. */
static int each_mapped(pid_t pid, int (*fn)(const char *path))
{
	char line[PATH_MAX + 128];
	const char *path;
	struct stat stat;
	int error = 0;
	FILE *maps;

	snprintf(line, sizeof(line), "/proc/%d/maps", pid);
	maps = fopen(line, "re");
	if (!maps)
		return fail_errno("%s", line);
	while (!error && fgets(line, sizeof(line), maps)) {
		line[strcspn(line, "\n")] = '\0';
		path = strchr(line, '/');
		if (path && !lstat(path, &stat) && S_ISREG(stat.st_mode))
			error = fn(path);
	}
	fclose(maps);
	return error;
}

static int find_all(const struct setup *setup, pid_t qemu)
{
	return each_mapped(getpid(), add_own) || each_mapped(qemu, add_copy) ||
	       (setup->roms && add_folder(setup->roms)) || add_copy(setup->kernel) ||
	       add_copy(setup->initrd) ? -1 : 0;
}

static void forget_all(void)
{
	while (nr_files)
		if (files[--nr_files].fd >= 0)
			close(files[nr_files].fd);
}

static void close_session(void)
{
	if (session >= 0)
		close(session);
	session = -1;
	retrieved = false;
}

static int preserve_all(void)
{
	struct luo_manifest manifest;
	int error = luo_manifest_create(&manifest, session);

	if (error)
		return error;
	for (unsigned int i = 0; i < nr_files && !error; i++)
		if (files[i].fd >= 0)
			error = luo_manifest_add(&manifest, files[i].fd, files[i].path,
						 FILE_VERSION);
	luo_manifest_close(&manifest);
	return error;
}

/*
 * @qemu: a process with those of this kernel, which are found once. Those that were retrieved are
 * preserved again, after their session has ended.
 */
int files_preserve(const struct setup *setup, pid_t qemu)
{
	int error;

	if (session >= 0 && !retrieved)
		return 0;
	close_session();
	if (!nr_files && find_all(setup, qemu)) {
		forget_all();
		return -1;
	}
	session = luo_create_by_name(SESSION, DEVICE_WAIT_MS);
	error = session < 0 ? session : preserve_all();
	if (!error)
		return 0;
	close_session();
	return fail("preserving the files of QEMU: %s", strerror(-error));
}

static int make_folders(const char *path)
{
	char folder[LUO_FILE_NAME_SIZE];

	for (const char *end = path; (end = strchr(end + 1, '/')); ) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(end - path), path);
		if (mkdir(folder, 0755) && errno != EEXIST)
			return fail_errno("%s", folder);
	}
	return 0;
}

/* To the keeper's descriptor: QEMU, which executes or maps the file, has none of its own. */
static int put_link(const char *path, int fd)
{
	char target[64];

	snprintf(target, sizeof(target), "/proc/%d/fd/%d", getpid(), fd);
	if (make_folders(path))
		return -1;
	if ((unlink(path) && errno != ENOENT) || symlink(target, path))
		return fail_errno("%s: a link to %s", path, target);
	return 0;
}

static int retrieve_file(const struct luo_manifest_entry *entry)
{
	int fd = luo_retrieve(session, entry->token);

	if (fd < 0)
		return fail("%s: retrieving it: %s", entry->name, strerror(-fd));
	if (add(entry->name, fd)) {
		close(fd);
		return -1;
	}
	return put_link(entry->name, fd);
}

int files_retrieve(void)
{
	struct luo_manifest manifest;
	int error;

	since = __rdtsc();
	session = luo_retrieve_by_name(SESSION, DEVICE_WAIT_MS);
	retrieved = session >= 0;
	error = session < 0 ? session : luo_manifest_retrieve(&manifest, session);
	if (error)
		return fail("retrieving the files of QEMU: %s", strerror(-error));
	for (uint32_t i = 0; i < manifest.nr && !error; i++)
		error = retrieve_file(&manifest.entry[i]);
	luo_manifest_close(&manifest);
	return error;
}

/* When they began to be retrieved; 0: they were not */
uint64_t files_since(void)
{
	return since;
}
