// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree of preserved memory, format kho-v4: five levels of tables over bitmaps, each a
 * page, which hold keys. A key is the page frame number shifted right by the order, with
 * one bit above the widest number of that order; see include/linux/kho_radix_tree.h.
 *
 * The rules are those of an accelerated kernel that reads a tree: a table is a page of memory
 * that one slot points to; a key has a valid order and names memory outside of scratch, of
 * other keys and of the tree. Two bitmaps of all pages record tables and preserved pages.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

#define TOP_LEVEL	5
#define SLOTS		512	/* words of a page */
#define SLOT_BITS	9
#define LEAF_BITS	15
#define ORDER0_BIT	(64 - PAGE_SHIFT)

struct walk {
	const struct image	*img;
	const struct host	*host;		/* NULL: scratch and nodes are not known */
	bool			dump;
	struct tree		*t;
	uint64_t		nr_pages;	/* up to the end of memory */
	uint64_t		*tables, *pages;
};

static void __attribute__((format(printf, 2, 3))) fault(struct walk *w, const char *fmt, ...)
{
	va_list args;

	if (w->t->faults++ >= MAX_FAULTS)
		return;
	va_start(args, fmt);
	w->t->fault[w->t->faults - 1] = text_vformat(fmt, args);
	va_end(args);
}

/* Set the bits of [pfn, pfn + nr); returns whether one was set. */
static bool set_bits(uint64_t *map, uint64_t pfn, uint64_t nr)
{
	uint64_t end = pfn + nr, taken = 0;

	while (pfn < end) {
		uint64_t mask = ~0ULL << pfn % 64, *word = &map[pfn / 64];

		if (end - pfn < 64 - pfn % 64)
			mask &= ~(~0ULL << end % 64);
		taken |= *word & mask;
		*word |= mask;
		pfn = (pfn / 64 + 1) * 64;
	}
	return taken;
}

static const struct area *scratch_of(const struct host *host, uint64_t phys, uint64_t len)
{
	size_t i;

	for (i = 0; host && i < host->nr_scratch; i++) {
		const struct area *a = &host->scratch[i];

		if (phys < a->addr + a->size && a->addr < phys + len)
			return a;
	}
	return NULL;
}

static bool add_table(struct walk *w, uint64_t phys, unsigned int level, uint64_t from)
{
	const char *fault_text = phys % PAGE_BYTES ? "is not aligned to a page" :
		!image_has(w->img, phys, PAGE_BYTES) ? "is outside memory" :
		scratch_of(w->host, phys, PAGE_BYTES) ? "is in scratch memory" :
		set_bits(w->tables, phys >> PAGE_SHIFT, 1) ?
		"is in the tree already: two slots point to it" : NULL;

	if (fault_text)
		fault(w, "%s at %#" PRIx64 " (level %u, slot at %#" PRIx64 ") %s",
		      level == TOP_LEVEL ? "the root" : level ? "a table" : "a bitmap", phys, level,
		      from, fault_text);
	return !fault_text;
}

static void add_folio(struct walk *w, uint64_t pfn, unsigned int order)
{
	int node = w->host ? host_node(w->host, pfn) : 0;

	w->t->folios[node < 0 ? 0 : node][order]++;
	w->t->pages += 1ULL << order;
	if (w->dump)
		printf("      folio %#" PRIx64 " order %u\n", pfn << PAGE_SHIFT, order);
}

/* Order of a key, negative if it has none. */
static int key_order(uint64_t key)
{
	int order = key ? ORDER0_BIT - (63 - __builtin_clzll(key)) : -1;

	return order > MAX_ORDER ? -1 : order;
}

static void walk_key(struct walk *w, uint64_t key, uint64_t leaf)
{
	int order = key_order(key);
	const struct area *scratch;
	uint64_t pfn, phys, len;

	w->t->keys++;
	if (order < 0) {
		fault(w, "key %#" PRIx64 " (bit %" PRIu64 " of the bitmap at %#" PRIx64
		      ") has no possible order", key, key % (1 << LEAF_BITS), leaf);
		return;
	}
	pfn = (key ^ 1ULL << (ORDER0_BIT - order)) << order;
	phys = pfn << PAGE_SHIFT;
	len = PAGE_BYTES << order;
	scratch = scratch_of(w->host, phys, len);
	if (pfn >= w->nr_pages || !image_has(w->img, phys, len))
		fault(w, "folio of order %d at %#" PRIx64 " is outside memory", order, phys);
	else if (scratch)
		fault(w, "folio of order %d at %#" PRIx64 " is in the scratch area at %#" PRIx64,
		      order, phys, scratch->addr);
	else if (set_bits(w->pages, pfn, 1ULL << order))
		fault(w, "folio of order %d at %#" PRIx64 " overlaps a larger one", order, phys);
	else
		add_folio(w, pfn, order);
}

static void walk_word(struct walk *w, uint64_t word, uint64_t key, uint64_t leaf)
{
	for (; word; word &= word - 1)
		walk_key(w, key | __builtin_ctzll(word), leaf);
}

static void walk_table(struct walk *w, uint64_t phys, unsigned int level, uint64_t key,
		       uint64_t from)
{
	const unsigned int shift = level ? (level - 1) * SLOT_BITS + LEAF_BITS : 0;
	uint64_t words[SLOTS], i;

	if (!add_table(w, phys, level, from))
		return;
	if (!image_read(w->img, phys, false, words, sizeof(words))) {
		fault(w, "the page of the tree at %#" PRIx64 " cannot be read", phys);
		return;
	}
	w->t->tables++;
	if (w->dump)
		printf("%*slevel %u at %#" PRIx64 ", keys from %#" PRIx64 "\n",
		       (int)(TOP_LEVEL - level), "", level, phys, key);
	for (i = 0; i < SLOTS; i++) {
		if (!words[i])
			continue;
		if (!level)
			walk_word(w, words[i], key | i * 64, phys);
		else if (i << shift >> (ORDER0_BIT + 1))
			/* order 0 has the widest keys */
			fault(w, "slot %" PRIu64 " of the root is for keys that are too wide", i);
		else
			walk_table(w, words[i], level - 1, key | i << shift, phys + 8 * i);
	}
}

/* Words [from, end) of both maps: ranges, and tables that are preserved. */
static void check_words(struct walk *w, uint64_t from, uint64_t end)
{
	uint64_t i, before = from ? w->pages[from - 1] >> 63 : 0;

	for (i = from; i < end; i++) {
		uint64_t pages = w->pages[i], both = pages & w->tables[i];

		w->t->ranges += __builtin_popcountll(pages & ~(pages << 1 | before));
		before = pages >> 63;
		if (both)
			fault(w, "the page of the tree at %#" PRIx64 " is also preserved itself",
			      (i * 64 + __builtin_ctzll(both)) << PAGE_SHIFT);
	}
}

/* Only where there is memory: addresses may be far apart. */
static void check_maps(struct walk *w)
{
	uint64_t done = 0;
	const struct segment *s;

	for (s = w->img->v; s < w->img->v + w->img->nr; s++) {
		uint64_t from = s->phys >> PAGE_SHIFT >> 6;
		uint64_t end = ((s->phys + s->size) >> PAGE_SHIFT >> 6) + 1;

		check_words(w, from > done ? from : done, end);
		if (end > done)
			done = end;
	}
}

struct tree *tree_walk(const struct image *img, uint64_t root, const struct host *host, bool dump)
{
	static struct tree tree;
	struct walk w = {
		.img = img,
		.host = host,
		.dump = dump,
		.t = &tree,
		.nr_pages = img->end >> PAGE_SHIFT,
	};

	tree.root = root;
	w.tables = checked(calloc(w.nr_pages / 64 + 1, sizeof(*w.tables)));
	w.pages = checked(calloc(w.nr_pages / 64 + 1, sizeof(*w.pages)));
	walk_table(&w, root, TOP_LEVEL, 0, 0);
	check_maps(&w);
	free(w.tables);
	free(w.pages);
	return &tree;
}

struct text tree_text(const struct tree *t)
{
	struct text text;

	snprintf(text.s, sizeof(text.s), "%.26s folios, %.26s pages (%.11s) in %.26s ranges",
		 text_count(t->keys).s, text_count(t->pages).s, text_bytes(t->pages * PAGE_BYTES).s,
		 text_count(t->ranges).s);
	return text;
}

void tree_add(const struct tree *t, struct json_object *to)
{
	json_add(to, "folios", t->keys);
	json_add(to, "pages", t->pages);
	json_add(to, "ranges", t->ranges);
	json_add(to, "tables", t->tables);
	json_add(to, "faults", t->faults);
}
