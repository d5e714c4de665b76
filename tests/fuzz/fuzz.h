/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Common parts of tests/fuzz/. An input describes a small physical memory:
 *
 *	struct head | struct op | struct op | ...
 *
 * Each op writes a few bytes into a page, or sets the owner of a page. Ops have
 * one size and no invalid values, so most mutations are meaningful.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <linux/mm.h>
#include <linux/kho_block.h>

/* Every other page does not exist, so that overruns are found. */
#define NR_PAGES	16
#define IMAGE_PA	0x100000UL
#define PAGE_STRIDE	(2 * PAGE_SIZE)

/**
 * struct head - Header of an input.
 * @root:      The page of the root record.
 * @fault:     Number of the allocation that fails, from 1, or 0.
 * @root_size: Size of the root record as passed on; 0: its real size.
 * @refuse:    Number of the callback of the reader that fails, from 1, or 0.
 * @unused:    Any value.
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
 * struct op - A step that builds the image.
 * @kind:  enum op_kind, modulo NR_OPS
 * @page:  Page, modulo NR_PAGES.
 * @at:    Offset in the page, modulo its size.
 * @value: See enum op_kind.
 */
struct op {
	u8	kind;
	u8	page;
	u16	at;
	u64	value;
} __packed;
static_assert(sizeof(struct head) == 8 && sizeof(struct op) == 12);

/* Owner of a page; the kernel must not access one that is not preserved */
enum owner {
	PRESERVED,	/* by itself: can be restored */
	NOT_PRESERVED,
	IN_FOLIO,	/* preserved, in a folio of two */
	NR_OWNERS,	/* in an input; the rest comes later */
	RESTORED,
	FREED,
};

/**
 * struct image - Memory that the previous kernel left.
 * @head:        Header of the input.
 * @owner:       Owner of each page.
 * @nr_restored: Number of pages restored so far.
 * @nr_freed:    Number of pages freed so far.
 */
struct image {
	struct head	head;
	enum owner	owner[NR_PAGES];
	unsigned int	nr_restored, nr_freed;
};

extern struct image image;

/* Enough for each shape of the corpus */
#define MAX_OPS		1024

/* image.c */
void image_read(const u8 *data, size_t size);
void image_close(void);
u64 image_pa(unsigned int page);
u8 *image_page(u64 pa);
void *image_alloc(void);
size_t image_write(struct op *ops, unsigned int page);

/* save.c */
bool save(const char *folder, const char *what, const char *name,
	  const struct head *head, const struct op *ops, size_t nr);

/* luo_expect.c: expected result, found in a slow and obvious way */
struct expected {
	bool	valid;
	u64	sessions, files, flbs;
};

struct expected expect(void);

/* luo.c or memfd.c: run the target; false if it refused the handover */
bool run_target(const u8 *data, size_t size);

/* fuzz.c: entry points of libFuzzer, and its mutator */
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max_size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned int seed);

#endif /* FUZZ_H */
