// SPDX-License-Identifier: GPL-2.0-only
/*
 * Write the corpus of memfds, with lists of records from records.c; see
 * luo_corpus.c.
 *
 * usage: memfd-corpus FOLDER	exit status: 0 written, 1 not
 */
#include <stdio.h>

#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/kho/abi/memfd.h>

#include "memfd/records.h"
#include "memfd_expect.h"

/* Layout of the shapes below; folios follow */
#define SER		0
#define RECORDS		1
#define CHUNK		2
#define FOLIO		3
#define INDEX(n)	((n) * 16 + 8)
#define SIZE_PAGES	100

#define WORD(page, at, value)	{ OP_WORD, page, at, value }
#define LINK(page, at, to)	{ OP_LINK, page, at, to }
#define OWNER(page, who)	{ OP_OWNER, page, 0, who }
#define RECORD(n, flags, page)						\
	WORD(RECORDS, (n) * 16,						\
	     (u64)(flags) << 52 | (IMAGE_PA + (page) * PAGE_STRIDE) >> PAGE_SHIFT)

/* Shapes of @nr folios; @taken: can be retrieved */
static const struct file_shape {
	const char	*name;
	bool		taken;
	unsigned int	nr;
	struct op	ops[2];
	struct head	head;
} shapes[] = {
	{ "empty", true },
	{ "folios", true, 4 },
	{ "large-folio", true, 2, { OWNER(FOLIO, IN_FOLIO) } },
	{ "hole", true, 4, { WORD(RECORDS, 16, 0) } },
	{ "fewer-than-room", true, 4, { WORD(SER, 24, 4) } },
	{ "seals", true, 1, { WORD(SER, 16, 0x3f) } },
	{ "ser-of-nobody", false, 4, { OWNER(SER, NOT_PRESERVED) } },
	{ "ser-is-odd", false, 4, .head.root_size = 8 },
	{ "discarded", false, 4, .head.refuse = 1 },
	{ "without-memory", true, 4, .head.fault = 3 },
	{ "unknown-seal", false, 4, { WORD(SER, 16, 0x40) } },
	{ "unknown-flag-of-file", false, 4, { WORD(SER, 16, 1UL << 32) } },
	{ "size-negative", false, 4, { WORD(SER, 8, 1UL << 63) } },
	{ "pos-negative", false, 4, { WORD(SER, 0, 1UL << 63) } },
	{ "too-many-records", false, 4, { WORD(SER, 24, 257) } },
	{ "records-nowhere", false, 4, { WORD(SER, 32, 0) } },
	{ "records-of-nobody", false, 4, { OWNER(RECORDS, NOT_PRESERVED) } },
	{ "records-larger", false, 4, { OWNER(RECORDS, IN_FOLIO) } },
	{ "records-are-the-chunk", false, 4, { LINK(CHUNK, 8, CHUNK) } },
	{ "more-pages-than-said", false, 4, { LINK(CHUNK, 16, FOLIO + 4) } },
	{ "fewer-pages-than-said", false, 4, { WORD(CHUNK, 8, 0) } },
	{ "order-32", false, 4, { WORD(SER, 40, 1 | 32UL << 48) } },
	{ "order-1", false, 4, { WORD(SER, 40, 2 | 1UL << 48) } },
	{ "chunk-of-nobody", false, 4, { OWNER(CHUNK, NOT_PRESERVED) } },
	{ "chunk-is-next", false, 4, { LINK(CHUNK, 0, CHUNK) } },
	{ "folio-of-nobody", false, 4, { OWNER(FOLIO + 2, NOT_PRESERVED) } },
	{ "folio-twice", false, 4, { RECORD(1, 3, FOLIO + 3) } },
	{ "folio-is-the-chunk", false, 4, { RECORD(1, 3, CHUNK) } },
	{ "folio-of-unknown-flag", false, 4, { RECORD(1, 7, FOLIO + 1) } },
	{ "index-behind-the-end", false, 4, { WORD(RECORDS, INDEX(1), SIZE_PAGES) } },
	{ "index-twice", false, 4, { WORD(RECORDS, INDEX(3), 2) } },
	{ "index-not-aligned", false, 2,
	  { OWNER(FOLIO, IN_FOLIO), WORD(RECORDS, INDEX(0), 5) } },
};

static void add(struct kho_fast_records *records, u64 index)
{
	struct memfd_luo_folio_ser *record = kho_fast_records_add(records);

	if (IS_ERR(record))
		shim_die("a shape is too large");
	*record = (struct memfd_luo_folio_ser){
		.flags = MEMFD_LUO_FOLIO_DIRTY | MEMFD_LUO_FOLIO_UPTODATE, .index = index,
	};
	record->pfn = PHYS_PFN(virt_to_phys(image_alloc()));
}

/* Returns the number of ops. */
static size_t write_file(unsigned int nr_folios, struct op *ops)
{
	struct kho_fast_records records = {};
	struct kho_vmalloc folios;
	struct memfd_luo_ser *ser;
	size_t nr = 0;
	unsigned int i;

	image_read(NULL, 0);
	frames_init();
	ser = image_alloc();
	for (i = 0; i < nr_folios; i++)
		add(&records, 2 * i);
	ser->pos = 5;
	ser->size = SIZE_PAGES * PAGE_SIZE - 7;
	ser->nr_folios = kho_fast_records_store(&records, &folios);
	ser->folios = folios;
	for (i = 0; i < NR_PAGES; i++)
		nr += image_write(ops + nr, i);
	return nr;
}

/* Zero words are left out. */
static size_t add_ops(struct op *ops, size_t nr, const struct file_shape *shape)
{
	static const struct op none;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shape->ops); i++) {
		if (memcmp(&shape->ops[i], &none, sizeof(none)))
			ops[nr++] = shape->ops[i];
	}

	return nr;
}

int main(int argc, char **argv)
{
	static struct op ops[NR_PAGES * PAGE_SIZE / sizeof(u64)];
	unsigned int i;
	bool ok = true;

	if (argc != 2) {
		fprintf(stderr, "usage: memfd-corpus FOLDER\n");
		return 1;
	}
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		const struct file_shape *s = &shapes[i];
		size_t nr = add_ops(ops, write_file(s->nr, ops), s);

		ok &= save(argv[1], s->taken ? "taken" : "refused", s->name, &s->head, ops, nr);
	}
	return !ok;
}
