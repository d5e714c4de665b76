// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory and reservations of early boot, as two sorted arrays.
 *
 * Unlike the kernel's, reservations are not merged, and freed as they were made or
 * not at all, which finds whoever frees what is not his.
 */
#include <linux/memblock.h>

struct memblock memblock;
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

	for (i = 0; i < memblock.memory.cnt; i++) {
		const struct memblock_region *r = &memblock.memory.regions[i];

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
		insert(&memblock.reserved, (struct memblock_region){ base, size, 0, NUMA_NO_NODE });
	return 0;
}

void memblock_phys_free(phys_addr_t base, phys_addr_t size)
{
	unsigned int i;

	if (!size)
		return;

	for (i = 0; i < memblock.reserved.cnt; i++) {
		const struct memblock_region *r = &memblock.reserved.regions[i];

		if (r->base == base && r->size == size) {
			remove_at(&memblock.reserved, i);
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

/* Can the caller have @r, and is it on the node that he asked for? */
static bool is_wanted(const struct memblock_region *r, int nid)
{
	return !(r->flags & MEMBLOCK_NOMAP) && (nid == NUMA_NO_NODE || nid == r->nid);
}

/* What lies before region @i of @type, behind the one before it. */
static void gap(const struct memblock_type *type, u32 i, phys_addr_t *start, phys_addr_t *end)
{
	*start = i ? region_end(&type->regions[i - 1]) : 0;
	*end = i < type->cnt ? type->regions[i].base : ~(phys_addr_t)0;
}

/* Two indexes: of the region of @a, and of the gap in @b to look at next. */
void __next_mem_range(u64 *idx, int nid, enum memblock_flags flags,
		      struct memblock_type *a, struct memblock_type *b,
		      phys_addr_t *start, phys_addr_t *end, int *p_nid)
{
	u32 i = *idx, k = *idx >> 32;
	phys_addr_t from = 0, to = ~(phys_addr_t)0;

	while (i < a->cnt) {
		const struct memblock_region *r = &a->regions[i];
		bool found;

		if (b)
			gap(b, k, &from, &to);
		*start = max(r->base, from);
		*end = min(region_end(r), to);
		found = *start < *end && is_wanted(r, nid);
		if (p_nid)
			*p_nid = r->nid;

		if (region_end(r) <= to)
			i++;
		else
			k++;
		*idx = i | (u64)k << 32;
		if (found)
			return;
	}

	*idx = ~0UL;
}

bool shim_next_mem(unsigned long i, unsigned long *start, unsigned long *end, int *nid)
{
	unsigned int k;

	for (k = 0; k < memblock.memory.cnt; k++) {
		const struct memblock_region *r = &memblock.memory.regions[k];

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

	for (i = 0; i < memblock.reserved.cnt; i++) {
		const struct memblock_region *r = &memblock.reserved.regions[i];

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
	for_each_free_mem_range(i, nid, MEMBLOCK_NONE, &s, &e, NULL) {
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
		insert(&memblock.reserved, (struct memblock_region){
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

	for (i = 0; i < memblock.reserved.cnt; i++) {
		const struct memblock_region *r = &memblock.reserved.regions[i];

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
	return region_end(&memblock.memory.regions[memblock.memory.cnt - 1]);
}

static void split_at(phys_addr_t addr)
{
	struct memblock_region *r = (struct memblock_region *)region_of(addr);
	struct memblock_region high;

	if (!r || r->base == addr)
		return;

	high = (struct memblock_region){ addr, region_end(r) - addr, r->flags, r->nid };
	r->size = addr - r->base;
	insert(&memblock.memory, high);
}

static void merge_all(void)
{
	struct memblock_region *r = memblock.memory.regions;
	unsigned int i;

	for (i = 1; i < memblock.memory.cnt;) {
		if (region_end(&r[i - 1]) != r[i].base || r[i - 1].nid != r[i].nid ||
		    r[i - 1].flags != r[i].flags) {
			i++;
			continue;
		}
		r[i - 1].size += r[i].size;
		remove_at(&memblock.memory, i);
	}
}

int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid, unsigned int flags)
{
	if (size)
		insert(&memblock.memory, (struct memblock_region){ base, size, flags, nid });
	merge_all();
	return 0;
}

static int set_scratch(phys_addr_t base, phys_addr_t size, bool on)
{
	unsigned int i;

	split_at(base);
	split_at(base + size);
	for (i = 0; i < memblock.memory.cnt; i++) {
		struct memblock_region *r = &memblock.memory.regions[i];

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
