/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the files of tests/fuzz/. An input is a small physical memory:
 *
 *	struct head | struct op | struct op | ...
 *
 * where each op writes a little into one page, or says whose the page is. Ops have
 * one size, and none is invalid, so most of what a mutator does makes sense.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <linux/mm.h>
#include <linux/kho_block.h>

/* Every second page is none: whatever runs over the end of one is found. */
#define NR_PAGES	16
#define IMAGE_PA	0x100000UL
#define PAGE_STRIDE	(2 * PAGE_SIZE)

/**
 * struct head - How an input begins.
 * @root:      The page with the root record.
 * @fault:     If not 0, the allocation that fails, counted from 1.
 * @root_size: Bytes that the root record is said to have; 0 for what it needs.
 * @refuse:    If not 0, the call of the reader that fails, counted from 1.
 * @unused:    Anything.
 */
struct head {
	u8	root;
	u8	fault;
	u16	root_size;
	u16	refuse;
	u16	unused;
} __packed;

enum op_kind {
	OP_WORD,	/* write @value */
	OP_LINK,	/* write the address of page @value, its lowest byte, plus the rest */
	OP_REPEAT,	/* write what is there again: @value & 0xffff bytes, @value >> 16 times */
	OP_FILL,	/* write the lowest byte of @value, @value >> 8 times */
	OP_OWNER,	/* the page is @value of enum owner */
	NR_OPS,
};

/**
 * struct op - One step towards an image.
 * @kind:  enum op_kind, modulo NR_OPS
 * @page:  Modulo NR_PAGES.
 * @at:    Where in the page, modulo its size.
 * @value: See enum op_kind.
 */
struct op {
	u8	kind;
	u8	page;
	u16	at;
	u64	value;
} __packed;
static_assert(sizeof(struct head) == 8 && sizeof(struct op) == 12);

/* Whose is a page? What is not preserved is not to be looked at. */
enum owner {
	PRESERVED,	/* by itself: can be claimed */
	NOBODY,
	PART_OF_MORE,	/* preserved, in a folio of two */
	NR_OWNERS,	/* in an input; the rest comes later */
	CLAIMED,
	RELEASED,
};

/**
 * struct image - What the previous kernel left.
 * @head:  See there.
 * @owner: Of each page.
 * @nr_claimed, @nr_released: How many pages were, so far.
 */
struct image {
	struct head	head;
	enum owner	owner[NR_PAGES];
	unsigned int	nr_claimed, nr_released;
};

extern struct image image;

/* Records of the shapes of the corpus, all of them small enough. */
#define MAX_OPS		1024

/* image.c */
void image_read(const u8 *data, size_t size);
void image_close(void);
u64 image_pa(unsigned int page);
u8 *image_page(u64 pa);
void *image_take(void);
size_t image_write(struct op *ops, unsigned int page);

/* save.c */
bool save(const char *folder, const char *what, const char *name,
	  const struct head *head, const struct op *ops, size_t nr);

/* luo_expect.c: what should come of it, found in a slow and obvious way */
struct expected {
	bool	sound;
	u64	sessions, files, flbs;
};

struct expected expect(void);

/* luo.c or memfd.c: what comes of it; false if it was refused */
bool take_over(const u8 *data, size_t size);

/* fuzz.c: what libFuzzer calls, and what it offers in turn */
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max_size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned int seed);

#endif /* FUZZ_H */
