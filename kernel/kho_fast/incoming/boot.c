// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Taking over from the previous kernel
 *
 * The architecture finds the addresses of a root FDT and of an array of
 * scratch areas and calls kho_populate(), long before there is a memory map.
 * Both come from another kernel and are hostile until checked. The FDT is
 * copied, so that it is checked once and cannot change later.
 *
 * Order: kho_populate() (FDT, scratch areas; memblock allocates from scratch
 * only from here on), kho_memory_init_early() (the tree, extended scratch),
 * kho_memory_init() (which struct pages are deferred), memblock_free_all(),
 * deferred initialisation, kho_fast_incoming_init().
 *
 * Failure: up to the end of kho_memory_init_early() nothing outside scratch
 * was written, so whatever is wrong ends in one message and a boot without the
 * handover. After that there is no way back.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/crash_dump.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/libfdt.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/unaligned.h>

#include <asm/early_ioremap.h>

#include "../../../mm/deferred_kho.h"
#include "../../../mm/kho_free_runs.h"
#include "../enable.h"
#include "../scratch.h"
#include "../timeline/timeline.h"
#include "incoming.h"
#include "map.h"
#include "ram.h"
#include "restore.h"
#include "stats.h"

/* The previous kernel has an area per node with memory, and two more. */
#define MAX_SCRATCH_AREAS	(MAX_NUMNODES + 2)

struct kho_fast_map kho_fast_incoming;

static struct {
	bool		populated;
	phys_addr_t	fdt_pa;
	phys_addr_t	scratch_pa;
	u64		scratch_len;
	u64		root_pa;
	u8		fdt[PAGE_SIZE] __aligned(8);
} in;

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

/**
 * is_kho_boot - Did the previous kernel hand anything over?
 *
 * Context: any; final once kho_memory_init_early() ran.
 * Return: true when there is a handover and it passed its checks.
 */
bool is_kho_boot(void)
{
	return in.populated;
}
EXPORT_SYMBOL_GPL(is_kho_boot);

/**
 * kho_fast_in_fdt - The root FDT of the previous kernel.
 *
 * Return: our checked copy, or NULL when there is no handover.
 */
const void *kho_fast_in_fdt(void)
{
	return in.populated ? in.fdt : NULL;
}

/* Check the copied FDT and find the root of the tree in it. */
static bool __init check_fdt(void)
{
	const void *prop;
	int len, err;

	err = fdt_check_header(in.fdt);
	if (err || fdt_totalsize(in.fdt) > sizeof(in.fdt)) {
		kho_fast_refuse("no valid FDT at %pa (%s)", &in.fdt_pa,
				err ? fdt_strerror(err) : "too large");
		return false;
	}

	if (fdt_node_check_compatible(in.fdt, 0, KHO_FDT_COMPATIBLE)) {
		prop = fdt_getprop(in.fdt, 0, "compatible", &len);
		kho_fast_refuse("format is '%.*s', this kernel knows '%s'",
				prop ? min(len, 32) : 0, (const char *)prop,
				KHO_FDT_COMPATIBLE);
		return false;
	}

	prop = fdt_getprop(in.fdt, 0, KHO_FDT_MEMORY_MAP_PROP_NAME, &len);
	if (!prop || len != sizeof(u64)) {
		kho_fast_refuse("the FDT has no usable '%s'",
				KHO_FDT_MEMORY_MAP_PROP_NAME);
		return false;
	}
	in.root_pa = get_unaligned((const u64 *)prop);

	return true;
}

static bool __init read_fdt(phys_addr_t phys, u64 len)
{
	void *fdt;

	in.fdt_pa = phys;
	if (!len || len > sizeof(in.fdt) || !kho_fast_early_is_ram(phys, len)) {
		kho_fast_refuse("FDT of %llu bytes at %pa is too large or not in RAM",
				len, &phys);
		return false;
	}

	fdt = early_memremap(phys, len);
	if (!fdt) {
		kho_fast_refuse("cannot map the FDT at %pa", &phys);
		return false;
	}
	memcpy(in.fdt, fdt, len);
	early_memunmap(fdt, len);

	return check_fdt();
}

/**
 * kho_fast_scratch_fault - Look for a fault in an array of scratch areas.
 * @areas: The areas, unchecked.
 * @cnt:   How many.
 *
 * An area may be empty: stock's global one is when all boot allocations were
 * low.
 *
 * Return: index of the first area that is not made of whole pages, wraps, or
 * overlaps an earlier one; @cnt when there is none.
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

static bool __init check_scratch(const struct kho_scratch *areas,
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
		return true;

	kho_fast_refuse("scratch area %u (%pa bytes at %pa) is not usable memory",
			bad, &areas[bad].size, &areas[bad].addr);
	return false;
}

/* Tell memblock about the areas. Only runs out of early memory can fail. */
static bool __init mark_scratch(const struct kho_scratch *areas,
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

	return !err;
}

static bool __init read_scratch(phys_addr_t phys, u64 len)
{
	u64 cnt = len / sizeof(struct kho_scratch);
	struct kho_scratch *areas;
	bool ok;

	if (!cnt || cnt > MAX_SCRATCH_AREAS ||
	    len != cnt * sizeof(struct kho_scratch) ||
	    !kho_fast_early_is_ram(phys, len)) {
		kho_fast_refuse("no array of scratch areas in %llu bytes at %pa",
				len, &phys);
		return false;
	}

	areas = early_memremap(phys, len);
	if (!areas) {
		kho_fast_refuse("cannot map the scratch areas at %pa", &phys);
		return false;
	}
	ok = check_scratch(areas, cnt) && mark_scratch(areas, cnt);
	early_memunmap(areas, len);

	in.scratch_pa = phys;
	in.scratch_len = len;
	return ok;
}

/**
 * kho_populate - Look at what the previous kernel handed over.
 * @fdt_phys:     Root FDT.
 * @fdt_len:      Bytes of it.
 * @scratch_phys: Array of scratch areas.
 * @scratch_len:  Bytes of it.
 *
 * When all is well memblock allocates from scratch only from now on. When
 * something is not, one message says so and the boot goes on as a cold one.
 *
 * Context: boot CPU, early fixmap mappings only.
 */
void __init kho_populate(phys_addr_t fdt_phys, u64 fdt_len,
			 phys_addr_t scratch_phys, u64 scratch_len)
{
	const u64 began = kho_fast_clock();

	if (!read_fdt(fdt_phys, fdt_len) ||
	    !read_scratch(scratch_phys, scratch_len))
		return;

	memblock_reserve(scratch_phys, scratch_len);
	memblock_set_kho_scratch_only();
	in.populated = true;
	pr_info("found a handover\n");
	kho_fast_span(KHO_SPAN_DISCOVERY, began, kho_fast_clock(), NUMA_NO_NODE,
		      NULL);
}

/* Back to a cold boot, while nothing outside scratch has been written. */
static void __init forget_handover(void)
{
	in.populated = false;
	kho_fast_scratch_adopt(0, 0);
	memblock_phys_free(in.scratch_pa, in.scratch_len);
	memblock_clear_kho_scratch(0, memblock_end_of_DRAM());
	memblock_clear_kho_scratch_only();
}

static void __init read_tree(void)
{
	u64 began;

	/* It lives in memory of its own and must not touch what is preserved. */
	if (is_kdump_kernel()) {
		kho_fast_refuse("this is the kdump kernel");
		forget_handover();
		return;
	}

	kho_fast_scratch_adopt(in.scratch_pa,
			       in.scratch_len / sizeof(struct kho_scratch));
	began = kho_fast_clock();
	if (kho_fast_map_build(&kho_fast_incoming, in.root_pa)) {
		forget_handover();
		return;
	}
	kho_fast_stats_walk(kho_fast_clock() - began, kho_fast_incoming.nodes.nr);

	kho_fast_subtree_check(&kho_fast_incoming, in.fdt);
	kho_fast_extend_scratch(&kho_fast_incoming);
}

/**
 * kho_memory_init_early - Read the tree of preserved memory.
 *
 * Context: boot CPU, before free_area_init().
 */
void __init kho_memory_init_early(void)
{
	kho_phase_begin(KHO_PHASE_WALK);
	if (is_kho_boot())
		read_tree();
	kho_phase_begin(KHO_PHASE_MEMORY);
}

/**
 * kho_memory_init - Last step before memory goes to the buddy allocator.
 *
 * Context: boot CPU, right before memblock_free_all().
 */
void __init kho_memory_init(void)
{
	kho_phase_begin(KHO_PHASE_MEMBLOCK);
	if (is_kdump_kernel()) {
		kho_fast_disable();
		pr_info("disabled in the kdump kernel\n");
	} else if (is_kho_boot()) {
		kho_fast_hold_init();
	} else {
		kho_fast_scratch_reserve();
	}
}

/**
 * kho_fast_incoming_init - Tidy up when all sections are finished.
 *
 * Context: process context, after page_alloc_init_late().
 */
void __init kho_fast_incoming_init(void)
{
	kho_fast_stats_spans();
	kho_fast_holes_free();
	kho_fast_adopt_reserved();
	kho_fast_drop_page(in.fdt_pa);	/* it was copied */
	kho_fast_trim_soon();
}
