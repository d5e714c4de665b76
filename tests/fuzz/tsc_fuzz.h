/* SPDX-License-Identifier: GPL-2.0-only */
/* Page of the image that tells what the boot found itself. */
#ifndef TSC_FUZZ_H
#define TSC_FUZZ_H

#include <linux/types.h>

#define TSC_BOOT	1

/**
 * struct tsc_boot - Findings of a boot.
 * @stated:   Frequency in kHz that the CPU states, or 0.
 * @measured: Frequency in kHz that was measured, or 0.
 * @known:    The stated one is for sure.
 */
struct tsc_boot {
	u32	stated;
	u32	measured;
	u32	known;
};

#endif /* TSC_FUZZ_H */
