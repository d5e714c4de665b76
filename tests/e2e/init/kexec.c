// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_file_load() of /kernelN and /initrdN, or kexec_load(), and reboot(2); or
 * 'systemctl kexec'
 */
#include <fcntl.h>
#include <linux/kexec.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "steps.h"
#include "tsc.h"
#include "verdict.h"

#define KEXEC_NEXT "/usr/libexec/kexec-next"
#define CMDLINE_MAX 2048	/* COMMAND_LINE_SIZE on x86 */

/* The command line of this kernel, without words that are added again */
static const char *next_cmdline(char *out, const char *extra)
{
	char now[CMDLINE_MAX] = "", *word, *save;
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC), len = 0;

	if (fd < 0 || read(fd, now, sizeof(now) - 1) < 0)
		return why("/proc/cmdline: %m");
	close(fd);
	for (word = strtok_r(now, " \n", &save); word;
	     word = strtok_r(NULL, " \n", &save)) {
		if (!strncmp(word, "kho_stage=", 10) ||
		    !strncmp(word, "kho_memtotal=", 13) ||
		    !strncmp(word, WENT_AHEAD "=", sizeof(WENT_AHEAD)) ||
		    !strncmp(word, "kho_remembered=", 15))
			continue;
		len += snprintf(out + len, CMDLINE_MAX - len, "%s ", word);
	}
	len += snprintf(out + len, CMDLINE_MAX - len, "kho_stage=%d kho_memtotal=%lu kho_remembered=%ld %s%s",
			stage_nr() + 1, memtotal_kb(), remembered(),
			must_fail ? WENT_AHEAD "=1 " : "", extra);
	return len < CMDLINE_MAX ? NULL : "the command line is too long";
}

static int open_next(const char *what)
{
	char path[32];

	snprintf(path, sizeof(path), "/%s%d", what, stage_nr() + 1);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static const char *load(const char *extra)
{
	char cmdline[CMDLINE_MAX];
	const char *reason = next_cmdline(cmdline, extra);
	int kernel, initrd;

	if (reason)
		return reason;
	kernel = open_next("kernel");
	initrd = open_next("initrd");
	if (kernel < 0 || initrd < 0)
		return why("the next kernel or its initrd: %m");
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(cmdline) + 1,
		    cmdline, 0UL))
		return why("kexec_file_load: %m");
	close(kernel);
	close(initrd);
	return NULL;
}

static void on_stop(int signal)
{
	(void)signal;
}

/* The script ends by the signal that stops this service, or because nothing stops it. */
static const char *systemctl_kexec(const struct step *step)
{
	char cmdline[CMDLINE_MAX], next[16];
	const char *reason = next_cmdline(cmdline, step->rest);
	int status;
	pid_t pid;

	if (reason)
		return reason;
	snprintf(next, sizeof(next), "%d", stage_nr() + 1);
	signal(SIGTERM, on_stop);
	verdict_flush();
	verdict_kv("t0", tsc_now());
	pid = fork();
	if (!pid) {
		signal(SIGTERM, SIG_DFL);
		execl(KEXEC_NEXT, KEXEC_NEXT, next, cmdline, NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) != pid)
		;
	signal(SIGTERM, SIG_DFL);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGTERM)
		return WIFEXITED(status) && WEXITSTATUS(status) == 3 ? "systemctl kexec was called off" :
			why(KEXEC_NEXT ": status %#x", status);
	if (must_fail)
		verdict_fail(step->text, "it goes ahead");
	else
		verdict_ok(step->text);
	verdict_flush();
	exit(0);
}

static bool loaded;

/* Before a pause that is measured: reading and checking an initrd takes its time. */
const char *step_load_next_kernel(const struct step *step)
{
	const char *reason;

	if (under_systemd())
		return "systemctl kexec loads it";
	reason = load(step->rest);
	loaded = !reason;
	return reason;
}

const char *step_kexec(const struct step *step)
{
	const char *reason;

	if (under_systemd())
		return systemctl_kexec(step);
	if (loaded && *step->rest)
		return "the next kernel is loaded, its command line is fixed";
	if (must_fail)
		loaded = false;
	reason = loaded ? NULL : load(step->rest);
	if (reason)
		return reason;
	sync();
	verdict_ok(step->text);
	/*
	 * The port is empty before the clock is read.  The line with t0 itself
	 * is sent by the UART's interrupts while the shutdown goes on; writing
	 * it is inside the measured time, the same for every kernel.
	 */
	verdict_flush();
	verdict_kv("t0", tsc_now());
	reboot(RB_KEXEC);
	return why("reboot: %m");
}

/* Stands for a kernel that kexec_load() loads: it resets the machine by port 0xcf9. */
const char *step_kexec_load(const struct step *step)
{
	static const unsigned char page[4096] __attribute__((aligned(4096))) = {
		0x66, 0xba, 0xf9, 0x0c,		/* mov $0xcf9, %dx */
		0xb0, 0x06, 0xee, 0xf4,		/* mov $6, %al; out %al, (%dx); hlt */
	};
	static const struct kexec_segment segment = {
		.buf = page, .bufsz = sizeof(page), .mem = (void *)0x2000000UL,
		.memsz = sizeof(page),
	};

	(void)step;
	if (syscall(SYS_kexec_load, segment.mem, 1UL, &segment, 0UL))
		return why("kexec_load: %m");
	verdict_flush();
	reboot(RB_KEXEC);
	return why("reboot: %m");
}
