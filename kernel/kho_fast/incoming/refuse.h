/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refusing a handover.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_REFUSE_H
#define _KERNEL_KHO_FAST_INCOMING_REFUSE_H

#include <linux/compiler.h>
#include <linux/types.h>

struct va_format;

void kho_fast_refuse_vaf(struct va_format *why);
__printf(1, 2) void kho_fast_refuse(const char *fmt, ...);
bool kho_fast_refuse_finish(int err, bool has_scratch);

#endif /* _KERNEL_KHO_FAST_INCOMING_REFUSE_H */
