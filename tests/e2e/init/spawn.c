// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs in the background, such as one that traces the next steps. Output of both
 * streams goes to /tmp/NAME.out.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "steps.h"
#include "tsc.h"
#include "verdict.h"

#define MAX_PROGRAMS	8
#define AWAIT_NS	180000000000ULL
#define END_NS		60000000000ULL
#define AGAIN_NS	3000000000ULL
#define POLL_NS		20000000

static struct {
	char *name;
	pid_t pid;
} programs[MAX_PROGRAMS];

static const char *output_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "/tmp/%s.out", name);
	return path;
}

/* The slot of @name, or a free one if it is NULL; -1 if there is none */
static int find(const char *name)
{
	int i;

	for (i = 0; i < MAX_PROGRAMS; i++)
		if (name ? programs[i].name && !strcmp(programs[i].name, name) : !programs[i].name)
			return i;
	return -1;
}

/* In the child; any failure is exit status 127. */
static void become(const char *path, char *const *argv)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(127);
	close(fd);
	while (*argv && strchr(*argv, '='))
		putenv(*argv++);
	if (!*argv)
		_exit(127);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "%s: %m\n", argv[0]);
	_exit(127);
}

/* Fork a child of the name in @step, and remember it; @pid is 0 in the child. */
static const char *start(const struct step *step, const char *usage, pid_t *pid)
{
	int slot = find(NULL);

	if (step->argc < 3)
		return usage;
	if (slot < 0 || find(step->argv[1]) >= 0)
		return "there is one of that name, or there are too many";
	mkdir("/tmp", 01777);
	*pid = fork();
	if (*pid < 0)
		return why("fork: %m");
	programs[slot].name = step->argv[1];
	programs[slot].pid = *pid;
	return NULL;
}

const char *step_spawn(const struct step *step)
{
	pid_t pid;
	const char *reason = start(step, "usage: spawn NAME [VARIABLE=VALUE]... COMMAND ARGS...",
				   &pid);

	if (!reason && !pid)
		become(output_of(step->argv[1]), step->argv + 2);
	return reason;
}

/* In the child, which has the descriptors of the plan; it may never return from the step. */
static void become_step(const char *name, const struct step *step)
{
	const char *reason;
	int fd = open(output_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	prctl(PR_SET_NAME, name);
	reason = step_one(step);
	if (reason && fd >= 0)
		dprintf(fd, "%s\n", reason);
	_exit(reason ? 1 : 0);
}

const char *step_beside(const struct step *step)
{
	pid_t pid;
	const char *reason = start(step, "usage: beside NAME STEP", &pid);

	if (!reason && !pid)
		become_step(step->argv[1], step_new(step_after(step, 2)));
	return reason;
}

static void wait_a_little(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = POLL_NS }, NULL);
}

static int output_has(const char *name, const char *text)
{
	char *output = file_text(output_of(name));
	int has = output && strstr(output, text);

	free(output);
	return has;
}

/* Copy the output to the verdict if a program failed. */
static const char *with_output(const char *name, const char *reason)
{
	char *output = file_text(output_of(name));

	verdict_text(output ? output : "");
	free(output);
	return reason;
}

void spawn_show_all(void)
{
	int i;

	for (i = 0; i < MAX_PROGRAMS; i++)
		if (programs[i].name)
			with_output(programs[i].name, NULL);
}

/* Check whether it is running, without reaping it. */
static int runs(pid_t pid)
{
	siginfo_t info = { 0 };

	return !waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) && !info.si_pid;
}

const char *step_await_text(const struct step *step)
{
	uint64_t until = raw_ns() + AWAIT_NS;
	int slot = step->argc < 3 ? -1 : find(step->argv[1]), ran;
	const char *text;

	if (slot < 0)
		return "usage: await-text NAME TEXT, after spawn NAME";
	text = step_after(step, 2);
	do {
		/* in this order: output before its end counts */
		ran = runs(programs[slot].pid);
		if (output_has(step->argv[1], text))
			return NULL;
		wait_a_little();
	} while (ran && raw_ns() < until);
	return with_output(step->argv[1], ran ? "it does not say that" : "it ended without saying that");
}

static int is_in(pid_t pid, const char *function)
{
	char path[64], *stack;
	int is;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	stack = file_text(path);
	is = stack && strstr(stack, function);
	free(stack);
	return is;
}

const char *step_await_in(const struct step *step)
{
	uint64_t until = raw_ns() + AWAIT_NS;
	int slot = step->argc != 3 ? -1 : find(step->argv[1]);

	if (slot < 0)
		return "usage: await-in NAME FUNCTION, after beside NAME or spawn NAME";
	while (!is_in(programs[slot].pid, step->argv[2])) {
		if (!runs(programs[slot].pid))
			return with_output(step->argv[1], "it has ended");
		if (raw_ns() >= until)
			return with_output(step->argv[1], "it is not in that function");
		wait_a_little();
	}
	return NULL;
}

/* It must have exited with 0, or by signal @excused. */
static const char *judge(int status, int excused)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == excused)
		return NULL;
	if (WIFSIGNALED(status))
		return why("killed by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status) ? why("exit status %d", WEXITSTATUS(status)) : NULL;
}

/* The function of the kernel it sleeps in, if known */
static void show_where(pid_t pid)
{
	static const char *const files[] = { "wchan", "syscall", "stack" };
	char path[64], *text;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		text = file_text(path);
		verdict_text(text ? text : "");
		free(text);
	}
}

static const char *await_end(int slot, int signal, int excused)
{
	uint64_t until = raw_ns() + END_NS, again = 0;
	pid_t pid = programs[slot].pid;
	const char *name = programs[slot].name, *reason;
	int status;

	while (runs(pid) && raw_ns() < until) {
		/* bpftrace 0.17 misses a signal while it handles events. */
		if (signal && raw_ns() >= again) {
			kill(pid, signal);
			again = raw_ns() + AGAIN_NS;
		}
		wait_a_little();
	}
	if (runs(pid)) {
		show_where(pid);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		reason = "it does not end";
	} else if (waitpid(pid, &status, 0) != pid) {
		reason = why("waitpid: %m");
	} else {
		reason = judge(status, excused);
	}
	programs[slot].name = NULL;
	return reason ? with_output(name, reason) : NULL;
}

const char *step_await_end(const struct step *step)
{
	int slot = step->argc == 2 ? find(step->argv[1]) : -1;

	return slot < 0 ? "usage: await-end NAME, after spawn NAME" : await_end(slot, 0, 0);
}

const char *step_stop(const struct step *step)
{
	int slot = step->argc < 2 ? -1 : find(step->argv[1]);

	if (slot < 0)
		return "usage: stop NAME [interrupted=1], after spawn NAME";
	if (!runs(programs[slot].pid))
		return await_end(slot, 0, 0) ?: "it had ended";
	return await_end(slot, SIGINT, step_num(step, "interrupted", 0) ? SIGINT : 0);
}

const char *step_kill(const struct step *step)
{
	int slot = step->argc == 2 ? find(step->argv[1]) : -1;

	if (slot < 0)
		return "usage: kill NAME, after spawn NAME or beside NAME";
	if (!runs(programs[slot].pid))
		return await_end(slot, 0, 0) ?: "it had ended";
	return await_end(slot, SIGKILL, SIGKILL);
}
