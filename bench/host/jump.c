// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load the next kernel of a host, and execute it at a time that a file has: both are system calls
 * that a shell has no command for on every host.
 *
 * usage: jump load KERNEL INITRD CMDLINE
 *        jump execute FILE
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../tests/e2e/init/tsc.h"

/* kexec_file_load() keeps 30 of the 2047 bytes free, for elfcorehdr=. */
#define COMMAND_LINE_SIZE	(2047 - 30)

static int open_image(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static int load(const char *kernel, const char *initrd, const char *cmdline)
{
	if (strlen(cmdline) >= COMMAND_LINE_SIZE)
		errx(1, "the command line has %zu characters, the kernel takes %d: --append less",
		     strlen(cmdline), COMMAND_LINE_SIZE - 1);
	if (syscall(SYS_kexec_file_load, open_image(kernel), open_image(initrd),
		    strlen(cmdline) + 1, cmdline, 0UL))
		err(1, "kexec_file_load of %s", kernel);
	return 0;
}

/*
 * What is written is one block that the file has already: one synchronous write, the same for
 * every kernel, is inside the measured time.
 */
static void put_down(int fd, const char *path, uint64_t tsc, uint64_t khz)
{
	char line[64];

	snprintf(line, sizeof(line), "%20" PRIu64 " %20" PRIu64 "\n", tsc, khz);
	if (pwrite(fd, line, strlen(line), 0) != (ssize_t)strlen(line))
		err(1, "%s", path);
}

static int execute(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_DSYNC | O_CLOEXEC, 0644);
	uint64_t khz = tsc_khz();

	if (fd < 0)
		err(1, "%s", path);
	put_down(fd, path, 0, khz);
	sync();
	put_down(fd, path, tsc_now(), khz);
	reboot(RB_KEXEC);
	err(1, "reboot");
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "load"))
		return load(argv[2], argv[3], argv[4]);
	if (argc == 3 && !strcmp(argv[1], "execute"))
		return execute(argv[2]);
	fputs("usage: jump load KERNEL INITRD CMDLINE\n"
	      "       jump execute FILE\n", stderr);
	return 2;
}
