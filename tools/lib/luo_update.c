// SPDX-License-Identifier: GPL-2.0-only
/* What is left of the last live update, from sysfs. */
#include "luo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Returns the length of the text, or a negative errno. */
static ssize_t read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, text, size - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	text[len < 0 ? 0 : len] = 0;
	return len;
}

static int read_number(const char *name, uint64_t *n)
{
	int before = errno, err = 0;
	char path[64], text[24], *end;
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/kernel/liveupdate/%s", name);
	len = read_text(path, text, sizeof(text));
	if (len < 0)
		err = len;
	else
		*n = strtoull(text, &end, 10);
	if (!err && (end == text || *end != '\n'))
		err = -EBADMSG;
	errno = before;
	return err;
}

int luo_last_update(struct luo_last_update *update)
{
	struct luo_last_update u;
	int err = read_number("number", &u.number);

	if (!err)
		err = read_number("unretrieved_sessions", &u.unretrieved_sessions);
	if (!err)
		err = read_number("unrestored_bytes", &u.unrestored_bytes);
	if (!err)
		err = read_number("quarantined_bytes", &u.quarantined_bytes);
	if (!err)
		*update = u;
	return err;
}
