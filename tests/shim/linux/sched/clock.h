/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: time goes on with each look. */
#ifndef SHIM_CLOCK_H
#define SHIM_CLOCK_H

static inline u64 sched_clock(void)
{
	static u64 now;

	return __atomic_add_fetch(&now, 1, __ATOMIC_RELAXED);
}

#define local_clock()	sched_clock()

#endif /* SHIM_CLOCK_H */
