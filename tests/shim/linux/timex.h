/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: each look costs one cycle; a test may set the clock. */
#ifndef SHIM_TIMEX_H
#define SHIM_TIMEX_H

typedef unsigned long cycles_t;

extern cycles_t shim_cycles;

static inline cycles_t get_cycles(void)
{
	return __atomic_add_fetch(&shim_cycles, 1, __ATOMIC_RELAXED);
}

#endif /* SHIM_TIMEX_H */
