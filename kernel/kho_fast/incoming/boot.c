// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Boot from a handover
 *
 * The architecture passes the addresses of the root FDT and of the array of
 * scratch areas to kho_populate(), long before there is a memory map. arm64 has
 * them from its device tree. If that does not say where memory is, since UEFI
 * does, they wait until memblock is filled: a scratch area is used as soon as
 * it is known, so it must be known to be RAM.
 *
 * Order: kho_populate() or kho_fast_ram_known() (FDT, scratch areas; memblock
 * allocates from scratch only from here on), kho_memory_init_early() (the tree,
 * extended scratch), kho_memory_init() (which struct pages are deferred),
 * memblock_free_all(), deferred initialisation, kho_fast_incoming_init().
 *
 * Failure: up to the end of kho_memory_init_early() nothing outside scratch but
 * bad parts of the tree is written. A handover that is not valid is refused
 * with one message, and kho_bad= decides about memory, see refuse.c. After that
 * it cannot be refused. A kdump kernel ignores a handover.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/crash_dump.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/kho_fast.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include "../../../mm/kho_early_memory.h"
#include "../../../mm/kho_free_runs.h"
#include "../checksum.h"
#include "../enable.h"
#include "../ram.h"
#include "../scratch.h"
#include "../timeline/clock.h"
#include "../timeline/record.h"
#include "boot.h"
#include "cmdline.h"
#include "fdt.h"
#include "handover.h"
#include "map.h"
#include "refuse.h"
#include "reserve_mem.h"
#include "restore.h"
#include "scratch_extend.h"
#include "stats.h"
#include "trim.h"

/**
 * struct kho_boot_handover - What the architecture says about a handover.
 * @fdt_pa:      Root FDT.
 * @fdt_len:     Bytes of it.
 * @scratch_pa:  Array of scratch areas.
 * @scratch_len: Bytes of it.
 */
struct kho_boot_handover {
	phys_addr_t	fdt_pa;
	u64		fdt_len;
	phys_addr_t	scratch_pa;
	u64		scratch_len;
};

/* The handover that waits until it is known which memory is RAM */
static struct kho_boot_handover kho_waiting __initdata;
static bool kho_is_waiting __initdata;

static void __init kho_read_handover(const struct kho_boot_handover *handover)
{
	const u64 began = kho_fast_clock();

	kho_fast_in.refused = kho_fast_handover_read(handover->fdt_pa,
						     handover->fdt_len,
						     handover->scratch_pa,
						     handover->scratch_len);
	if (kho_fast_in.has_scratch) {
		memblock_reserve(handover->scratch_pa, handover->scratch_len);
		memblock_set_kho_scratch_only();
	}
	if (kho_fast_in.refused)
		return;

	kho_fast_in.populated = true;
	pr_info("found a handover\n");
	kho_fast_span(KHO_SPAN_DISCOVERY, began, kho_fast_clock(), NUMA_NO_NODE,
		      NULL);
}

/**
 * kho_populate - Find and check a handover.
 * @fdt_phys:     Root FDT.
 * @fdt_len:      Bytes of it.
 * @scratch_phys: Array of scratch areas.
 * @scratch_len:  Bytes of it.
 *
 * From here on memblock allocates from scratch only, unless it is not known yet
 * which memory is RAM: then from kho_fast_ram_known() on. A handover that is
 * not valid is refused with a message. Early parameters are not parsed yet, so
 * kho_memory_init_early() obeys kho_bad=.
 *
 * Context: boot CPU, early fixmap mappings only.
 */
void __init kho_populate(phys_addr_t fdt_phys, u64 fdt_len,
			 phys_addr_t scratch_phys, u64 scratch_len)
{
	const struct kho_boot_handover handover = {
		.fdt_pa = fdt_phys,
		.fdt_len = fdt_len,
		.scratch_pa = scratch_phys,
		.scratch_len = scratch_len,
	};

	kho_is_waiting = !kho_fast_early_knows_ram();
	if (kho_is_waiting)
		kho_waiting = handover;
	else
		kho_read_handover(&handover);
}

/**
 * kho_fast_ram_known - Check a handover that was found before any memory.
 *
 * Context: boot CPU, early fixmap mappings only. Memblock is filled, and
 * nothing was allocated from it.
 */
void __init kho_fast_ram_known(void)
{
	if (kho_is_waiting)
		kho_read_handover(&kho_waiting);
}

/* Back to a cold boot, but for memory that refuse.c has reserved. */
static void __init kho_undo_handover(void)
{
	kho_fast_in.populated = false;
	kho_fast_in.refused = 0;
	kho_fast_scratch_set(0, 0);
	memblock_clear_kho_scratch(0, memblock_end_of_DRAM());
	memblock_clear_kho_scratch_only();
}

static void __init kho_free_scratch_array(void)
{
	if (kho_fast_in.has_scratch)
		memblock_phys_free(kho_fast_in.scratch_pa,
				   kho_fast_in.scratch_len);
}

/* It runs in reserved memory and must not touch any other. */
static void __init kho_ignore_handover(void)
{
	if (!kho_fast_in.populated && !kho_fast_in.refused)
		return;

	if (kho_fast_in.populated)
		kho_fast_refuse("this is the kdump kernel");
	kho_free_scratch_array();
	kho_undo_handover();
}

static void __init kho_refuse_handover(int err)
{
	kho_free_scratch_array();
	if (kho_fast_refuse_finish(err, kho_fast_in.has_scratch))
		kho_fast_disable();
	kho_undo_handover();
}

static void __init kho_read_tree(void)
{
	u64 began;
	int err;

	kho_fast_scratch_set(kho_fast_in.scratch_pa,
			     kho_fast_in.scratch_len / sizeof(*kho_scratch));
	began = kho_fast_clock();
	err = kho_fast_checksum_begin();
	if (!err)
		err = kho_fast_map_build(&kho_fast_incoming,
					 kho_fast_in.root_pa);
	kho_fast_checksum_end();
	if (err) {
		kho_refuse_handover(err);
		return;
	}
	kho_fast_stats_walk(kho_fast_clock() - began,
			    kho_fast_incoming.tree_pages.nr);

	kho_fast_subtree_check(&kho_fast_incoming, kho_fast_in.fdt);
	kho_fast_reserve_mem_check(&kho_fast_incoming, kho_fast_in.fdt);
	kho_fast_extend_scratch(&kho_fast_incoming);
	kho_fast_crashkernel_retry();
}

/**
 * kho_memory_init_early - Read the tree of preserved memory.
 *
 * Context: boot CPU, before free_area_init().
 */
void __init kho_memory_init_early(void)
{
	kho_phase_begin(KHO_PHASE_WALK);
	if (is_kdump_kernel())
		kho_ignore_handover();
	else if (kho_fast_in.refused)
		kho_refuse_handover(kho_fast_in.refused);
	else if (is_kho_boot())
		kho_read_tree();
	kho_phase_begin(KHO_PHASE_MEMORY);
}

/**
 * kho_memory_init - Prepare for the buddy allocator.
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
		kho_fast_early_memory_init();
	} else {
		kho_fast_scratch_reserve();
	}
}

/**
 * kho_fast_incoming_init - Clean up after initialising all sections.
 *
 * Context: process context, after page_alloc_init_late().
 */
void __init kho_fast_incoming_init(void)
{
	kho_fast_stats_spans();
	kho_short_runs_free();
	kho_fast_restore_reserve_mem();
	kho_fast_restore_free_page(kho_fast_in.fdt_pa);	/* was copied */
	kho_fast_checksum_free();
	kho_fast_schedule_trim();
}
