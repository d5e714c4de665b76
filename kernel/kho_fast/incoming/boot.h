/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot from a handover.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_BOOT_H
#define _KERNEL_KHO_FAST_INCOMING_BOOT_H

void kho_fast_incoming_init(void);

#endif /* _KERNEL_KHO_FAST_INCOMING_BOOT_H */
