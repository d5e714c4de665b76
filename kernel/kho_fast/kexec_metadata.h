/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kexec metadata.
 */
#ifndef _KERNEL_KHO_FAST_KEXEC_METADATA_H
#define _KERNEL_KHO_FAST_KEXEC_METADATA_H

#include <linux/init.h>

int kho_fast_metadata_init(void);

#endif /* _KERNEL_KHO_FAST_KEXEC_METADATA_H */
