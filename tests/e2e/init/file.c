// SPDX-License-Identifier: GPL-2.0-only
/* Files of /proc and /sys that make the kernel look at its memory. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "steps.h"
#include "verdict.h"

const char *step_read(const struct step *step)
{
	static char buf[1 << 16];
	uint64_t total = 0;
	ssize_t len;
	int fd;

	if (step->argc != 2)
		return "usage: read PATH";
	fd = open(step->argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return why("open: %m");
	while ((len = read(fd, buf, sizeof(buf))) > 0)
		total += len;
	close(fd);
	if (len < 0)
		return why("read: %m");
	verdict_kv("bytes", total);
	return total ? NULL : "it is empty";
}

const char *step_write(const struct step *step)
{
	const char *reason = NULL;
	int fd;

	if (step->argc != 3)
		return "usage: write PATH WORD";
	fd = open(step->argv[1], O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return why("open: %m");
	if (write(fd, step->argv[2], strlen(step->argv[2])) < 0)
		reason = why("write: %m");
	close(fd);
	return reason;
}
