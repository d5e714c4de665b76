// SPDX-License-Identifier: GPL-2.0-only
/* A memory cgroup for the rest of the boot, to check charges */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "steps.h"

#define ROOT	"/sys/fs/cgroup"

static const char *put(const char *path, const char *text)
{
	const char *reason = NULL;
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return why("%s: %m", path);
	if (write(fd, text, strlen(text)) < 0)
		reason = why("%s: %m", path);
	close(fd);
	return reason;
}

const char *step_cgroup(const struct step *step)
{
	char dir[64], procs[96];
	const char *reason;

	if (step->argc != 2)
		return "usage: cgroup NAME";
	snprintf(dir, sizeof(dir), ROOT "/%s", step->argv[1]);
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", dir);

	if (mount("cgroup2", ROOT, "cgroup2", 0, NULL) && errno != EBUSY)
		return why("mounting cgroups: %m");
	reason = put(ROOT "/cgroup.subtree_control", "+memory");
	if (!reason && mkdir(dir, 0755))
		reason = why("%s: %m", dir);
	return reason ? reason : put(procs, "0");
}
