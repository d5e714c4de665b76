// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drawing a chart whose script has been written.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gnuplot.h"

#define NOT_STARTED	127

void extent_add(struct extent *e, double v)
{
	if (v < e->lo)
		e->lo = v;
	if (v > e->hi)
		e->hi = v;
}

void extent_write(FILE *out, const char *axis, const struct extent *e)
{
	if (e->lo == e->hi && e->lo > 0)
		fprintf(out, "set %srange [%.9g:%.9g]\n", axis, e->lo / 2, e->hi * 2);
}

static void start(const char *dir, const char *name)
{
	char script[NAME_MAX];

	snprintf(script, sizeof(script), "%s.gp", name);
	if (!chdir(dir))
		/* without ~/.gnuplot, which may set a title or a terminal */
		execlp("gnuplot", "gnuplot", "-d", script, (char *)NULL);
	_exit(NOT_STARTED);
}

const char *gnuplot_run(const char *dir, const char *name)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		start(dir, name);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return strerror(errno);
	if (!status)
		return NULL;
	return WIFEXITED(status) && WEXITSTATUS(status) == NOT_STARTED ?
	       "could not be started" : "failed";
}
