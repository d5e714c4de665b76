// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random machines: holes, nodes, borders at odd places, reservations, scratch,
 * preserved memory of all orders and the tree that lists it.
 *
 *        section 0       section 1       section 2
 *   |RRR...kkk.....|..SSSS|.n.kkkk  hole  ..|kkkkkkkkkkkkkkk|..  page
 *    node 0                   node 1
 *   R reserved, S scratch, k covered by a key, n node of the tree
 */
#include "unit.h"

struct model model;

static void model_alloc(unsigned long nr_pages)
{
	unsigned long pfn;

	model = (struct model){ .nr_pages = nr_pages, .node_end = nr_pages };
	model.page = calloc(nr_pages, sizeof(*model.page));
	for (pfn = 0; pfn < nr_pages; pfn++)
		model.page[pfn] = (struct model_page){ .nid = NUMA_NO_NODE, .order = NO_KEY };
}

/* Bytes count for memblock, whole pages for the model. */
static void add_memory(phys_addr_t start, phys_addr_t end, int nid)
{
	unsigned long pfn;

	memblock_add_node(start, end - start, nid, MEMBLOCK_NONE);
	for (pfn = PFN_UP(start); pfn < PFN_DOWN(end); pfn++)
		model.page[pfn].nid = nid;
}

static void reserve(phys_addr_t start, phys_addr_t end)
{
	unsigned long pfn;

	memblock_reserve(start, end - start);
	for (pfn = PFN_DOWN(start); pfn < PFN_UP(end); pfn++)
		model.page[pfn].reserved = true;
}

/* Can the old kernel have put something of one owner there? */
static bool is_free(unsigned long pfn, unsigned long nr_pages)
{
	unsigned long end = pfn + nr_pages;
	int nid;

	if (end > model.nr_pages)
		return false;
	for (nid = model.page[pfn].nid; pfn < end; pfn++) {
		const struct model_page *p = &model.page[pfn];

		if (p->nid == NUMA_NO_NODE || p->nid != nid || p->order != NO_KEY ||
		    p->scratch || p->reserved || p->tree_page)
			return false;
	}

	return true;
}

static bool add_area(unsigned long pfn, unsigned long nr_pages)
{
	unsigned long i;

	if (!is_free(pfn, nr_pages))
		return false;
	for (i = 0; i < nr_pages; i++)
		model.page[pfn + i].scratch = true;
	model.areas[model.nr_areas++] = (struct kho_scratch){
		PFN_PHYS(pfn), nr_pages << PAGE_SHIFT };
	return true;
}

/* Pages of the tree: anywhere but in scratch. */
unsigned long model_new_tree_page(void)
{
	unsigned long pfn;

	do {
		pfn = rnd(model.node_end);
	} while (!is_free(pfn, 1));
	model.page[pfn].tree_page = true;

	return pfn;
}

static void add_root(void)
{
	model.root = PFN_PHYS(model_new_tree_page());
	memset(phys_to_virt(model.root), 0, PAGE_SIZE);
}

bool model_add_key(unsigned long pfn, unsigned int order)
{
	unsigned long i;

	if (!is_free(pfn, BIT(order)))
		return false;
	for (i = 0; i < BIT(order); i++)
		model.page[pfn + i].order = order;
	model.page[pfn].head = true;
	ref_add_key(model.root, ref_key(pfn, order), model_new_tree_page);
	return true;
}

/* Small orders are frequent, and half of the keys stand in dense rows. */
void model_add_keys(unsigned int nr, unsigned int max_order)
{
	while (nr--) {
		unsigned int order = rnd(rnd(max_order + 1) + 1);
		unsigned long pfn = ALIGN_DOWN(rnd(model.nr_pages), BIT(order));
		unsigned int row = one_in(2) ? rnd(8) : 1;

		for (; row && pfn + BIT(order) <= model.nr_pages; row--) {
			model_add_key(pfn, order);
			pfn += BIT(order) << rnd(3);
		}
	}
}

/* One page in @step of a section is preserved: holes of @step - 1 pages. */
void model_add_holes(unsigned long section, unsigned int step)
{
	unsigned long pfn = section_nr_to_pfn(section), end = section_nr_to_pfn(section + 1);

	for (; pfn < end; pfn += step)
		model_add_key(pfn, 0);
}

/* The tree keeps to the lower half, so that a test has the rest for itself. */
static void model_make(unsigned long nr_sections, int nid_of_upper_half)
{
	unsigned long nr_pages = nr_sections * PAGES_PER_SECTION;

	model_alloc(nr_pages);
	add_memory(0, PFN_PHYS(nr_pages / 2), 0);
	add_memory(PFN_PHYS(nr_pages / 2), PFN_PHYS(nr_pages), nid_of_upper_half);
	reserve(0, PAGE_SIZE);
	add_area(PAGES_PER_SECTION, PAGES_PER_SECTION / 2);
	model.node_end = nr_pages / 2;
	add_root();
}

void model_plain(unsigned long nr_sections)
{
	model_make(nr_sections, 0);
}

void model_two_nodes(unsigned long nr_sections)
{
	model_make(nr_sections, 1);
}

/* A border between nodes or the edge of a hole, not always on a page border. */
static phys_addr_t random_border(unsigned long from, unsigned long limit)
{
	unsigned long pfn = from + PAGES_PER_SECTION / 4 + rnd(3 * PAGES_PER_SECTION);
	unsigned long align = one_in(2) ? 1 : one_in(2) ? PAGES_PER_SECTION : MAX_ORDER_NR_PAGES;

	pfn = ALIGN(pfn, align);
	return PFN_PHYS(min(pfn, limit));
}

/* Where the next region starts. Sometimes a hole, with edges inside a page. */
static phys_addr_t random_gap(phys_addr_t end)
{
	return one_in(3) ? end + rnd(PAGES_PER_SECTION << PAGE_SHIFT) : end;
}

/* Nodes follow each other, and once in a while one comes back. */
static void random_memory(unsigned long nr_pages)
{
	phys_addr_t start = PFN_PHYS(1 + rnd(2) * rnd(64)), end;	/* never page 0 */
	int nid = 0, top = 0;

	while (PHYS_PFN(start) < nr_pages) {
		end = random_border(PHYS_PFN(start), nr_pages);
		add_memory(start, max(end - rnd(2) * rnd(PAGE_SIZE), start + 1), nid);

		start = random_gap(end);
		if (one_in(2))
			continue;
		nid = top < MAX_NUMNODES - 1 && one_in(2) ? ++top : (int)rnd(top + 1);
		/* Nodes cannot share a block: one may be deferred when the other is not. */
		start = ALIGN(start, MAX_ORDER_NR_PAGES << PAGE_SHIFT);
	}
}

static void random_reservations(unsigned int nr)
{
	while (nr--) {
		unsigned long pfn = rnd(model.nr_pages), nr_pages = 1 + rnd(40);

		if (is_free(pfn, nr_pages))
			reserve(PFN_PHYS(pfn) + rnd(PAGE_SIZE),
				PFN_PHYS(pfn + nr_pages) - rnd(PAGE_SIZE) * (nr_pages > 1));
	}
}

static void random_areas(void)
{
	while (model.nr_areas < ARRAY_SIZE(model.areas)) {
		unsigned long pfn = ALIGN_DOWN(rnd(model.nr_pages), MAX_ORDER_NR_PAGES);

		add_area(pfn, MAX_ORDER_NR_PAGES << rnd(3));
	}
}

void model_random(unsigned long nr_sections)
{
	unsigned long nr_pages = nr_sections * PAGES_PER_SECTION -
				 rnd(2) * rnd(PAGES_PER_SECTION);

	model_alloc(nr_pages);
	random_memory(nr_pages);
	random_reservations(2 * nr_sections);
	random_areas();
	add_root();
}

/* As kho_populate() does. */
void model_set_scratch(void)
{
	unsigned long pfn = 0;
	unsigned int i;

	for (i = 0; i < model.nr_areas; i++) {
		const struct kho_scratch *area = &model.areas[i];

		memblock_mark_kho_scratch(area->addr, area->size);
		if (!pfn)
			pfn = PHYS_PFN(area->addr);
	}
	memcpy(phys_to_virt(PFN_PHYS(pfn)), model.areas, sizeof(model.areas));
	memblock_reserve(PFN_PHYS(pfn), sizeof(model.areas));
	memblock_set_kho_scratch_only();
	kho_fast_scratch_set(PFN_PHYS(pfn), model.nr_areas);
}

int model_build_map(struct kho_fast_map *map)
{
	model_set_scratch();
	return kho_fast_map_build(map, model.root);
}

bool model_keeps(unsigned long pfn)
{
	return pfn < model.nr_pages &&
	       (model.page[pfn].order != NO_KEY || model.page[pfn].tree_page ||
		model.page[pfn].held);
}

/* All memory of the quarantined sections is held, and has no keys. */
void model_quarantine(const struct kho_fast_map *map)
{
	unsigned long pfn;

	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		struct model_page *p = &model.page[pfn];

		if (!kho_fast_is_quarantined(map, pfn))
			continue;
		p->order = NO_KEY;
		p->head = false;
		p->held = p->nid != NUMA_NO_NODE && !p->scratch && !p->reserved;
	}
}

void model_forget_tree(void)
{
	unsigned long pfn;

	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		model.page[pfn].tree_page = model.page[pfn].head = false;
		model.page[pfn].order = NO_KEY;
	}
}

/* The order bit is the highest one: 52 for order 0, 51 for order 1, ... */
static void read_key(u64 key)
{
	unsigned int top = 63 - __builtin_clzl(key), order = 52 - top;
	unsigned long pfn = (key - (1UL << top)) << order, i;

	model.page[pfn].head = true;
	for (i = 0; i < 1UL << order; i++)
		model.page[pfn + i].order = order;
}

static void read_node(phys_addr_t phys, unsigned int level, u64 key)
{
	const u64 *table = phys_to_virt(phys);
	const u8 *bitmap = phys_to_virt(phys);
	unsigned int i;

	model.page[PHYS_PFN(phys)].tree_page = true;
	for (i = 0; level && i < 512; i++) {
		if (table[i])
			read_node(table[i], level - 1, (key << 9) + i);
	}
	for (i = 0; !level && i < 32768; i++) {
		if (bitmap[i / 8] >> i % 8 & 1)
			read_key((key << 15) + i);
	}
}

/* Read the keys of a tree in memory. */
void model_read_tree(phys_addr_t root)
{
	read_node(root, 5, 0);
}

unsigned long model_count_preserved(void)
{
	unsigned long pfn, nr = 0;

	for (pfn = 0; pfn < model.nr_pages; pfn++)
		nr += model.page[pfn].order != NO_KEY;
	return nr;
}

unsigned long model_count_tree_pages(void)
{
	unsigned long pfn, nr = 0;

	for (pfn = 0; pfn < model.nr_pages; pfn++)
		nr += model.page[pfn].tree_page;
	return nr;
}
