// SPDX-License-Identifier: GPL-2.0-only
/* Loading modules, and commands of kho_workload */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "steps.h"
#include "verdict.h"

#define RUN_FILE "/sys/kernel/debug/kho_workload/run"

static const char *load_module(const char *name)
{
	const char *reason = NULL;
	char path[64];
	int fd;

	if (!strcmp(name, "kvm") && stage_nr() == 1)
		reason = kvm_await_refined_tsc();
	if (reason)
		return reason;
	snprintf(path, sizeof(path), "/%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return why("%s: %m", path);
	if (syscall(SYS_finit_module, fd, "", 0))
		reason = why("finit_module: %m");
	close(fd);
	return reason;
}

const char *step_insmod(const struct step *step)
{
	const char *reason = "usage: insmod NAME...";
	int i;

	for (i = 1; i < step->argc; i++) {
		reason = load_module(step->argv[i]);
		if (!reason)
			break;
	}
	return reason;
}

/* The report of the last command, also if it failed */
static void pass_on_results(int fd)
{
	char text[4096];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (len <= 0)
		return;
	text[len] = '\0';
	verdict_text(text);
}

const char *step_workload(const struct step *step)
{
	const char *reason = NULL;
	int fd;

	if (step->argc < 2)
		return "usage: workload COMMAND...";
	fd = open(RUN_FILE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return why("%s: %m", RUN_FILE);
	if (write(fd, step->rest, strlen(step->rest)) < 0)
		reason = why("%m");
	pass_on_results(fd);
	close(fd);
	return reason;
}
