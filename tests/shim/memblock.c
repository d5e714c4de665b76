// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory and reservations of early boot, as two sorted arrays.
 *
 * Unlike the kernel's, reservations are not merged, and freed as they were made or
 * not at all, which finds whoever frees what is not his.
 */
#include <linux/memblock.h>

struct memblock_type shim_memory, shim_reserved;
bool shim_scratch_only;
unsigned int shim_nr_scratch_marks;
phys_addr_t shim_hugetlb_bytes;

static phys_addr_t region_end(const struct memblock_region *r)
{
	return r->base + r->size;
}

static void insert(struct memblock_type *type, struct memblock_region new)
{
	unsigned int i = type->cnt++;

	if (type->cnt > ARRAY_SIZE(type->regions))
		shim_die("too many memblock regions");

	for (; i && type->regions[i - 1].base > new.base; i--)
		type->regions[i] = type->regions[i - 1];
	type->regions[i] = new;
}

static void remove_at(struct memblock_type *type, unsigned int i)
{
	type->cnt--;
	for (; i < type->cnt; i++)
		type->regions[i] = type->regions[i + 1];
}

static const struct memblock_region *region_of(phys_addr_t addr)
{
	unsigned int i;

	for (i = 0; i < shim_memory.cnt; i++) {
		const struct memblock_region *r = &shim_memory.regions[i];

		if (r->base <= addr && addr < region_end(r))
			return r;
	}

	return NULL;
}

/* Only ever called for memory that is known, as the firmware's map is. */
int memblock_add(phys_addr_t base, phys_addr_t size)
{
	if (!memblock_is_region_memory(base, size))
		shim_die("memblock_add() of what is not memory");
	return 0;
}

int memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	if (size)
		insert(&shim_reserved, (struct memblock_region){ base, size, 0, NUMA_NO_NODE });
	return 0;
}

void memblock_phys_free(phys_addr_t base, phys_addr_t size)
{
	unsigned int i;

	if (!size)
		return;

	for (i = 0; i < shim_reserved.cnt; i++) {
		const struct memblock_region *r = &shim_reserved.regions[i];

		if (r->base == base && r->size == size) {
			remove_at(&shim_reserved, i);
			return;
		}
	}

	shim_die("memblock_phys_free() of %#lx+%#lx, never reserved", base, size);
}

void memblock_free(void *ptr, size_t size)
{
	if (ptr)
		memblock_phys_free(virt_to_phys(ptr), size);
}

/* What of memory region @r is free at or after @from. */
static bool free_after(const struct memblock_region *r, phys_addr_t from,
		       phys_addr_t *start, phys_addr_t *end)
{
	unsigned int i;

	*start = max(r->base, from);
	*end = region_end(r);
	for (i = 0; i < shim_reserved.cnt; i++) {
		const struct memblock_region *rsv = &shim_reserved.regions[i];

		if (region_end(rsv) <= *start)
			continue;
		if (rsv->base > *start) {
			*end = min(*end, rsv->base);
			break;
		}
		*start = region_end(rsv);
	}

	return *start < *end;
}

bool shim_next_free(u64 i, int nid, phys_addr_t *start, phys_addr_t *end, int *p_nid)
{
	unsigned int k;

	for (k = 0; k < shim_memory.cnt; k++) {
		const struct memblock_region *r = &shim_memory.regions[k];
		phys_addr_t from = r->base;

		if (r->flags & MEMBLOCK_NOMAP || (nid != NUMA_NO_NODE && nid != r->nid))
			continue;
		for (; free_after(r, from, start, end); from = *end) {
			if (i--)
				continue;
			if (p_nid)
				*p_nid = r->nid;
			return true;
		}
	}

	return false;
}

bool shim_next_mem(unsigned long i, unsigned long *start, unsigned long *end, int *nid)
{
	unsigned int k;

	for (k = 0; k < shim_memory.cnt; k++) {
		const struct memblock_region *r = &shim_memory.regions[k];

		*start = PFN_UP(r->base);
		*end = PFN_DOWN(region_end(r));
		if (*start >= *end || i--)
			continue;
		if (nid)
			*nid = r->nid;
		return true;
	}

	return false;
}

bool shim_is_reserved(unsigned long pfn)
{
	unsigned int i;

	for (i = 0; i < shim_reserved.cnt; i++) {
		const struct memblock_region *r = &shim_reserved.regions[i];

		if (r->base < PFN_PHYS(pfn + 1) && PFN_PHYS(pfn) < region_end(r))
			return true;
	}

	return false;
}

/* The highest place in [start, end) that is free, and scratch if need be. */
static phys_addr_t find(phys_addr_t size, phys_addr_t align, phys_addr_t start,
			phys_addr_t end, int nid)
{
	phys_addr_t s, e, best = 0;
	u64 i;

	start = max(start, PAGE_SIZE);
	for (i = 0; shim_next_free(i, nid, &s, &e, NULL); i++) {
		if (shim_scratch_only && !(region_of(s)->flags & MEMBLOCK_KHO_SCRATCH))
			continue;
		s = max(s, start);
		e = min(e, end);
		if (s <= e && e - s >= size && ALIGN_DOWN(e - size, align) >= s)
			best = max(best, ALIGN_DOWN(e - size, align));
	}

	return best;
}

phys_addr_t memblock_alloc_range_nid(phys_addr_t size, phys_addr_t align,
				     phys_addr_t start, phys_addr_t end,
				     int nid, bool exact_nid)
{
	phys_addr_t phys;

	if (!exact_nid)
		nid = NUMA_NO_NODE;
	phys = shim_fault() ? 0 : find(size, align, start, end ?: ~0UL, nid);
	/* As in the kernel: an allocation of 0 bytes reserves nothing. */
	if (phys && size)
		insert(&shim_reserved, (struct memblock_region){
		       phys, size, MEMBLOCK_RSRV_KERN, region_of(phys)->nid });

	return phys;
}

phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align,
				      phys_addr_t start, phys_addr_t end)
{
	return memblock_alloc_range_nid(size, align, start, end, NUMA_NO_NODE, false);
}

phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align)
{
	return memblock_phys_alloc_range(size, align, 0, 0);
}

void *memblock_alloc(phys_addr_t size, phys_addr_t align)
{
	phys_addr_t phys = memblock_phys_alloc(size, align);

	return phys ? memset(phys_to_virt(phys), 0, size) : NULL;
}

phys_addr_t memblock_reserved_kern_size(phys_addr_t limit, int nid)
{
	phys_addr_t sum = 0;
	unsigned int i;

	for (i = 0; i < shim_reserved.cnt; i++) {
		const struct memblock_region *r = &shim_reserved.regions[i];

		if (r->flags & MEMBLOCK_RSRV_KERN && r->base <= limit &&
		    (nid == NUMA_NO_NODE || nid == r->nid))
			sum += min(r->size, limit - r->base);
	}

	return sum;
}

phys_addr_t memblock_reserved_hugetlb_size(phys_addr_t limit, int nid)
{
	return shim_hugetlb_bytes;
}

bool memblock_is_map_memory(phys_addr_t addr)
{
	const struct memblock_region *r = region_of(addr);

	return r && !(r->flags & MEMBLOCK_NOMAP);
}

bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = base + size;

	while (base < end) {
		const struct memblock_region *r = region_of(base);

		if (!r)
			return false;
		base = region_end(r);
	}

	return end >= size;
}

int memblock_search_pfn_nid(unsigned long pfn, unsigned long *start, unsigned long *end)
{
	const struct memblock_region *r = region_of(PFN_PHYS(pfn));

	if (!r)
		return NUMA_NO_NODE;

	*start = PFN_DOWN(r->base);
	*end = PFN_DOWN(region_end(r));
	return r->nid;
}

int early_pfn_to_nid(unsigned long pfn)
{
	const struct memblock_region *r = region_of(PFN_PHYS(pfn));

	return r ? r->nid : 0;
}

phys_addr_t memblock_end_of_DRAM(void)
{
	return region_end(&shim_memory.regions[shim_memory.cnt - 1]);
}

static void split_at(phys_addr_t addr)
{
	struct memblock_region *r = (struct memblock_region *)region_of(addr);
	struct memblock_region high;

	if (!r || r->base == addr)
		return;

	high = (struct memblock_region){ addr, region_end(r) - addr, r->flags, r->nid };
	r->size = addr - r->base;
	insert(&shim_memory, high);
}

static void merge_all(void)
{
	struct memblock_region *r = shim_memory.regions;
	unsigned int i;

	for (i = 1; i < shim_memory.cnt;) {
		if (region_end(&r[i - 1]) != r[i].base || r[i - 1].nid != r[i].nid ||
		    r[i - 1].flags != r[i].flags) {
			i++;
			continue;
		}
		r[i - 1].size += r[i].size;
		remove_at(&shim_memory, i);
	}
}

int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid, unsigned int flags)
{
	if (size)
		insert(&shim_memory, (struct memblock_region){ base, size, flags, nid });
	merge_all();
	return 0;
}

static int set_scratch(phys_addr_t base, phys_addr_t size, bool on)
{
	unsigned int i;

	split_at(base);
	split_at(base + size);
	for (i = 0; i < shim_memory.cnt; i++) {
		struct memblock_region *r = &shim_memory.regions[i];

		if (r->base < base || r->base >= base + size)
			continue;
		r->flags &= ~MEMBLOCK_KHO_SCRATCH;
		r->flags |= on ? MEMBLOCK_KHO_SCRATCH : 0;
	}
	merge_all();

	return 0;
}

int memblock_mark_kho_scratch(phys_addr_t base, phys_addr_t size)
{
	if (shim_nr_scratch_marks++ > 10000)
		shim_die("marking scratch never ends");
	return shim_fault() ? -ENOMEM : set_scratch(base, size, true);
}

int memblock_clear_kho_scratch(phys_addr_t base, phys_addr_t size)
{
	return set_scratch(base, size, false);
}

void memblock_set_kho_scratch_only(void)
{
	shim_scratch_only = true;
}

void memblock_clear_kho_scratch_only(void)
{
	shim_scratch_only = false;
}

bool shim_page_is_scratch(unsigned long pfn)
{
	const struct memblock_region *r = region_of(PFN_PHYS(pfn));

	return r && r->flags & MEMBLOCK_KHO_SCRATCH;
}
