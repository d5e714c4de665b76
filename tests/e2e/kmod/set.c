// SPDX-License-Identifier: GPL-2.0-only
/* Sets: the same functions for folios, runs of pages and vmalloc areas. */
#include <linux/kexec_handover.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "kho_workload.h"

/* Stamped bytes: @bytes of every @step-th page of an entry */
#define HEAD_BYTES	64
static const struct {
	unsigned long step;
	size_t bytes;
} stamps[] = {
	[STAMP_NONE]	= { 1, 0 },
	[STAMP_HEAD]	= { ULONG_MAX, HEAD_BYTES },
	[STAMP_FULL]	= { 1, PAGE_SIZE },
	[STAMP_SPARSE]	= { ULONG_MAX, HEAD_BYTES },
	[STAMP_THIN]	= { 64, HEAD_BYTES },
};

/* "sparse" stamps at least one in so many folios. */
#define SPARSE_EVERY 64

struct workload_set *set_create(void)
{
	struct workload_set *set = kzalloc(sizeof(*set), GFP_KERNEL);

	if (set)
		INIT_LIST_HEAD(&set->list);
	return set;
}

static void entry_free(const struct workload_set *set, u64 entry)
{
	unsigned long pfn = entry_pfn(entry);

	if (set->kind == SET_FOLIOS) {
		folio_put(pfn_folio(pfn));
		return;
	}
	for (unsigned long i = 0; i < entry_arg(entry); i++)
		__free_page(pfn_to_page(pfn + i));
}

void set_destroy(struct workload_set *set)
{
	for (unsigned long i = 0; set->entries && i < set->nr; i++) {
		if (set->entries[i])
			entry_free(set, set->entries[i]);
		cond_resched();
	}
	vfree(set->entries);
	vfree(set->area);
	list_del(&set->list);
	kfree(set);
}

static int entry_preserve(const struct workload_set *set, u64 entry)
{
	unsigned long pfn = entry_pfn(entry);

	if (set->kind == SET_FOLIOS)
		return kho_preserve_folio(pfn_folio(pfn));
	return kho_preserve_pages(pfn_to_page(pfn), entry_arg(entry));
}

static void entry_unpreserve(const struct workload_set *set, u64 entry)
{
	unsigned long pfn = entry_pfn(entry);

	if (set->kind == SET_FOLIOS)
		kho_unpreserve_folio(pfn_folio(pfn));
	else
		kho_unpreserve_pages(pfn_to_page(pfn), entry_arg(entry));
}

/* An area is preserved and restored through the manifest's descriptor. */
int set_preserve(struct workload_set *set)
{
	unsigned long i;
	int err;

	if (set->preserved)
		return 0;
	for (i = 0; set->entries && i < set->nr; i++) {
		err = entry_preserve(set, set->entries[i]);
		if (err)
			goto err_unpreserve;
	}
	set->preserved = true;
	return 0;

err_unpreserve:
	while (i--)
		entry_unpreserve(set, set->entries[i]);
	return err;
}

void set_unpreserve(struct workload_set *set)
{
	for (unsigned long i = 0; set->entries && i < set->nr; i++)
		entry_unpreserve(set, set->entries[i]);
	set->preserved = false;
}

unsigned long set_restore(struct workload_set *set)
{
	unsigned long failed = 0;

	for (unsigned long i = 0; set->entries && i < set->nr; i++) {
		u64 entry = set->entries[i];
		phys_addr_t phys = PFN_PHYS(entry_pfn(entry));
		bool ok;

		if (set->kind == SET_FOLIOS)
			ok = kho_restore_folio(phys);
		else
			ok = kho_restore_pages(phys, entry_arg(entry));
		if (!ok) {
			set->entries[i] = 0; /* must not be checked or freed */
			failed++;
		}
	}
	return failed;
}

/* Pages of entry @i: sets the first pfn, returns their number. */
static unsigned long entry_span(const struct workload_set *set, unsigned long i,
				unsigned long *pfn)
{
	u64 entry = set->entries[i];

	*pfn = entry_pfn(entry);
	if (set->kind == SET_FOLIOS)
		return 1UL << entry_arg(entry);
	return entry_arg(entry);
}

/*
 * The host allocates memory of a guest when it is touched, 2 MiB at a time if
 * it can, so 200 GiB of stamped folios do not fit. "sparse" does not touch
 * folios that are still zero, and marks them.
 */
static void entry_fill(struct workload_set *set, unsigned long i)
{
	unsigned long pfn, nr = entry_span(set, i, &pfn);

	if (set->stamp == STAMP_SPARSE && i % SPARSE_EVERY &&
	    !memchr_inv(pfn_to_kaddr(pfn), 0, HEAD_BYTES)) {
		set->entries[i] |= ENTRY_ZERO;
		return;
	}
	for (unsigned long off = 0; off < nr; off += stamps[set->stamp].step)
		stamp_page(pfn_to_kaddr(pfn + off), set->seed, pfn + off,
			   stamps[set->stamp].bytes);
}

void set_fill(struct workload_set *set)
{
	for (unsigned long i = 0; i < set->nr; i++) {
		if (set->kind == SET_AREA)
			stamp_page(set->area + i * PAGE_SIZE, set->seed, i,
				   PAGE_SIZE);
		else
			entry_fill(set, i);
		cond_resched();
	}
}

static bool entry_contents_ok(struct workload_set *set, unsigned long i)
{
	unsigned long pfn, nr = entry_span(set, i, &pfn);

	if (set->entries[i] & ENTRY_ZERO)
		return !memchr_inv(pfn_to_kaddr(pfn), 0, HEAD_BYTES);
	for (unsigned long off = 0; off < nr; off += stamps[set->stamp].step)
		if (!stamp_matches(pfn_to_kaddr(pfn + off), set->seed,
				   pfn + off, stamps[set->stamp].bytes))
			return false;
	return true;
}

static bool entry_is_sound(struct workload_set *set, unsigned long i)
{
	unsigned long pfn, nr = entry_span(set, i, &pfn);

	if (set->kind == SET_FOLIOS)
		return folio_is_sound(pfn_folio(pfn), pfn, ilog2(nr));
	for (; nr; pfn++, nr--)
		if (!page_is_sound(pfn_to_page(pfn)))
			return false;
	return true;
}

static bool entry_ok(struct workload_set *set, unsigned long i)
{
	if (set->kind == SET_AREA)
		return stamp_matches(set->area + i * PAGE_SIZE, set->seed, i,
				     PAGE_SIZE);
	if (!set->entries[i])
		return false;
	/* Contents last: a folio of the wrong order may not be mapped. */
	return entry_is_sound(set, i) && entry_contents_ok(set, i);
}

unsigned long set_check(struct workload_set *set)
{
	unsigned long bad = 0;

	for (unsigned long i = 0; i < set->nr; i++) {
		bad += !entry_ok(set, i);
		cond_resched();
	}
	return bad;
}

/* Entries that could not be restored */
unsigned long set_missing(const struct workload_set *set)
{
	unsigned long nr = 0;

	for (unsigned long i = 0; set->entries && i < set->nr; i++)
		nr += !set->entries[i];
	return nr;
}

/* One bit, in the middle of the last stamped page of entry @which. */
void set_spoil(struct workload_set *set, unsigned long which)
{
	unsigned long pfn, nr;

	if (set->kind == SET_AREA) {
		*((u8 *)set->area + which * PAGE_SIZE + PAGE_SIZE / 2) ^= 1;
		return;
	}
	nr = entry_span(set, which, &pfn);
	pfn += rounddown(nr - 1, stamps[set->stamp].step);
	*((u8 *)pfn_to_kaddr(pfn) + stamps[set->stamp].bytes / 2) ^= 1;
}

/* Entry @which stays in the manifest, but is not preserved. */
void set_forget(struct workload_set *set, unsigned long which)
{
	if (set->entries)
		entry_unpreserve(set, set->entries[which]);
}
