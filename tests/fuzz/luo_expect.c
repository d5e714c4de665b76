// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expected contents of an image, from the description of luo-v5 only, without
 * code or structures of the kernel. Slow. Where it and the kernel disagree, one
 * of them is wrong.
 */
#include "fuzz.h"

#define BLOCK_HEAD	16
#define SESSION_BYTES	80	/* name of 64, address of files, number of files */
#define FILE_BYTES	64	/* handler of 48, data, token */
#define FLB_BYTES	64	/* name of 48, data, number of files; before them pages, number */

static bool seen[NR_PAGES];

static u64 word(const u8 *p)
{
	u64 value = 0;
	int i;

	for (i = 7; i >= 0; i--)
		value = value << 8 | p[i];
	return value;
}

/* A preserved page that was not read before */
static const u8 *visit(u64 pa)
{
	const u8 *page = image_page(pa);
	unsigned int nr = (pa - IMAGE_PA) / PAGE_STRIDE;

	if (!page || image.owner[nr] != PRESERVED || seen[nr])
		return NULL;
	seen[nr] = true;
	return page;
}

static bool ends(const u8 *text, unsigned int size)
{
	return text[0] && memchr(text, 0, size);
}

/* One that was never written, at the end of a chain, as stock may leave it */
static bool is_spare(const u8 *block)
{
	unsigned int i;

	for (i = 0; i < PAGE_SIZE; i++)
		if (block[i])
			return false;
	return true;
}

/* Visit all of a chain before its contents are used. */
static bool visit_chain(u64 pa, unsigned int bytes)
{
	while (pa) {
		const u8 *block = visit(pa);

		if (!block || (word(block + 8) < 1 && !is_spare(block)) ||
		    word(block + 8) > (PAGE_SIZE - BLOCK_HEAD) / bytes)
			return false;
		pa = word(block);
	}

	return true;
}

static bool see_files(u64 pa, u64 nr)
{
	u64 found = 0, i;

	if (!visit_chain(pa, FILE_BYTES))
		return false;
	for (; pa; pa = word(image_page(pa))) {
		const u8 *block = image_page(pa);

		for (i = 0; i < word(block + 8); i++, found++) {
			if (!ends(block + BLOCK_HEAD + i * FILE_BYTES, 48))
				return false;
		}
	}

	return found == nr;
}

static bool see_session(const u8 *ser, struct expected *e)
{
	e->sessions++;
	e->files += word(ser + 72);
	return ends(ser, 64) && see_files(word(ser + 64), word(ser + 72));
}

static bool see_sessions(u64 pa, struct expected *e)
{
	u64 i;

	for (; pa; pa = word(image_page(pa))) {
		const u8 *block = image_page(pa);

		for (i = 0; i < word(block + 8); i++) {
			if (!see_session(block + BLOCK_HEAD + i * SESSION_BYTES, e))
				return false;
		}
	}

	return true;
}

/* Does an earlier FLB have this name? */
static bool is_new(const u8 *flbs, u64 nr)
{
	u64 i;

	for (i = 0; i < nr; i++) {
		if (!strcmp((char *)flbs + i * FLB_BYTES, (char *)flbs + nr * FLB_BYTES))
			return false;
	}

	return true;
}

static bool see_flbs(u64 pa, struct expected *e)
{
	const u8 *page, *flbs;

	if (!pa)
		return true;
	page = visit(pa);
	if (!page || word(page) != 1 || word(page + 8) > 63)
		return false;
	flbs = page + 16;
	for (; e->flbs < word(page + 8); e->flbs++) {
		const u8 *flb = flbs + e->flbs * FLB_BYTES;

		if (!ends(flb, 48) || !word(flb + 56) || word(flb + 56) >> 31 ||
		    !is_new(flbs, e->flbs))
			return false;
	}

	return true;
}

/* Pages are visited in the order in which the kernel restores them. */
struct expected expect(void)
{
	u64 root_pa = image_pa(image.head.root % NR_PAGES);
	const u8 *root = image_page(root_pa);
	struct expected e = {};

	memset(seen, 0, sizeof(seen));
	e.valid = (!image.head.root_size || image.head.root_size >= 32) &&
		  !memcmp(root, "luo-v5", 7) && visit(root_pa) &&
		  visit_chain(word(root + 16), SESSION_BYTES) &&
		  see_flbs(word(root + 24), &e) && see_sessions(word(root + 16), &e);
	return e;
}
