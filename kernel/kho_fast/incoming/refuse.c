// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Refusing a handover
 *
 * Up to the end of kho_memory_init_early() no preserved page is written. When a
 * handover cannot be read, no page outside scratch is known to be free, and
 * devices may still write to what was preserved. kho_bad= decides then:
 *
 * - hold, the default: the kernel boots in the scratch areas, all other memory
 *   is reserved until the next boot, and KHO is off;
 * - panic; hold does the same when there are no valid scratch areas;
 * - drop: a boot as after a cold start, which overwrites what was preserved.
 *
 * A lack of early memory is no fault of the handover: drop means hold then.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/panic.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "refuse.h"

enum kho_bad { KHO_BAD_HOLD, KHO_BAD_PANIC, KHO_BAD_DROP };

static enum kho_bad kho_bad __initdata;

static int __init kho_parse_bad(char *arg)
{
	if (arg && !strcmp(arg, "hold"))
		kho_bad = KHO_BAD_HOLD;
	else if (arg && !strcmp(arg, "panic"))
		kho_bad = KHO_BAD_PANIC;
	else if (arg && !strcmp(arg, "drop"))
		kho_bad = KHO_BAD_DROP;
	else
		return -EINVAL;

	return 0;
}
early_param("kho_bad", kho_parse_bad);

/**
 * kho_fast_refuse_vaf - Report why the handover is refused.
 * @why: The reason, without a newline.
 *
 * Called once in a boot that refuses its handover.
 */
void __init kho_fast_refuse_vaf(struct va_format *why)
{
	pr_err("handover refused: %pV\n", why);
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

/*
 * Scratch areas are regions of their own in memblock, by their flag. Returns
 * their size in bytes.
 */
static phys_addr_t __init kho_reserve_all_but_scratch(void)
{
	struct memblock_region *region;
	phys_addr_t scratch = 0;

	for_each_mem_region(region) {
		if (memblock_is_kho_scratch(region))
			scratch += region->size;
		else
			memblock_reserve(region->base, region->size);
	}

	return scratch;
}

/**
 * kho_fast_refuse_finish - Decide about memory after a refusal.
 * @err:         Why the handover is refused.
 * @has_scratch: The scratch areas are marked in memblock, and nothing outside
 *               of them has been allocated.
 *
 * Context: boot CPU, when all memory is in memblock and early parameters are
 * parsed.
 * Return: true when all but scratch is held, and KHO must stay off; false when
 * preserved memory is given up.
 */
bool __init kho_fast_refuse_finish(int err, bool has_scratch)
{
	if (kho_bad == KHO_BAD_DROP && err != -ENOMEM) {
		pr_warn("preserved memory is lost (kho_bad=drop)\n");
		return false;
	}
	if (kho_bad == KHO_BAD_PANIC || !has_scratch)
		panic("KHO: preserved memory is not known, see kho_bad=");

	pr_warn("all memory but scratch is held until the next boot: %llu MiB are left; kho_bad=drop gives it up\n",
		(u64)kho_reserve_all_but_scratch() >> 20);
	return true;
}
