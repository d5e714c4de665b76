// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Refusing a handover
 *
 * Up to the end of kho_memory_init_early() nothing outside scratch was written,
 * so a handover that is not sound ends in one message and a cold boot.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/init.h>
#include <linux/printk.h>

#include "refuse.h"

/**
 * kho_fast_refuse - Say why the handover is not taken over.
 * @fmt: The reason, without a newline.
 *
 * The one message of a boot that refuses its handover.
 */
void __init kho_fast_refuse(const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	pr_err("handover refused: %pV; starting without it, what was preserved is lost\n",
	       &vaf);
	va_end(args);
}
