// SPDX-License-Identifier: GPL-2.0-only
/*
 * /init of test guests, or a service under systemd: runs the steps of /plan for this boot
 * and reports each on the second serial port. The first failing step ends the run.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "steps.h"
#include "tsc.h"
#include "verdict.h"

static const char *step_fails(const struct step *step);
static const char *step_try(const struct step *step);

bool must_fail;

static const struct {
	const char *name;
	const char *(*run)(const struct step *step);
} steps[] = {
	{ "insmod",		step_insmod },
	{ "workload",		step_workload },
	{ "memfd-preserve",	step_memfd_preserve },
	{ "memfd-again",	step_memfd_again },
	{ "memfd-unpreserve",	step_memfd_unpreserve },
	{ "memfd-retrieve",	step_memfd_retrieve },
	{ "memfd-finish",	step_memfd_finish },
	{ "link",		step_link },
	{ "link-preserve",	step_link_preserve },
	{ "link-unpreserve",	step_link_unpreserve },
	{ "link-retrieve",	step_link_retrieve },
	{ "link-finish",	step_link_finish },
	{ "link-close",		step_link_close },
	{ "next-kernel",	step_next_kernel },
	{ "links-preserve",	step_links_preserve },
	{ "links-retrieve",	step_links_retrieve },
	{ "luo",		step_luo },
	{ "many-preserve",	step_many_preserve },
	{ "many-retrieve",	step_many_retrieve },
	{ "faults-preserve",	step_faults_preserve },
	{ "faults-kexec",	step_faults_kexec },
	{ "faults-retrieve",	step_faults_retrieve },
	{ "memtotal",		step_memtotal },
	{ "expect-memtotal",	step_expect_memtotal },
	{ "memfree",		step_memfree },
	{ "expect-freed",	step_expect_freed },
	{ "expect-dmesg",	step_expect_dmesg },
	{ "reject-dmesg",	step_reject_dmesg },
	{ "expect-once",	step_expect_once },
	{ "cgroup",		step_cgroup },
	{ "read",		step_read },
	{ "write",		step_write },
	{ "show",		step_show },
	{ "timeline",		step_timeline },
	{ "expect-number",	step_expect_number },
	{ "remember",		step_remember },
	{ "expect-remembered",	step_expect_remembered },
	{ "expect-text",	step_expect_text },
	{ "reject-text",	step_reject_text },
	{ "read-kcore",		step_read_kcore },
	{ "sleep",		step_sleep },
	{ "run",		step_run },
	{ "spawn",		step_spawn },
	{ "beside",		step_beside },
	{ "await-in",		step_await_in },
	{ "kill",		step_kill },
	{ "await-text",		step_await_text },
	{ "await-end",		step_await_end },
	{ "stop",		step_stop },
	{ "expect-lines",	step_expect_lines },
	{ "expect-same",	step_expect_same },
	{ "expect-kvm-khz",	step_expect_kvm_khz },
	{ "load-next-kernel",	step_load_next_kernel },
	{ "kexec",		step_kexec },
	{ "kexec-load",		step_kexec_load },
	{ "unretrieved",	step_unretrieved },
	{ "poweroff",		step_poweroff },
	{ "hang",		step_hang },
	{ "fails",		step_fails },
	{ "try",		step_try },
};

const char *why(const char *fmt, ...)
{
	static char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = "out of memory";
	va_end(ap);
	return text;
}

/* Words unknown to the kernel are in the environment of init, and of its plan.service. */
int stage_nr(void)
{
	const char *s = getenv("kho_stage");

	return s ? atoi(s) : 1;
}

const char *step_poweroff(const struct step *step)
{
	(void)step;
	verdict_ok("poweroff");
	verdict_done();
	verdict_flush();
	/* QEMU ends at a reset; some kernels have no ACPI to power off. */
	reboot(RB_AUTOBOOT);
	return why("reboot: %m");
}

/* For tests of the rig's time limit */
const char *step_hang(const struct step *step)
{
	(void)step;
	verdict_flush();
	for (;;)
		pause();
	return NULL;
}

const char *step_sleep(const struct step *step)
{
	if (step->argc != 2)
		return "usage: sleep SECONDS";
	sleep(atoi(step->argv[1]));
	return NULL;
}

bool under_systemd(void)
{
	return getpid() != 1;
}

static void mount_one(const char *type, const char *where)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, NULL))
		fprintf(stderr, "init: mount %s: %m\n", where);
}

const char *step_one(const struct step *step)
{
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (!strcmp(step->argv[0], steps[i].name))
			return steps[i].run(step);
	return "there is no such step";
}

/*
 * 'fails REASON STEP': STEP must fail with that reason, one word with underscores for
 * blanks.
 */
static const char *step_fails(const struct step *step)
{
	struct step *inner;
	const char *reason;
	char *want, *p;

	if (step->argc < 3)
		return "usage: fails REASON STEP";
	want = step->argv[1];
	for (p = want; (p = strchr(p, '_')); )
		*p = ' ';
	p = (char *)step->rest + strlen(want);
	inner = step_new(p + strspn(p, " \t"));
	must_fail = true;
	reason = step_one(inner);
	must_fail = false;
	if (!reason)
		return "it succeeded";
	return strstr(reason, want) ? NULL : why("it failed, but: %s", strdup(reason));
}

/* 'try STEP': STEP may fail, which is reported, and the plan goes on. */
static const char *step_try(const struct step *step)
{
	const char *reason;

	if (step->argc < 2)
		return "usage: try STEP";
	reason = step_one(step_new(step->rest));
	if (reason)
		verdict_lost(step->rest, reason);
	return NULL;
}

static void run_plan(void)
{
	const char *reason = NULL;
	struct step **step;

	step = plan_load("/plan", stage_nr(), &reason);
	if (!step) {
		verdict_fail("plan", reason);
		return;
	}
	for (; *step; step++) {
		reason = step_one(*step);
		if (reason) {
			verdict_fail((*step)->text, reason);
			return;
		}
		verdict_ok((*step)->text);
	}
	verdict_fail("plan", "the last step is neither kexec nor poweroff");
}

static void mount_all(void)
{
	mount_one("devtmpfs", "/dev");
	mount_one("proc", "/proc");
	mount_one("sysfs", "/sys");
	mount_one("debugfs", "/sys/kernel/debug");
	mount_one("tracefs", "/sys/kernel/tracing");
	mkdir("/run", 0755);
}

int main(void)
{
	if (!under_systemd())
		mount_all();
	verdict_open(stage_nr());
	if (stage_nr() == 1)
		verdict_kv("tsc_khz", tsc_khz());
	else
		verdict_kv("t1", first_tsc);

	if (getenv(WENT_AHEAD))
		verdict_fail("kexec", "it went ahead, and should have failed");
	else
		run_plan();
	verdict_flush();
	/* QEMU ends at a reset; some kernels have no ACPI to power off. */
	reboot(RB_AUTOBOOT);
	return 1;
}
