/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parameters of a kernel with a handover.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_CMDLINE_H
#define _KERNEL_KHO_FAST_INCOMING_CMDLINE_H

void kho_fast_crashkernel_retry(void);

#endif /* _KERNEL_KHO_FAST_INCOMING_CMDLINE_H */
