// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of the CPU, through perf_event_open(): of this process, its threads included,
 * in user mode. A machine that does not count is no failure; one line says so.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define DTLB_READ_MISS	(PERF_COUNT_HW_CACHE_DTLB | PERF_COUNT_HW_CACHE_OP_READ << 8 | \
			 PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

static const struct {
	const char	*name;
	unsigned int	type;
	unsigned long	config;
} events[NR_COUNTERS] = {
	[CYCLES]	= { "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	[INSTRUCTIONS]	= { "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	[CACHE_MISSES]	= { "cache_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES },
	[DTLB_MISSES]	= { "dtlb_misses", PERF_TYPE_HW_CACHE, DTLB_READ_MISS },
};

/* Layout of a read with PERF_FORMAT_TOTAL_TIME_*. */
struct reading {
	uint64_t value, enabled, running;
};

static int fds[NR_COUNTERS] = { -1, -1, -1, -1 };

const char *counters_name(unsigned int counter)
{
	return events[counter].name;
}

static int open_event(unsigned int i)
{
	struct perf_event_attr attr = {
		.type = events[i].type,
		.size = sizeof(attr),
		.config = events[i].config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
		.disabled = 1,
		.inherit = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static const char *way_out(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return "run as root, or: sysctl kernel.perf_event_paranoid=2";
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		return "this CPU, or its hypervisor, has no such counter: use another machine";
	case ENOSYS:
		return "this kernel has no CONFIG_PERF_EVENTS: use another one";
	default:
		return "see perf_event_open(2)";
	}
}

/* Say once what will be missing from the samples. */
void counters_check(void)
{
	unsigned int i;
	int error = 0;

	counters_open();
	for (i = 0; i < NR_COUNTERS; i++) {
		if (fds[i] >= 0) {
			close(fds[i]);
			continue;
		}
		fprintf(stderr, "%s%s", error ? ", " : "native: not counted: ", events[i].name);
		error = -fds[i];
	}
	if (error)
		fprintf(stderr, " (perf_event_open: %s): %s\n", strerror(error), way_out(error));
}

/* Before the threads that shall be counted, too. */
void counters_open(void)
{
	unsigned int i;

	for (i = 0; i < NR_COUNTERS; i++) {
		fds[i] = open_event(i);
		if (fds[i] < 0)
			fds[i] = -errno;
	}
}

void counters_start(void)
{
	unsigned int i;

	for (i = 0; i < NR_COUNTERS; i++) {
		if (fds[i] >= 0)
			ioctl(fds[i], PERF_EVENT_IOC_ENABLE, 0);
	}
}

/* One that had to share its register counted part of the time. */
static uint64_t scaled(const struct reading *r)
{
	return r->running ? (double)r->value * r->enabled / r->running : NOT_COUNTED;
}

void counters_stop(uint64_t *counted)
{
	struct reading r;
	unsigned int i;

	for (i = 0; i < NR_COUNTERS; i++) {
		if (fds[i] >= 0)
			ioctl(fds[i], PERF_EVENT_IOC_DISABLE, 0);
	}
	for (i = 0; i < NR_COUNTERS; i++) {
		counted[i] = NOT_COUNTED;
		if (fds[i] < 0)
			continue;
		if (read(fds[i], &r, sizeof(r)) == sizeof(r))
			counted[i] = scaled(&r);
		close(fds[i]);
	}
}
