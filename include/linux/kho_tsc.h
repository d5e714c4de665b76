/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frequency of the TSC, handed over: hook of its calibration. Without
 * CONFIG_KHO_FAST_TSC the hook returns its first argument, and its caller
 * compiles to the same object as without it.
 */
#ifndef _LINUX_KHO_TSC_H
#define _LINUX_KHO_TSC_H

#ifdef CONFIG_KHO_FAST_TSC

unsigned long kho_fast_tsc_khz(unsigned long stated, unsigned long measured);

#else /* !CONFIG_KHO_FAST_TSC */

static inline unsigned long kho_fast_tsc_khz(unsigned long stated,
					     unsigned long measured)
{
	return stated;
}

#endif /* CONFIG_KHO_FAST_TSC */

#endif /* _LINUX_KHO_TSC_H */
