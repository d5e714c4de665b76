/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Enabling and disabling KHO.
 */
#ifndef _KERNEL_KHO_FAST_ENABLE_H
#define _KERNEL_KHO_FAST_ENABLE_H

#include <linux/init.h>

void kho_fast_disable(void);

#endif /* _KERNEL_KHO_FAST_ENABLE_H */
