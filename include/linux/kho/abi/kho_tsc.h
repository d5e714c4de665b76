/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_KHO_ABI_KHO_TSC_H
#define _LINUX_KHO_ABI_KHO_TSC_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

/**
 * DOC: TSC frequency ABI
 *
 * The outgoing kernel passes one struct kho_tsc_ser to the next kernel, in a
 * preserved page that is the KHO subtree %KHO_TSC_NODE_NAME. The next kernel
 * reads it before it calibrates the TSC, and frees the page later. A kernel
 * that does not know the subtree ignores it.
 *
 * This interface is a contract. Any change to the structure or to the meaning
 * of a flag requires a new version in %KHO_TSC_COMPATIBLE. A kernel ignores a
 * record of another version, and calibrates the TSC as after a cold boot. The
 * fields are in the byte order of the machine.
 */
#define KHO_TSC_NODE_NAME	"kho-fast-tsc"
#define KHO_TSC_COMPATIBLE	"kho-fast-tsc-v1"

#define KHO_TSC_COMPAT_LEN	32

/* The frequency was refined, or stated by the CPU: it will not change. */
#define KHO_TSC_FINAL		BIT(0)

/**
 * struct kho_tsc_ser - Frequency of the TSC.
 * @compatible: %KHO_TSC_COMPATIBLE, padded with NULs.
 * @khz:        Frequency in kHz; 0 until the reboot begins.
 * @flags:      %KHO_TSC_FINAL; all other bits are 0.
 */
struct kho_tsc_ser {
	char	compatible[KHO_TSC_COMPAT_LEN];
	__u32	khz;
	__u32	flags;
};

static_assert(sizeof(struct kho_tsc_ser) == 40);

#endif /* _LINUX_KHO_ABI_KHO_TSC_H */
