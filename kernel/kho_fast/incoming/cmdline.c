// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Command line of a kernel with a handover
 *
 * mem= and memmap= (x86) can end memory below the scratch areas. All of early
 * memory is there, so this kernel would hang in the first allocation, before
 * its first message on the console. Scratch stays RAM instead. Preserved memory
 * that is none is found when the tree is read, and kho_bad= decides (refuse.c).
 * The kernel before refuses to load an image with such a command line, unless
 * it is stock (../outgoing/cmdline.c).
 *
 * memtest= overwrites preserved memory before it is reserved, and so does
 * memory_corruption_check_size= in low memory. They cannot be kept from that
 * here, but the message is there before the first page is lost.
 *
 * crashkernel= is reserved when only scratch is known to be free. If that is
 * too small, it is tried again with extended scratch (scratch_extend.c).
 *
 * Failure: a message. Without a crash kernel the boot goes on.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/crash_reserve.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/kstrtox.h>
#include <linux/memblock.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <asm/early_ioremap.h>
#include <asm/setup.h>

#include "../ram.h"
#include "../scratch.h"
#include "cmdline.h"
#include "handover.h"

static void __init kho_keep_areas(const struct kho_scratch *areas,
				  unsigned int cnt)
{
	unsigned int i;

	for (i = 0; i < cnt; i++) {
		const phys_addr_t phys = areas[i].addr, size = areas[i].size;

		if (!size || kho_fast_early_is_ram(phys, size))
			continue;

		kho_fast_early_add_ram(phys, size);
		pr_err("mem= or memmap= takes scratch memory away: %pa bytes at %pa are used in spite of that\n",
		       &size, &phys);
	}
}

static int __init kho_keep_scratch(void)
{
	struct kho_scratch *areas;

	if (!kho_fast_in.has_scratch)
		return 0;

	areas = early_memremap(kho_fast_in.scratch_pa, kho_fast_in.scratch_len);
	if (!areas)
		return -ENOMEM;

	kho_keep_areas(areas, kho_fast_in.scratch_len / sizeof(*areas));
	early_memunmap(areas, kho_fast_in.scratch_len);
	return 0;
}

/* The handlers of the architecture are linked before, so they were called. */
static int __init kho_parse_mem(char *arg)
{
	return kho_keep_scratch();
}
early_param("mem", kho_parse_mem);

static int __init kho_parse_memmap(char *arg)
{
	return kho_keep_scratch();
}
early_param("memmap", kho_parse_memmap);

/* Without a value it is the number of all patterns. */
static int __init kho_parse_memtest(char *arg)
{
	unsigned int nr = 1;

	if (!IS_ENABLED(CONFIG_MEMTEST) || !kho_fast_in.populated ||
	    (arg && kstrtouint(arg, 0, &nr)) || !nr)
		return 0;

	pr_emerg("memtest= overwrites preserved memory: all of it is lost; leave it out\n");
	return 0;
}
early_param("memtest", kho_parse_memtest);

/* As x86 does: what it does not understand changes nothing. */
static void __init kho_parse_scan(const char *name, char *value,
				  unsigned long *on, unsigned int *size)
{
	unsigned int bytes;
	unsigned long val;
	char *end;

	if (parameq(name, "memory_corruption_check")) {
		if (!kstrtoul(value, 10, &val))
			*on = val;
	} else if (parameq(name, "memory_corruption_check_size")) {
		bytes = memparse(value, &end);
		if (!*end)
			*size = bytes;
	}
}

/* Bytes that @text has scanned, which may switch it off anywhere */
static unsigned int __init kho_scanned_bytes(char *text)
{
	unsigned long on =
		IS_ENABLED(CONFIG_X86_BOOTPARAM_MEMORY_CORRUPTION_CHECK);
	unsigned int size = 0;
	char *name, *value;

	text = skip_spaces(text);
	while (*text) {
		text = next_arg(text, &name, &value);
		if (!value && !strcmp(name, "--"))
			break;
		if (value)
			kho_parse_scan(name, value, &on, &size);
	}

	return on ? size : 0;
}

/* The first 64 KiB are never preserved. */
static int __init kho_parse_corruption_size(char *arg)
{
	static char text[COMMAND_LINE_SIZE] __initdata;
	static bool is_reported __initdata;
	unsigned int size;

	if (!IS_ENABLED(CONFIG_X86_CHECK_BIOS_CORRUPTION) ||
	    !kho_fast_in.populated || is_reported)
		return 0;

	strscpy(text, boot_command_line);
	size = kho_scanned_bytes(text);
	is_reported = size > SZ_64K;
	if (is_reported)
		pr_emerg("memory_corruption_check_size= overwrites what is preserved below %#x: leave it out\n",
			 size);
	return 0;
}
early_param("memory_corruption_check_size", kho_parse_corruption_size);

/**
 * kho_fast_crashkernel_retry - Reserve a crash kernel that was too large.
 *
 * Context: boot CPU, when scratch is extended.
 */
void __init kho_fast_crashkernel_retry(void)
{
	unsigned long long size, base, low_size = 0;
	bool high = false;

	if (!IS_ENABLED(CONFIG_CRASH_RESERVE) || crashk_res.end ||
	    parse_crashkernel(boot_command_line, memblock_phys_mem_size(),
			      &size, &base, &low_size, NULL, &high))
		return;

	reserve_crashkernel_generic(size, base, low_size, high);
	if (!crashk_res.end)
		pr_warn("no crash kernel before the next cold boot: preserved memory leaves no %lluMiB free in one piece; kho_scratch= with as much reserves them\n",
			size / SZ_1M);
}
