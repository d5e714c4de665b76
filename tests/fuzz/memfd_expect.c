// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file that an image describes, from the description of memfd-v2 only; see
 * luo_expect.c. Pages are visited in the order in which the kernel restores
 * them.
 */
#include "memfd_expect.h"

#define KNOWN_SEALS	0x3f	/* of fcntl(2), the lowest six */
#define RECORD_BYTES	16

static bool seen[NR_PAGES];
static unsigned int nr_seen;	/* in pages of memory: a folio may have two */

static u64 get(const u8 *p, unsigned int bytes)
{
	u64 value = 0;

	while (bytes--)
		value = value << 8 | p[bytes];
	return value;
}

/*
 * Addresses may point into a page. Returns the number of pages there, 0 if it
 * is not a head page.
 */
static unsigned int visit(u64 pa, u64 max)
{
	u64 start = pa & ~(PAGE_SIZE - 1);
	unsigned int page = (start - IMAGE_PA) / PAGE_STRIDE, nr;

	if (!image_page(start) || image.owner[page] == NOT_PRESERVED || seen[page])
		return 0;
	nr = image.owner[page] == IN_FOLIO ? 2 : 1;
	if (nr > max)
		return 0;
	seen[page] = true;
	nr_seen += nr;
	return nr;
}

static bool visit_run(u64 pa, u64 nr)
{
	u64 done = 0, step;

	for (; done < nr; done += step) {
		step = visit(pa + done * PAGE_SIZE, nr - done);
		if (!step)
			return false;
	}

	return true;
}

/* Pages of records, in order */
struct records {
	u64		pa[NR_PAGES];
	unsigned int	nr, order;
};

static bool visit_chain(const u8 *ser, struct records *r)
{
	u64 chunk = get(ser + 32, 8), left = get(ser + 40, 4);
	unsigned int i;

	r->order = get(ser + 46, 2);
	if (r->order > 31)
		return false;
	for (; chunk; chunk = get(image_page(chunk & ~(PAGE_SIZE - 1)), 8)) {
		const u8 *entries = image_page(chunk & ~(PAGE_SIZE - 1));

		if (!visit_run(chunk, 1))
			return false;
		for (i = 1; i < 512 && get(entries + 8 * i, 8); i++) {
			u64 pa = get(entries + 8 * i, 8), nr = 1UL << r->order;

			if (left < nr || !visit_run(pa, nr))
				return false;
			left -= nr;
			r->pa[r->nr++] = pa & ~(PAGE_SIZE - 1);
		}
	}

	return !left;
}

static bool overlaps(const struct memfd_expected *e, u64 index, unsigned int pages)
{
	unsigned int i;

	for (i = 0; i < e->nr; i++) {
		if (index < e->at[i].index + e->at[i].pages && e->at[i].index < index + pages)
			return true;
	}

	return false;
}

static bool see_record(const u8 *record, struct memfd_expected *e)
{
	u64 pfn = get(record, 8) << 12 >> 12, flags = get(record, 8) >> 52;
	u64 index = get(record + 8, 8), file_pages = e->size / PAGE_SIZE + !!(e->size % PAGE_SIZE);
	unsigned int pages;

	if (!pfn)
		return true;
	pages = visit(pfn * PAGE_SIZE, ULONG_MAX);
	if (!pages || flags > 3 || index >= file_pages || index % pages ||
	    overlaps(e, index, pages))
		return false;
	e->at[e->nr++] = (struct memfd_expected_folio){ pfn, index, flags, pages };
	return true;
}

/* All of them, even after a fault: everything preserved must be freed. */
static bool see_records(const struct records *r, u64 nr, struct memfd_expected *e)
{
	u64 per_entry = (PAGE_SIZE << r->order) / RECORD_BYTES, room = r->nr * per_entry, i;
	bool valid = nr <= room;

	for (i = 0; i < nr && i < room; i++) {
		/* The second page of a folio follows the first one. */
		const u8 *page = image_page(r->pa[i / per_entry]);

		if (!see_record(page + i % per_entry * RECORD_BYTES, e))
			valid = false;
	}

	return valid;
}

struct memfd_expected memfd_expect(u64 ser_pa)
{
	const u8 *ser = image_page(ser_pa);
	struct memfd_expected e = {};
	struct records r = {};

	memset(seen, 0, sizeof(seen));
	nr_seen = 0;
	if (!ser || !visit(ser_pa, ULONG_MAX))
		return e;
	e.pos = get(ser, 8);
	e.size = get(ser + 8, 8);
	e.seals = get(ser + 16, 4);
	/* Without records there is no chain. */
	if ((get(ser + 24, 8) || get(ser + 32, 8)) &&
	    (!get(ser + 32, 8) || !visit_chain(ser, &r)))
		return e;
	e.valid = see_records(&r, get(ser + 24, 8), &e) && !(e.seals & ~KNOWN_SEALS) &&
		  !get(ser + 20, 4) && e.size <= LONG_MAX && e.pos <= LONG_MAX;
	e.nr_pages = nr_seen;
	return e;
}
