// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Memfds with memory errors
 *
 * A page with an uncorrected memory error stays in the page cache of its file,
 * where accesses fail. The format cannot describe it, and as a hole or with
 * whatever is read from it, a guest would continue on wrong data. So a file
 * with such a page is not preserved, and a live update is refused if one has
 * become bad until the freeze. The message names the offset.
 *
 * Lock order: no lock is taken. A folio is pinned, so it is in the file.
 */
#define pr_fmt(fmt) "KHO: memfd: " fmt

#include <linux/cleanup.h>
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kho/abi/memfd.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/pagemap.h>
#include <linux/printk.h>
#include <linux/spinlock.h>

#include "../cpu_jobs.h"
#include "../vmalloc.h"
#include "memfd.h"
#include "records.h"

/**
 * kho_fast_memfd_report_poison - Report a memory error.
 * @folio: The folio, pinned; one of its pages has an error.
 *
 * Return: -EHWPOISON
 */
int kho_fast_memfd_report_poison(struct folio *folio)
{
	const unsigned long nr = folio_nr_pages(folio);
	unsigned long i;

	for (i = 0; i < nr && !PageHWPoison(folio_page(folio, i)); i++)
		;

	pr_err_ratelimited("not preserved: memory error at offset %#llx of a file\n",
			   (u64)(folio->index + i % nr) << PAGE_SHIFT);
	return -EHWPOISON;
}

/**
 * struct memfd_luo_search - Search for memory errors.
 * @cpu_job: Its tasks.
 * @lock:    Protects the fields below.
 * @pages:   The pages of records that are left.
 * @err:     -EHWPOISON when there is one.
 */
struct memfd_luo_search {
	struct kho_fast_cpu_job		cpu_job;
	spinlock_t			lock;	/* see above */
	struct kho_fast_chain_it	pages;
	int				err;
};

static int memfd_luo_check_page(const struct kho_fast_memfd_record *records)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < KHO_FAST_RECORDS_PER_PAGE && !err; i++) {
		unsigned long pfn = records[i].pfn;

		if (pfn)
			err = kho_fast_memfd_check_poison(pfn_folio(pfn));
	}

	return err;
}

static bool memfd_luo_search_next_page(struct kho_fast_cpu_job *cpu_job)
{
	struct memfd_luo_search *search =
		container_of(cpu_job, struct memfd_luo_search, cpu_job);
	struct page *page = NULL;
	int err;

	scoped_guard(spinlock, &search->lock) {
		if (!search->err)
			page = kho_fast_chain_next(&search->pages);
	}
	if (!page)
		return false;

	err = memfd_luo_check_page(page_address(page));
	if (err) {
		guard(spinlock)(&search->lock);
		search->err = err;
	}
	return true;
}

/**
 * kho_fast_memfd_find_poison - Check for new memory errors.
 * @out: The file as it was preserved.
 *
 * The folios are checked only if there was an error anywhere, and by all CPUs.
 *
 * Context: process context, may sleep; within the freeze.
 * Return: 0; with a message, -EHWPOISON, or -EINVAL if the records are damaged.
 */
int kho_fast_memfd_find_poison(struct kho_fast_memfd_out *out)
{
	struct memfd_luo_search search = {
		.cpu_job.run = memfd_luo_search_next_page,
		.pages.chunk = out->records.chain.first,
	};
	const long poisoned = kho_fast_memfd_nr_poisoned();
	int err;

	if (poisoned == out->poisoned)
		return 0;

	/* Then they name the folios of the file, which are pinned. */
	err = kho_fast_memfd_verify_records(out);
	if (err)
		return err;

	spin_lock_init(&search.lock);
	kho_fast_cpu_job_run(&search.cpu_job, kho_fast_memfd_tasks(out));
	if (!search.err)
		out->poisoned = poisoned;
	return search.err;
}
