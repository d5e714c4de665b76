// SPDX-License-Identifier: GPL-2.0-only
#include <sys/wait.h>
#include <unistd.h>

#include "steps.h"

const char *step_run(const struct step *step)
{
	int status;
	pid_t pid;

	if (step->argc < 2)
		return "usage: run COMMAND ARGS...";
	pid = fork();
	if (pid < 0)
		return why("fork: %m");
	if (!pid) {
		execvp(step->argv[1], step->argv + 1);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		return why("waitpid: %m");
	if (status)
		spawn_show_all();
	if (WIFSIGNALED(status))
		return why("killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status))
		return why("exit status %d", WEXITSTATUS(status));
	return NULL;
}
