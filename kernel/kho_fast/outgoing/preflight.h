/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Check of a handover by the kernel that makes it.
 */
#ifndef _KERNEL_KHO_FAST_OUTGOING_PREFLIGHT_H
#define _KERNEL_KHO_FAST_OUTGOING_PREFLIGHT_H

#include <linux/types.h>

struct kimage;

/**
 * struct kho_fast_fault - Why the next kernel would refuse a handover.
 * @phys:       A page that it would refuse it for; 0 for none.
 * @by_cmdline: Its command line is the reason.
 * @reason:     The reason, without a newline.
 */
struct kho_fast_fault {
	phys_addr_t	phys;
	bool		by_cmdline;
	char		reason[160];
};

int kho_fast_preflight(const struct kimage *image,
		       struct kho_fast_fault *fault);

#endif /* _KERNEL_KHO_FAST_OUTGOING_PREFLIGHT_H */
