// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Unpreserving the folios of a memfd
 *
 * The records list them, so there is no other array. Pages of records are freed
 * one by one, behind the folios that they list.
 *
 * A client of KHO that unpreserves what is not its own may have removed keys.
 * Then the file is undone all the same: its folios are pinned, so they are the
 * ones that the records name. There is one message for each file.
 *
 * Lock order: no lock is taken. A task may hold the lock of the inode for ever.
 *
 * Failure: none, but for the message.
 */
#define pr_fmt(fmt) "KHO: memfd: " fmt

#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "../outgoing/outgoing.h"
#include "../trace.h"
#include "../vmalloc.h"
#include "memfd.h"
#include "records.h"

/**
 * struct memfd_luo_undo - A file that is being unpreserved.
 * @missing: Its folios that were not preserved any more.
 * @index:   Index of the first one in the file.
 */
struct memfd_luo_undo {
	struct kho_fast_missing	missing;
	pgoff_t			index;
};

static void memfd_luo_unpreserve_folios(struct memfd_luo_undo *undo,
					struct folio **folios, unsigned long nr)
{
	const bool none_missed = !undo->missing.nr;

	kho_fast_unpreserve_folios(folios, nr, &undo->missing);
	if (none_missed && undo->missing.nr)
		undo->index = pfn_folio(undo->missing.pfn)->index;
}

/* Unpreserve and unpin the folios of a page of records, and free it. */
static void memfd_luo_unpreserve_page(struct page *page, void *data)
{
	const struct kho_fast_memfd_record *ser = page_address(page);
	/* Pointers replace the records, as they are smaller. */
	struct folio **folios = page_address(page);
	const u64 began = kho_fast_trace_begin(kho_memfd);
	unsigned long i, nr = 0;

	for (i = 0; i < KHO_FAST_RECORDS_PER_PAGE; i++) {
		unsigned long pfn = ser[i].pfn;

		if (pfn)
			folios[nr++] = pfn_folio(pfn);
	}

	memfd_luo_unpreserve_folios(data, folios, nr);
	kho_fast_trace_memfd(began, "unpreserve", nr,
			     kho_fast_memfd_count(folios, nr), 0);
	unpin_folios(folios, nr);
	free_page((unsigned long)folios);
}

/**
 * kho_fast_memfd_unpreserve - Undo kho_fast_memfd_preserve().
 * @out:  What it filled in.
 * @file: The file.
 *
 * Context: process context, may sleep. The size of the file cannot change.
 */
void kho_fast_memfd_unpreserve(struct kho_fast_memfd_out *out,
			       const struct file *file)
{
	const char *name = file->f_path.dentry->d_name.name;
	struct memfd_luo_undo undo = {};

	kho_fast_chain_undo(out->records.chain.first, 0,
			    memfd_luo_unpreserve_page, &undo);
	if (undo.missing.nr)
		pr_err("%*pE: %lu of its folios were not preserved any more, the first at offset %#llx, pfn %#lx: a client has unpreserved what is not its own\n",
		       (int)strlen(name), name, undo.missing.nr,
		       (u64)undo.index << PAGE_SHIFT, undo.missing.pfn);
}
