// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Free memory that the boot does not wait for
 *
 * What a boot needs does not grow with the memory of the host, but the time to
 * initialise and free all of it does. So after a kexec with preserved memory
 * each node gets some free memory before the boot goes on, and its other
 * sections without a reserved or preserved page are LATE, like those that are
 * preserved from end to end, see mm/kho_late_sections.c: the same workers
 * initialise and free them beside the rest of the boot.
 *
 * How much comes first is kho_boot_memory=, or 4 GiB per node, or 1/64 of it if
 * that is more: the high watermark of a node is some thousandths of its memory,
 * and kswapd must not wake up because of memory that is to come.
 *
 * Pages of late sections are managed pages from the start, so MemTotal and the
 * watermarks are those of a cold boot. MemFree has them when they are free,
 * MemAvailable at once, since an allocation that would bring a zone below its
 * watermark takes a section of it: kho_fast_grow_zone(). So no task reclaims
 * memory or is killed for want of memory that is late. Between the low and the
 * high watermark, and where dirty pages are limited, late memory does not
 * count. Workers take sections from the start of a node, allocations from its
 * end.
 *
 * With init_on_free= or page_poison= no free section is late: its pages are
 * written to, which takes too long with preemption off.
 *
 * Lock order: zone->lock, while the section is ACTIVE; on machines with
 * unaccepted memory, its lock. Growing takes no other lock and does not wait
 * for a section, so it may be done in interrupts; not with ALLOC_NOLOCK, when
 * the caller may hold up the owner of zone->lock.
 *
 * Failure: an allocation that comes when others are freeing the last sections
 * goes on as if there were none.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/atomic.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kho_fast.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>

#include "mm_init.h"
#include "../kernel/kho_fast/incoming/map.h"
#include "../kernel/kho_fast/incoming/sections.h"
#include "deferred_kho.h"
#include "kho_late_pages.h"
#include "kho_late_sections.h"
#include "kho_section_init.h"

/* Free memory of a node that the boot waits for, unless it is set */
#define KHO_BOOT_BYTES		SZ_4G
#define KHO_BOOT_FRACTION	64

static unsigned long long kho_boot_bytes __initdata = ULLONG_MAX;

/* Per node: pages of free sections that were not postponed */
static atomic_long_t kho_boot_pages[MAX_NUMNODES] __initdata;

/**
 * struct kho_late_zone - Late sections of a node.
 * @zone: The zone of all of them; NULL for a node that came later.
 * @end:  One past the next section that an allocation takes.
 */
struct kho_late_zone {
	struct zone	*zone;
	atomic_long_t	end;
};

static struct kho_late_zone kho_late_zones[MAX_NUMNODES];

/* kho_boot_memory=<bytes>[KMG] */
static int __init kho_parse_boot_memory(char *arg)
{
	char *end = arg;

	if (arg)
		kho_boot_bytes = memparse(arg, &end);
	if (end == arg || *end) {
		pr_warn("kho_boot_memory=%s is not a size: ignored\n",
			arg ?: "");
		kho_boot_bytes = ULLONG_MAX;
	}

	return 0;
}
early_param("kho_boot_memory", kho_parse_boot_memory);

static unsigned long __init kho_boot_pages_wanted(int nid)
{
	if (kho_boot_bytes != ULLONG_MAX)
		return DIV_ROUND_UP(kho_boot_bytes, PAGE_SIZE);

	return max(KHO_BOOT_BYTES / PAGE_SIZE,
		   node_present_pages(nid) / KHO_BOOT_FRACTION);
}

/* Does the boot wait for another free section of the node? */
static bool __init kho_boot_needs_section(int nid)
{
	long pages = atomic_long_fetch_add(PAGES_PER_SECTION,
					   &kho_boot_pages[nid]);

	return pages < kho_boot_pages_wanted(nid);
}

/* All of the section is memory of the node that memblock has free. */
static bool __init kho_is_free_section(unsigned long pfn, int nid)
{
	return IS_ALIGNED(pfn, PAGES_PER_SECTION) &&
	       kho_fast_nr_free_in_section(pfn, nid) == PAGES_PER_SECTION;
}

/* Freeing pages must not take long. */
static bool __init kho_may_postpone_free(void)
{
	return kho_fast_may_postpone() && !want_init_on_free() &&
	       !page_poisoning_enabled();
}

static void __init kho_postpone_free(unsigned long nr, int nid)
{
	struct kho_fast_section *section = &kho_fast_incoming.sections[nr];

	kho_fast_postpone_struct_pages(nr, nid);
	section->free = true;
	kho_fast_late_pages_add(1);
	kho_fast_add_late(section);
}

/**
 * kho_fast_keeps_section - Test if a section is left to kho_fast.
 * @pfn:         A page frame in free memory of a node, the first one of the
 *               section that deferred initialisation comes to.
 * @nid:         The node.
 * @can_resched: The memory is not needed at once.
 *
 * Postpones a free section that the boot does not need.
 *
 * Context: deferred initialisation, by one thread for each section and node, or
 * deferred_grow_zone() with interrupts off.
 * Return: true if the caller must not initialise or free the section.
 */
bool __init kho_fast_keeps_section(unsigned long pfn, int nid, bool can_resched)
{
	if (!kho_fast_has_preserved())
		return false;
	if (kho_fast_section_has_preserved(pfn))
		return true;
	if (!can_resched || !kho_may_postpone_free() ||
	    !kho_is_free_section(pfn, nid) || kho_boot_needs_section(nid))
		return false;

	kho_postpone_free(pfn_to_section_nr(pfn), nid);
	return true;
}

/**
 * __kho_fast_grow_zone - Free a late section of a zone.
 * @zone: The zone.
 *
 * Context: any but NMI, and no lock of a zone is held.
 * Return: true if the zone has got free pages, of any order.
 */
bool __kho_fast_grow_zone(struct zone *zone)
{
	const struct kho_fast_map *map = &kho_fast_incoming;
	const int nid = zone_to_nid(zone);
	const long first = pfn_to_section_nr(node_start_pfn(nid));
	struct kho_late_zone *late = &kho_late_zones[nid];
	long nr;

	if (zone != late->zone)
		return false;

	guard(rcu)();

	/* Pairs with the release in kho_put_late(). */
	while (!smp_load_acquire(&map->initialised)) {
		nr = atomic_long_dec_return(&late->end);
		if (nr < first)
			return false;
		if (nr < map->nr_sections && map->sections[nr].free &&
		    kho_fast_init_late(nr, zone))
			return true;
	}

	return false;
}

static int __init kho_late_free_init(void)
{
	int nid;

	if (!kho_fast_has_preserved() || !kho_may_postpone_free())
		return 0;

	for_each_node_state(nid, N_MEMORY) {
		pg_data_t *pgdat = NODE_DATA(nid);
		unsigned long end = SECTION_ALIGN_UP(pgdat_end_pfn(pgdat));

		/* Only the highest zone of a node is deferred. */
		kho_late_zones[nid].zone =
			&pgdat->node_zones[pgdat->nr_zones - 1];
		atomic_long_set(&kho_late_zones[nid].end,
				pfn_to_section_nr(end));
	}
	kho_fast_late_pages_begin();

	return 0;
}
/* Before deferred initialisation postpones sections */
early_initcall(kho_late_free_init);
