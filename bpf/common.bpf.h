/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by all programs: the traced process, events, counters of missed ones */
#ifndef COMMON_BPF_H
#define COMMON_BPF_H

#include "kernel.bpf.h"
#include "missed.h"

const volatile __u32 only_pid;		/* 0: all processes */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);	/* -b */
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NR_MISSED);
	__type(key, __u32);
	__type(value, __u64);
} missed SEC(".maps");

static __always_inline bool is_traced(void)
{
	return !only_pid || bpf_get_current_pid_tgid() >> 32 == only_pid;
}

static __always_inline void miss_one(__u32 why)
{
	__u64 *nr = bpf_map_lookup_elem(&missed, &why);

	if (nr)
		__sync_fetch_and_add(nr, 1);
}

static __always_inline void lose_one(void)
{
	miss_one(MISSED_LOST);
}

static __always_inline void emit(void *event, __u64 size)
{
	if (bpf_ringbuf_output(&events, event, size, 0))
		lose_one();
}

char LICENSE[] SEC("license") = "GPL";

#endif /* COMMON_BPF_H */
