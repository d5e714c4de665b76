// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Refusing a handover
 *
 * Up to the end of kho_memory_init_early() no preserved page is written, so an
 * invalid handover results in one message and a boot without it.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/init.h>
#include <linux/printk.h>

#include "refuse.h"

/**
 * kho_fast_refuse_vaf - Report why the handover is refused.
 * @why: The reason, without a newline.
 *
 * Called once in a boot that refuses its handover.
 */
void __init kho_fast_refuse_vaf(struct va_format *why)
{
	pr_err("handover refused: %pV; preserved memory is lost\n", why);
}

/**
 * kho_fast_refuse - Report why the handover is refused.
 * @fmt: The reason, without a newline.
 *
 * As kho_fast_refuse_vaf().
 */
void __init kho_fast_refuse(const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	kho_fast_refuse_vaf(&vaf);
	va_end(args);
}
