// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Scratch areas
 *
 * Preserved pages can be anywhere, so the next kernel needs memory without any:
 * for its image, and for its allocations until it has read the tree. The first
 * kernel of a chain reserves such areas and gives them to CMA, whose movable
 * pages are never preserved. Later kernels of the chain use the same areas.
 *
 * One area is in low memory, one anywhere, and one on each NUMA node with
 * memory. Their sizes are a multiple of the memblock allocations of this
 * kernel, or given by kho_scratch=.
 *
 * What the command line reserves has the same size in the next kernel, so it is
 * counted once, not as a multiple: the crash kernel, and CMA. HugeTLB pages and
 * their CMA areas are never in scratch.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bug.h>
#include <linux/cma.h>
#include <linux/crash_reserve.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/kexec_handover.h>
#include <linux/kmemleak.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../../mm/cma.h"
#include "../../mm/mm_init.h"
#include "enable.h"
#include "scratch.h"

/*
 * Freeing a page, the buddy allocator reads struct pages of the whole largest
 * buddy block around it. An area must not share that block with memory whose
 * struct pages are initialised later.
 */
#define SCRATCH_ALIGN	(PAGE_SIZE * MAX_ORDER_NR_PAGES)
static_assert(SCRATCH_ALIGN >= CMA_MIN_ALIGNMENT_BYTES);

struct kho_scratch *kho_scratch;
unsigned int kho_scratch_cnt;

/* Scale in percent of boot allocations; 0 with fixed sizes. */
static unsigned int kho_scratch_percent __initdata = 200;

/* kho_scratch= is on the command line and valid. */
static bool kho_scratch_given __initdata;

/* Sizes of kho_scratch= in bytes, used when the scale is 0. */
static struct kho_fast_scratch_sizes kho_scratch_fixed __initdata;

static int __init kho_scratch_parse_percent(char *arg, size_t len)
{
	unsigned int percent;
	int err;

	arg[len - 1] = '\0';
	err = kstrtouint(arg, 10, &percent);
	arg[len - 1] = '%';
	if (err)
		return err;

	kho_scratch_percent = percent;
	return 0;
}

static int __init kho_scratch_parse_sizes(char *arg)
{
	phys_addr_t sizes[3];
	unsigned int i;
	char *end;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		sizes[i] = memparse(arg, &end);
		if (end == arg ||
		    *end != (i < ARRAY_SIZE(sizes) - 1 ? ',' : '\0') ||
		    sizes[i] > PHYS_ADDR_MAX - SCRATCH_ALIGN)
			return -EINVAL;
		arg = end + 1;
	}

	if (!sizes[0] && !sizes[1] && !sizes[2])
		return -EINVAL;

	kho_scratch_fixed =
		(struct kho_fast_scratch_sizes){ sizes[0], sizes[1], sizes[2] };
	kho_scratch_percent = 0;
	return 0;
}

/* kho_scratch=<percent>% or kho_scratch=<low>,<global>,<per node> with [KMG] */
static int __init kho_scratch_parse(char *arg)
{
	size_t len = arg ? strlen(arg) : 0;
	int err;

	if (!len)
		return -EINVAL;

	err = arg[len - 1] == '%' ? kho_scratch_parse_percent(arg, len) :
				    kho_scratch_parse_sizes(arg);
	if (!err)
		kho_scratch_given = true;
	return err;
}
early_param("kho_scratch", kho_scratch_parse);

/**
 * kho_fast_scratch_scale - Scale boot allocations to a scratch size.
 * @used:    Memblock allocations of this kernel in bytes.
 * @hugetlb: Part of @used for HugeTLB pages, which are never in scratch.
 * @once:    Part of @used that is not scaled.
 * @percent: Scale.
 *
 * Return: size in bytes.
 */
phys_addr_t __init kho_fast_scratch_scale(phys_addr_t used, phys_addr_t hugetlb,
					  phys_addr_t once,
					  unsigned int percent)
{
	return mul_u64_u64_div_u64(used - hugetlb - once, percent, 100) + once;
}

/* Part of a range that memblock_reserved_kern_size() counts */
static phys_addr_t __init kho_counted(phys_addr_t base, phys_addr_t size,
				      phys_addr_t limit, int nid)
{
	const phys_addr_t end = min(base + size, limit);
	const struct memblock_region *region;
	phys_addr_t counted = 0;

	for_each_reserved_mem_region(region) {
		phys_addr_t from = max(base, region->base);
		phys_addr_t to = min(end, region->base + region->size);

		if ((region->flags & MEMBLOCK_RSRV_KERN) && from < to &&
		    (!numa_valid_node(nid) ||
		     memblock_get_region_node(region) == nid))
			counted += to - from;
	}

	return counted;
}

static phys_addr_t __init kho_crashkernel_use(phys_addr_t limit, int nid)
{
	const struct resource *res[] = { &crashk_res, &crashk_low_res };
	phys_addr_t counted = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(res); i++) {
		if (res[i]->end)
			counted += kho_counted(res[i]->start,
					       resource_size(res[i]), limit,
					       nid);
	}

	return counted;
}

/* Areas for HugeTLB pages, or all others */
static phys_addr_t __init kho_cma_use(phys_addr_t limit, int nid, bool hugetlb)
{
	phys_addr_t counted = 0;
	unsigned int i;

	for (i = 0; IS_ENABLED(CONFIG_CMA) && i < cma_area_count; i++) {
		const struct cma *cma = &cma_areas[i];
		const struct cma_memrange *range = cma->ranges;

		if (strstarts(cma->name, "hugetlb") != hugetlb)
			continue;
		for (; range < cma->ranges + cma->nranges; range++)
			counted += kho_counted(PFN_PHYS(range->base_pfn),
					       PFN_PHYS(range->count), limit,
					       nid);
	}

	return counted;
}

/* Scaled memblock allocations below @limit on @nid. */
static phys_addr_t __init kho_scratch_scaled_use(phys_addr_t limit, int nid)
{
	phys_addr_t used = memblock_reserved_kern_size(limit, nid);
	phys_addr_t hugetlb = memblock_reserved_hugetlb_size(limit, nid) +
			      kho_cma_use(limit, nid, true);
	phys_addr_t once = kho_cma_use(limit, nid, false);

	if (IS_ENABLED(CONFIG_CRASH_RESERVE))
		once += kho_crashkernel_use(limit, nid);

	return kho_fast_scratch_scale(used, hugetlb, once, kho_scratch_percent);
}

static phys_addr_t __init kho_scratch_low_size(void)
{
	phys_addr_t size = kho_scratch_fixed.low;

	if (kho_scratch_percent)
		size = kho_scratch_scaled_use(ARCH_LOW_ADDRESS_LIMIT,
					      NUMA_NO_NODE);
	return round_up(size, SCRATCH_ALIGN);
}

static phys_addr_t __init kho_scratch_global_size(void)
{
	phys_addr_t size = kho_scratch_fixed.global;

	/* Low allocations are accounted to the low area. */
	if (kho_scratch_percent)
		size = kho_scratch_scaled_use(MEMBLOCK_ALLOC_ANYWHERE,
					      NUMA_NO_NODE) -
		       kho_scratch_scaled_use(ARCH_LOW_ADDRESS_LIMIT,
					      NUMA_NO_NODE);
	return round_up(size, SCRATCH_ALIGN);
}

static phys_addr_t __init kho_scratch_node_size(int nid)
{
	phys_addr_t size = kho_scratch_fixed.pernode;

	if (kho_scratch_percent)
		size = kho_scratch_scaled_use(MEMBLOCK_ALLOC_ANYWHERE, nid);
	return round_up(size, SCRATCH_ALIGN);
}

/**
 * kho_scratch_overlap - Does a range overlap scratch?
 * @phys: First byte.
 * @size: Size in bytes.
 *
 * Context: any.
 * Return: true when the range overlaps one of the areas.
 */
bool kho_scratch_overlap(phys_addr_t phys, size_t size)
{
	unsigned int i;

	for (i = 0; i < kho_scratch_cnt; i++) {
		const struct kho_scratch *area = &kho_scratch[i];

		if (phys < area->addr + area->size && area->addr < phys + size)
			return true;
	}

	return false;
}

/* Size of the next area from *@i on that is not empty; 0 after the last */
static phys_addr_t __init kho_scratch_next_size(unsigned int *i)
{
	while (*i < kho_scratch_cnt) {
		if (kho_scratch[(*i)++].size)
			return kho_scratch[*i - 1].size;
	}

	return 0;
}

/* Do the areas have the sizes of kho_scratch=? */
static bool __init kho_scratch_is_as_given(void)
{
	const phys_addr_t first[] = {
		kho_scratch_low_size(), kho_scratch_global_size()
	};
	phys_addr_t size;
	unsigned int i = 0, nth;

	for (nth = 0; nth < ARRAY_SIZE(first); nth++) {
		if (first[nth] && kho_scratch_next_size(&i) != first[nth])
			return false;
	}
	while ((size = kho_scratch_next_size(&i))) {
		if (size != round_up(kho_scratch_fixed.pernode, SCRATCH_ALIGN))
			return false;
	}

	return true;
}

/**
 * kho_fast_scratch_set - Use the areas of the previous kernel.
 * @phys: Array of areas, checked and reserved by kho_populate(); 0 for none.
 * @cnt:  Entries of the array.
 *
 * They are those of the first kernel, whatever kho_scratch= is now.
 */
void __init kho_fast_scratch_set(phys_addr_t phys, unsigned int cnt)
{
	kho_scratch = phys ? phys_to_virt(phys) : NULL;
	kho_scratch_cnt = cnt;
	if (cnt && kho_scratch_given &&
	    (kho_scratch_percent || !kho_scratch_is_as_given()))
		pr_warn("kho_scratch= has no effect before the next cold boot: scratch is as handed over\n");
}

/* Areas of size 0 are skipped. */
static bool __init kho_scratch_reserve_area(const char *what, phys_addr_t size,
					    phys_addr_t limit, int nid)
{
	phys_addr_t addr;

	if (!size)
		return true;

	addr = memblock_alloc_range_nid(size, SCRATCH_ALIGN, 0, limit, nid,
					nid != NUMA_NO_NODE);
	if (!addr) {
		pr_err("no room for %s scratch of %pa bytes\n", what, &size);
		return false;
	}

	kho_scratch[kho_scratch_cnt++] = (struct kho_scratch){ addr, size };
	return true;
}

static void __init kho_scratch_announce(void)
{
	if (!kho_scratch_given)
		return;

	if (kho_scratch_percent)
		pr_notice("scratch scale is %u%%\n", kho_scratch_percent);
	else
		pr_notice("scratch: lowmem %lluMiB, global %lluMiB, pernode %lluMiB\n",
			  kho_scratch_fixed.low / SZ_1M,
			  kho_scratch_fixed.global / SZ_1M,
			  kho_scratch_fixed.pernode / SZ_1M);
}

static bool __init kho_scratch_reserve_areas(void)
{
	char what[16];
	int nid;

	if (!kho_scratch_reserve_area("lowmem", kho_scratch_low_size(),
				      ARCH_LOW_ADDRESS_LIMIT, NUMA_NO_NODE) ||
	    !kho_scratch_reserve_area("global", kho_scratch_global_size(),
				      MEMBLOCK_ALLOC_ACCESSIBLE, NUMA_NO_NODE))
		return false;

	/* A node without memory has no area. */
	for_each_node_state(nid, N_MEMORY) {
		snprintf(what, sizeof(what), "node %d", nid);
		if (!kho_scratch_reserve_area(what, kho_scratch_node_size(nid),
					      MEMBLOCK_ALLOC_ACCESSIBLE, nid))
			return false;
	}

	return kho_scratch_cnt;
}

/**
 * kho_fast_scratch_reserve - Reserve scratch areas in the first kernel.
 *
 * A failure is reported and disables KHO.
 *
 * Context: boot CPU, when nearly all boot allocations are done: they determine
 * the sizes.
 */
void __init kho_fast_scratch_reserve(void)
{
	size_t size = array_size(num_node_state(N_MEMORY) + 2,
				 sizeof(*kho_scratch));

	if (!kho_is_enabled())
		return;

	kho_scratch_announce();
	kho_scratch = memblock_alloc(size, PAGE_SIZE);
	if (kho_scratch && kho_scratch_reserve_areas())
		return;

	pr_warn("no scratch memory, KHO is disabled; try kho_scratch=\n");
	while (kho_scratch_cnt--)
		memblock_phys_free(kho_scratch[kho_scratch_cnt].addr,
				   kho_scratch[kho_scratch_cnt].size);
	kho_scratch_cnt = 0;
	memblock_free(kho_scratch, size);
	kho_scratch = NULL;
	kho_fast_disable();
}

static void __init kho_scratch_to_cma(const struct kho_scratch *area)
{
	unsigned long pfn = PHYS_PFN(area->addr);
	unsigned long end = pfn + PHYS_PFN(area->size);

	/*
	 * debug_pagealloc unmaps pages that are freed; kmemleak must not scan
	 * them.
	 */
	kmemleak_ignore_phys(area->addr);
	for (; pfn < end; pfn += pageblock_nr_pages)
		init_cma_reserved_pageblock(pfn_to_page(pfn));
}

/**
 * kho_fast_scratch_release - Give the areas to the page allocator.
 * @keep: For movable pages only, as CMA; false when KHO is disabled.
 *
 * Context: process context, in the first kernel.
 */
void __init kho_fast_scratch_release(bool keep)
{
	unsigned int i;

	for (i = 0; i < kho_scratch_cnt; i++) {
		const struct kho_scratch *area = &kho_scratch[i];
		void *start = phys_to_virt(area->addr);

		if (keep) {
			kho_scratch_to_cma(area);
			continue;
		}
		/* As in kho_scratch_to_cma(). */
		kmemleak_free_part_phys(area->addr, area->size);
		free_reserved_area(start, start + area->size, -1, "");
	}
}
