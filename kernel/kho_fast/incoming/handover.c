// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Incoming root FDT and scratch areas
 *
 * Both are hostile until checked. The FDT is copied, so that it is checked once
 * and cannot change later.
 *
 * Failure: one message from kho_fast_refuse(), and a boot without the handover.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/export.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/libfdt.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <asm/early_ioremap.h>

#include "../fdt.h"
#include "../ram.h"
#include "handover.h"
#include "refuse.h"
#include "view.h"

/* An area per node with memory, and two more. */
#define MAX_SCRATCH_AREAS	(MAX_NUMNODES + 2)

struct kho_fast_handover kho_fast_in;

/**
 * is_kho_boot - Is there a valid handover?
 *
 * Context: any; final after kho_memory_init_early().
 * Return: true when there is a handover that passed all checks.
 */
bool is_kho_boot(void)
{
	return kho_fast_in.populated;
}
EXPORT_SYMBOL_GPL(is_kho_boot);

/**
 * kho_fast_in_fdt - Root FDT of the previous kernel.
 *
 * Return: the checked copy; NULL without a handover.
 */
const void *kho_fast_in_fdt(void)
{
	return kho_fast_in.populated ? kho_fast_in.fdt : NULL;
}

/**
 * kho_fast_fdt_walk - Walk to the end of the root node of an FDT.
 * @fdt: The FDT, of which fdt_check_header() was checked.
 *
 * libfdt does not tell the last node from one behind which nothing can be read:
 * entries would be lost in silence, and those that are not valid could not be
 * removed.
 *
 * Context: any.
 * Return: 0 or an error of libfdt.
 */
int kho_fast_fdt_walk(const void *fdt)
{
	int node = 0, depth = 0;

	while (node >= 0 && depth >= 0)
		node = fdt_next_node(fdt, node, &depth);

	return min(node, 0);
}

/**
 * kho_fast_fdt_check - Check a root FDT and read the address of the tree.
 * @fdt:     The FDT, in %PAGE_SIZE bytes.
 * @phys:    Its address.
 * @view:    The kernel that reads it.
 * @root_pa: Receives the address of the root of the tree, unchecked.
 *
 * Context: any, but nothing may change @fdt.
 * Return: 0; -EINVAL, reported by @view.
 */
int kho_fast_fdt_check(const void *fdt, phys_addr_t phys,
		       const struct kho_fast_view *view, u64 *root_pa)
{
	int len, err = fdt_check_header(fdt);
	const void *prop;

	if (err || fdt_totalsize(fdt) > PAGE_SIZE)
		return kho_fast_view_refuse(view, phys,
					    "no valid FDT at %pa (%s)", &phys,
					    err ? fdt_strerror(err) :
						  "too large");

	if (fdt_node_check_compatible(fdt, 0, KHO_FDT_COMPATIBLE)) {
		prop = fdt_getprop(fdt, 0, "compatible", &len);
		len = prop ? strnlen(prop, min(len, 32)) : 0;
		return kho_fast_view_refuse(view, phys,
					    "format is '%*pE', this kernel knows '%s'",
					    len, (const char *)prop,
					    KHO_FDT_COMPATIBLE);
	}

	err = kho_fast_fdt_walk(fdt);
	if (err)
		return kho_fast_view_refuse(view, phys,
					    "the FDT at %pa is damaged (%s)",
					    &phys, fdt_strerror(err));

	if (!kho_fast_fdt_u64(fdt, 0, KHO_FDT_MEMORY_MAP_PROP_NAME, root_pa))
		return kho_fast_view_refuse(view, phys,
					    "the FDT has no usable '%s'",
					    KHO_FDT_MEMORY_MAP_PROP_NAME);

	return 0;
}

static int __init kho_read_fdt(phys_addr_t phys, u64 len)
{
	void *fdt;

	kho_fast_in.fdt_pa = phys;
	if (!len || len > sizeof(kho_fast_in.fdt) ||
	    !kho_fast_early_is_ram(phys, len)) {
		kho_fast_refuse("FDT (%llu bytes at %pa): too large or not RAM",
				len, &phys);
		return -EINVAL;
	}

	fdt = early_memremap(phys, len);
	if (!fdt) {
		kho_fast_refuse("cannot map the FDT at %pa", &phys);
		return -ENOMEM;
	}
	memcpy(kho_fast_in.fdt, fdt, len);
	early_memunmap(fdt, len);

	return kho_fast_fdt_check(kho_fast_in.fdt, phys, &kho_fast_boot_view,
				  &kho_fast_in.root_pa);
}

/**
 * kho_fast_scratch_fault - Find a fault in scratch areas.
 * @areas: The areas, unchecked.
 * @cnt:   Number of areas.
 *
 * An area may be empty: stock's global one is when all boot allocations were in
 * low memory.
 *
 * Return: index of the first area that does not consist of whole pages, wraps,
 * or overlaps an earlier one; @cnt when there is none.
 */
unsigned int __init kho_fast_scratch_fault(const struct kho_scratch *areas,
					   unsigned int cnt)
{
	unsigned int i, j;

	for (i = 0; i < cnt; i++) {
		phys_addr_t start = areas[i].addr;
		phys_addr_t end = start + areas[i].size;

		if (end < start || !PAGE_ALIGNED(start) || !PAGE_ALIGNED(end))
			return i;

		for (j = 0; j < i; j++) {
			if (start < areas[j].addr + areas[j].size &&
			    areas[j].addr < end)
				return i;
		}
	}

	return cnt;
}

static int __init kho_check_scratch(const struct kho_scratch *areas,
				    unsigned int cnt)
{
	unsigned int bad = kho_fast_scratch_fault(areas, cnt);
	unsigned int i;

	for (i = 0; i < bad; i++) {
		if (areas[i].size &&
		    !kho_fast_early_is_ram(areas[i].addr, areas[i].size))
			bad = i;
	}
	if (bad == cnt)
		return 0;

	kho_fast_refuse("scratch area %u (%pa bytes at %pa): not usable memory",
			bad, &areas[bad].size, &areas[bad].addr);
	return -EINVAL;
}

/* Mark the areas in memblock. Fails only without early memory. */
static int __init kho_mark_scratch(const struct kho_scratch *areas,
				   unsigned int cnt)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < cnt; i++) {
		if (!areas[i].size)
			continue;
		memblock_add(areas[i].addr, areas[i].size);
		err = memblock_mark_kho_scratch(areas[i].addr, areas[i].size);
	}
	if (err)
		kho_fast_refuse("cannot mark the scratch areas (%pe)",
				ERR_PTR(err));

	return err;
}

static int __init kho_read_scratch(phys_addr_t phys, u64 len)
{
	u64 cnt = len / sizeof(struct kho_scratch);
	struct kho_scratch *areas;
	int err;

	if (!cnt || cnt > MAX_SCRATCH_AREAS ||
	    len != cnt * sizeof(struct kho_scratch) ||
	    !kho_fast_early_is_ram(phys, len)) {
		kho_fast_refuse("no array of scratch areas at %pa, %llu bytes",
				&phys, len);
		return -EINVAL;
	}

	areas = early_memremap(phys, len);
	if (!areas) {
		kho_fast_refuse("cannot map the scratch areas at %pa", &phys);
		return -ENOMEM;
	}
	err = kho_check_scratch(areas, cnt);
	if (!err)
		err = kho_mark_scratch(areas, cnt);
	early_memunmap(areas, len);

	kho_fast_in.scratch_pa = phys;
	kho_fast_in.scratch_len = len;
	kho_fast_in.has_scratch = !err;
	return err;
}

/**
 * kho_fast_handover_read - Read and check an incoming handover.
 * @fdt_phys:     Root FDT.
 * @fdt_len:      Bytes of it.
 * @scratch_phys: Array of scratch areas.
 * @scratch_len:  Bytes of it.
 *
 * Context: boot CPU, early fixmap mappings only.
 * Return: 0; -EINVAL if it is not valid, or -ENOMEM without early memory, with
 * a message. The scratch areas are marked in memblock if they are valid.
 */
int __init kho_fast_handover_read(phys_addr_t fdt_phys, u64 fdt_len,
				  phys_addr_t scratch_phys, u64 scratch_len)
{
	return kho_read_scratch(scratch_phys, scratch_len) ?:
	       kho_read_fdt(fdt_phys, fdt_len);
}
