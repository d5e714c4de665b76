/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file in memory on a random machine; see memfd.c.
 */
#ifndef MEMFD_H
#define MEMFD_H

#include <linux/liveupdate.h>
#include <linux/kho/abi/memfd.h>

#include "kexec.h"

#define MAX_PAGES	6000UL

extern int (*shim_initcall_memfd_luo_init)(void);

/* The expected file, and what is handed over besides; shared memory */
extern struct old {
	u64		ser_pa;
	loff_t		size, pos;
	unsigned int	seals;
	bool		stamped[MAX_PAGES];
	unsigned long	pfn[MAX_PAGES];		/* of each page, 0 in a hole */
	/* Of the machine, at the moment of the kexec. */
	unsigned long	nr_pages;
	u8		held[1UL << 18];
} *old;

extern struct file *file;
extern struct liveupdate_file_op_args args;

extern bool memfd_freeze_is_late;

void memfd_machine(void);
void memfd_first_kernel(void);
void memfd_register_handler(void);
const struct liveupdate_file_ops *memfd_ops(void);

/* One pageblock in six is in such an area; its pages must not be pinned. */
void memfd_make_cma_areas(void);

/* A random file of @pages pages. @holes: one in so many folios is missing, or 0. */
void memfd_make_file(unsigned long pages, unsigned int holes);

/* NOT_UPTODATE: with contents of a previous owner */
enum kind { CLEAN, DIRTY, NOT_UPTODATE, NR_KINDS };
void memfd_add_folio(pgoff_t index, unsigned int order, enum kind kind);

/* A first kernel with a file of three folios of four pages each. */
void memfd_three_folios(void);

/* Contents of a page of the file, by its index */
u64 memfd_contents(pgoff_t index);

pgoff_t memfd_pages(const struct file *f);

/* The folio with that page, or NULL */
struct folio *memfd_folio_at(struct file *f, pgoff_t index);

/* Record @i of the file whose description is at @ser_pa */
struct memfd_luo_folio_ser *memfd_record(u64 ser_pa, unsigned int i);

/* Fill one hole in two. */
void memfd_fill_holes(void);

/* Preserve and freeze the file, for the next kernel. */
void memfd_preserve_file(void);

/* A first kernel that preserves a random file */
void memfd_hand_over(unsigned long pages, unsigned int holes);

/* Boot the next kernel; the file is in args. Files with so many records are filled later. */
extern unsigned long memfd_lazy_records;
void memfd_next_kernel(void);
extern long memfd_objects_of_boot;

/* Pages that were preserved, and are neither preserved nor free */
unsigned long memfd_nr_lost(void);

/* Pages of the file that are still preserved */
unsigned long memfd_nr_kept(void);

/* Is it the file that was preserved? */
bool memfd_is_right(struct file *f);
bool memfd_page_is_right(struct file *f, pgoff_t index);
bool memfd_retrieve_and_compare(void);

#endif /* MEMFD_H */
