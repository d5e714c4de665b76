/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preserving and retrieving memfds.
 */
#ifndef _KERNEL_KHO_FAST_MEMFD_MEMFD_H
#define _KERNEL_KHO_FAST_MEMFD_MEMFD_H

#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/fs.h>
#include <linux/kconfig.h>
#include <linux/kho/abi/kho_memfd.h>
#include <linux/kho/abi/memfd.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/types.h>

#include "records.h"

struct folio;
struct file;
struct kho_fast_fault;
struct memfd_luo_ser;

/**
 * struct kho_fast_memfd_record - Record of a folio.
 * @pfn:   Its page frame; 0 in an unused record.
 * @flags: MEMFD_LUO_FOLIO_*
 * @word:  Both.
 * @index: Its index in the file.
 *
 * &struct memfd_luo_folio_ser, but aligned: of a packed structure the compiler
 * reads and writes each byte by itself.
 */
struct kho_fast_memfd_record {
	union {
		struct {
			u64	pfn:52;
			u64	flags:12;
		};
		u64		word;
	};
	u64			index;
};
static_assert(sizeof(struct kho_fast_memfd_record) == KHO_FAST_RECORD_SIZE);

/* Low bits of @word: @pfn; the others are @flags. */
#define KHO_FAST_MEMFD_PFN_BITS		52

static_assert(sizeof(struct memfd_luo_folio_ser) == KHO_FAST_RECORD_SIZE);
static_assert(offsetof(struct kho_fast_memfd_record, index) ==
	      offsetof(struct memfd_luo_folio_ser, index));

/*
 * Share of a folio in the checksum of all records of its file. A change of one
 * of the three values always changes it: each step can be reversed.
 */
static inline u64 kho_fast_memfd_sum(const struct kho_fast_memfd_record *record,
				     unsigned int order)
{
	u64 sum = (record->word ^ (u64)order << 58) * 0x9e3779b97f4a7c15;

	sum ^= record->index * 0xc2b2ae3d27d4eb4f;
	sum = (sum ^ sum >> 32) * 0xd6e8feb86659fd93;
	/* Not linear: indices that two records have exchanged are found. */
	return sum ^ sum >> 32;
}

/**
 * struct kho_fast_memfd_pin - Which folios to pin.
 * @file:     The file. No page of it can be removed.
 * @only_new: Only those that are not preserved.
 */
struct kho_fast_memfd_pin {
	struct file	*file;
	bool		only_new;
};

/* Bytes of a description with its attributes */
#define KHO_FAST_MEMFD_SIZE						\
	(KHO_MEMFD_OFFSET + sizeof(struct kho_memfd_ser))

/* The attributes beside a description, which is at the start of a page. */
static inline struct kho_memfd_ser *
kho_fast_memfd_attributes(const struct memfd_luo_ser *ser)
{
	return (void *)ser + KHO_MEMFD_OFFSET;
}

/* pin.c */
long kho_fast_memfd_pin(const struct kho_fast_memfd_pin *pin, pgoff_t pos,
			pgoff_t end, struct folio **folios, unsigned long max);
void kho_fast_memfd_report_refused(struct folio **folios, unsigned long nr);

/**
 * struct kho_fast_memfd_out - A memfd that is preserved.
 * @ser:        Its description, preserved.
 * @records:    Its records.
 * @alloced:    Number of pages that the file had before its folios were
 *              preserved, also of those behind its end.
 * @has_behind: Has it pages behind its end?
 * @poisoned:   Number of pages of the machine that had a memory error before
 *              its folios were last checked.
 * @pos:        Position in the file, as in @ser.
 * @seals:      Its seals, as in @ser.
 * @mode:       Its permission bits, as in the attributes beside @ser.
 */
struct kho_fast_memfd_out {
	struct memfd_luo_ser	*ser;
	struct kho_fast_records	records;
	unsigned long		alloced;
	bool			has_behind;
	long			poisoned;
	loff_t			pos;
	unsigned int		seals;
	u32			mode;
};

/* Pages of records that a task takes at once: of as many folios as a section */
#define KHO_FAST_MEMFD_PART	(PAGES_PER_SECTION / KHO_FAST_RECORDS_PER_PAGE)
static_assert(PAGES_PER_SECTION >= KHO_FAST_RECORDS_PER_PAGE);

/* Tasks that the records of a file reward */
static inline unsigned long
kho_fast_memfd_tasks(const struct kho_fast_memfd_out *out)
{
	return DIV_ROUND_UP(out->records.chain.nr_pages, KHO_FAST_MEMFD_PART);
}

/* Pages of the machine that have a memory error */
static inline long kho_fast_memfd_nr_poisoned(void)
{
	return IS_ENABLED(CONFIG_MEMORY_FAILURE) ?
	       atomic_long_read(&num_poisoned_pages) : 0;
}

/* poison.c */
int kho_fast_memfd_report_poison(struct folio *folio);
int kho_fast_memfd_find_poison(struct kho_fast_memfd_out *out);

/* Check a pinned folio for memory errors: 0, or -EHWPOISON with a message. */
static inline int kho_fast_memfd_check_poison(struct folio *folio)
{
	return unlikely(folio_contain_hwpoisoned_page(folio)) ?
	       kho_fast_memfd_report_poison(folio) : 0;
}

/* memfd.c */
void kho_fast_memfd_write_name(struct kho_memfd_ser *ser,
			       const struct file *file);

/* preserve.c */
int kho_fast_memfd_preserve(struct kho_fast_memfd_out *out, struct file *file);
int kho_fast_memfd_update(struct kho_fast_memfd_out *out, struct file *file);

/* unpreserve.c */
void kho_fast_memfd_unpreserve(struct kho_fast_memfd_out *out,
			       const struct file *file);

/* Number of pages, for the tracepoint only */
static inline unsigned long kho_fast_memfd_count(struct folio **folios,
						 unsigned long nr)
{
	unsigned long i, pages = 0;

	for (i = 0; i < nr; i++)
		pages += folio_nr_pages(folios[i]);
	return pages;
}

/* check.c */
unsigned int kho_fast_memfd_read_order(const struct page *page);
int kho_fast_memfd_check_records(const struct kho_fast_memfd_out *out,
				 struct kho_fast_fault *fault);
int kho_fast_memfd_verify_records(const struct kho_fast_memfd_out *out);
int kho_fast_memfd_check(const struct kho_fast_memfd_out *out,
			 const struct file *file, struct kho_fast_fault *fault);

/**
 * struct kho_fast_memfd_range - Adjacent records of a memfd.
 * @first:  The first one; all are restored.
 * @rest:   First record whose folio is still preserved. Folios of the records
 *          before it are restored, and belong to the file.
 * @locked: Number of folios that a retrieval has locked, those of the first
 *          records.
 * @start:  Index of the first page, once the file was surveyed.
 * @end:    Index behind the last page.
 * @pages:  Number of pages.
 * @nid:    Node of the first folio, a hint.
 * @state:  &enum kho_fast_memfd_range_state, while the file is pending.
 */
struct kho_fast_memfd_range {
	struct kho_fast_records_it	first;
	struct kho_fast_records_it	rest;
	u64				locked;
	pgoff_t				start;
	pgoff_t				end;
	unsigned long			pages;
	int				nid;
	unsigned int			state;
};

/*
 * Records that are retrieved at once by a task: as many as a memory section has
 * pages, a few milliseconds of work. On fault a task waits for a range, so
 * there it is an eighth.
 */
#define KHO_FAST_MEMFD_RANGE_RECORDS	PAGES_PER_SECTION
#define KHO_FAST_MEMFD_FAULT_RECORDS	(PAGES_PER_SECTION / 8)

/**
 * struct kho_fast_memfd_in - A memfd of the previous kernel.
 * @ser:       Its description, restored, in the same page.
 * @records:   Its records, all of them restored.
 * @whole:     The only range, unless the file was divided.
 * @ranges:    Ranges of its records, each for one task at a time.
 * @nr_ranges: Number of @ranges.
 * @pages:     Number of its pages, once it was surveyed.
 * @nr_sorted: Number of the first of @ranges that are in ascending order.
 * @err:       Why the file can never be retrieved, or 0.
 */
struct kho_fast_memfd_in {
	const struct memfd_luo_ser	*ser;
	struct kho_fast_records_it	records;
	struct kho_fast_memfd_range	whole;
	struct kho_fast_memfd_range	*ranges;
	unsigned long			nr_ranges;
	unsigned long			pages;
	unsigned long			nr_sorted;
	int				err;
};

/* Whether folios of a range are restored */
static inline bool
kho_fast_memfd_is_begun(const struct kho_fast_memfd_range *range)
{
	return range->rest.nr != range->first.nr;
}

/* incoming.c */
struct kho_fast_memfd_in *kho_fast_memfd_open(phys_addr_t ser_pa);
const struct kho_memfd_ser *
kho_fast_memfd_read_attributes(const struct memfd_luo_ser *ser);
void kho_fast_memfd_divide(struct kho_fast_memfd_in *in,
			   unsigned long nr_records);
void kho_fast_memfd_close(struct kho_fast_memfd_in *in);
void kho_fast_memfd_discard_range(const struct kho_fast_memfd_range *range);
void kho_fast_memfd_discard(struct kho_fast_memfd_in *in);

/* retrieve.c */
struct file *kho_fast_memfd_retrieve(struct kho_fast_memfd_in *in);

/* defer.c: files with at least as many records are filled later; 0: none */
extern unsigned long kho_fast_memfd_lazy_records;

/* workers.c */
int kho_fast_memfd_init_workers(void);

#endif /* _KERNEL_KHO_FAST_MEMFD_MEMFD_H */
