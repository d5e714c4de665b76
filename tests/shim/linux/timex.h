/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: each look costs one cycle. */
#ifndef SHIM_TIMEX_H
#define SHIM_TIMEX_H

typedef unsigned long cycles_t;

static inline cycles_t get_cycles(void)
{
	static cycles_t now;

	return __atomic_add_fetch(&now, 1, __ATOMIC_RELAXED);
}

#endif /* SHIM_TIMEX_H */
