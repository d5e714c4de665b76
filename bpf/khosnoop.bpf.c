// SPDX-License-Identifier: GPL-2.0-only
#include "khosnoop.h"
#include "ranges.bpf.h"

static void on_range(const struct range *range)
{
	struct snoop_event event = {
		.range = *range,
		.ns = bpf_ktime_get_boot_ns(),
		.pid = bpf_get_current_pid_tgid() >> 32,
	};

	bpf_get_current_comm(event.comm, sizeof(event.comm));
	emit(&event, sizeof(event));
}
