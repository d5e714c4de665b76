// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first program of the next kernel (rdinit=/kho-stamp), in front of the host's own initrd:
 * the kernel log gets the TSC of its first instruction, and then /init runs as if nothing had
 * been. The log survives until the root file system is there; what is in an initrd does not.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../../tests/e2e/init/tsc.h"

#define KMSG	"/kho-kmsg"	/* of its own, as /dev is empty */

static void say(void)
{
	char line[64];
	int fd, len = snprintf(line, sizeof(line), "<5>kho-stamp: tsc=%" PRIu64 "\n", first_tsc);

	if (mknod(KMSG, S_IFCHR | 0600, makedev(1, 11)))
		return;
	fd = open(KMSG, O_WRONLY | O_CLOEXEC);
	/* Without a stamp there is no figure, but the host has to boot. */
	if (fd >= 0 && write(fd, line, len) == len)
		close(fd);
	unlink(KMSG);
}

int main(int argc, char **argv)
{
	(void)argc;
	say();
	argv[0] = "/init";	/* which may be a busybox */
	execv("/init", argv);
	return 1;
}
