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
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bug.h>
#include <linux/cma.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/kexec_handover.h>
#include <linux/kmemleak.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>
#include <linux/string.h>

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
	pr_notice("scratch scale is %u%%\n", percent);
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
	pr_notice("scratch: lowmem %lluMiB, global %lluMiB, pernode %lluMiB\n",
		  sizes[0] / SZ_1M, sizes[1] / SZ_1M, sizes[2] / SZ_1M);
	return 0;
}

/* kho_scratch=<percent>% or kho_scratch=<low>,<global>,<per node> with [KMG] */
static int __init kho_scratch_parse(char *arg)
{
	size_t len = arg ? strlen(arg) : 0;

	if (!len)
		return -EINVAL;

	return arg[len - 1] == '%' ? kho_scratch_parse_percent(arg, len) :
				     kho_scratch_parse_sizes(arg);
}
early_param("kho_scratch", kho_scratch_parse);

/**
 * kho_fast_scratch_scale - Scale boot allocations to a scratch size.
 * @used:    Memblock allocations of this kernel in bytes.
 * @hugetlb: Part of @used that is HugeTLB pages, which are never in scratch.
 * @percent: Scale.
 *
 * Return: size in bytes.
 */
phys_addr_t __init kho_fast_scratch_scale(phys_addr_t used, phys_addr_t hugetlb,
					  unsigned int percent)
{
	return mul_u64_u64_div_u64(used - hugetlb, percent, 100);
}

/* Scaled memblock allocations below @limit on @nid. */
static phys_addr_t __init kho_scratch_scaled_use(phys_addr_t limit, int nid)
{
	phys_addr_t used = memblock_reserved_kern_size(limit, nid);
	phys_addr_t hugetlb = memblock_reserved_hugetlb_size(limit, nid);

	return kho_fast_scratch_scale(used, hugetlb, kho_scratch_percent);
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

/**
 * kho_fast_scratch_set - Use the areas of the previous kernel.
 * @phys: Array of areas, checked and reserved by kho_populate(); 0 for none.
 * @cnt:  Entries of the array.
 */
void __init kho_fast_scratch_set(phys_addr_t phys, unsigned int cnt)
{
	kho_scratch = phys ? phys_to_virt(phys) : NULL;
	kho_scratch_cnt = cnt;
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

		if (keep)
			kho_scratch_to_cma(area);
		else
			free_reserved_area(start, start + area->size, -1, "");
	}
}
