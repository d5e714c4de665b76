// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Regions of reserve_mem=
 *
 * mm/memblock.c preserves the regions of reserve_mem= and finds them by name in
 * the next kernel, but never restores them: with stock KHO they are initialised
 * like other memory of the boot. Here preserved pages are initialised as folios
 * and are managed, which reserve_mem_release_by_name() does not expect. They
 * are restored on behalf of mm/memblock.c, as single pages that are not
 * managed.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/memblock.h>
#include <linux/libfdt.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include "reserve_mem.h"

static void __init kho_restore_region(const char *name)
{
	phys_addr_t start, size;
	struct page *page;

	/* Not on this kernel's command line: it stays preserved. */
	if (!reserve_mem_find_by_name(name, &start, &size))
		return;

	page = kho_restore_pages(start, size >> PAGE_SHIFT);
	if (page)
		adjust_managed_page_count(page, -(long)(size >> PAGE_SHIFT));
	else
		pr_err("reserve_mem region '%s' is not preserved\n", name);
}

/**
 * kho_fast_restore_reserve_mem - Restore the regions of mm/memblock.c.
 *
 * Context: process context, when all sections are initialised.
 */
void __init kho_fast_restore_reserve_mem(void)
{
	phys_addr_t phys;
	const void *fdt;
	size_t size;
	int node;

	if (kho_retrieve_subtree(MEMBLOCK_KHO_FDT, &phys, &size))
		return;

	fdt = phys_to_virt(phys);
	if (fdt_check_header(fdt) || fdt_totalsize(fdt) > size) {
		pr_err("cannot read the '%s' entry of the handover\n",
		       MEMBLOCK_KHO_FDT);
		return;
	}

	fdt_for_each_subnode(node, fdt, 0)
		kho_restore_region(fdt_get_name(fdt, node, NULL));
}
