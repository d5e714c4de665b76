// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Check of a memfd before the kexec
 *
 * The next kernel refuses invalid records, with the guest paused and this
 * kernel gone, and takes a valid one that is wrong: a record that was zeroed is
 * a hole. So everything that it will read is read here, when all files are
 * frozen: the description, mode and name, the list of pages and each record.
 * They must be what was written, by a checksum that is kept outside of
 * preserved memory, and all that they refer to must be preserved.
 *
 * Records are also checked before they are followed when a file is unpreserved:
 * they may have been overwritten without a freeze, or behind another file that
 * was refused. Then only the records count, not what is preserved.
 *
 * The list of pages is cut into parts, which all CPUs share in the freeze. Cost
 * per record: its checksum, and a bit of a bitmap that is looked up again only
 * for a folio of another bitmap. No struct page of a folio is read then.
 *
 * What is not known to be right is read without a reference, so nothing that is
 * read of it may be taken for granted.
 *
 * Lock order: the lock of a check is taken last. The tree is read without one:
 * no bitmap is freed.
 *
 * Failure: nothing is changed.
 */
#define pr_fmt(fmt) "KHO: memfd: " fmt

#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/kho/abi/kho_memfd.h>
#include <linux/kho/abi/memfd.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/pagemap.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../cpu_jobs.h"
#include "../outgoing/outgoing.h"
#include "../outgoing/preflight.h"
#include "memfd.h"
#include "records.h"

/**
 * struct memfd_luo_check - A check in progress.
 * @cpu_job: Its tasks.
 * @keys:    Whether each folio must be preserved; else only the records are
 *           compared with those that were written.
 * @lock:    Protects the fields below.
 * @fault:   Receives the reason of a refusal, the first one.
 * @err:     -EINVAL after a refusal.
 * @next:    Address of the next chunk; 0 at the end.
 * @entry:   Next page of the current chunk.
 * @end:     The end of that chunk.
 * @pages:   Number of pages that are left.
 * @chunks:  Number of chunks that may be left.
 * @sum:     Checksum of the records so far.
 */
struct memfd_luo_check {
	struct kho_fast_cpu_job	cpu_job;
	bool			keys;
	spinlock_t		lock;	/* see above */
	struct kho_fast_fault	*fault;
	int			err;
	u64			next;
	const u64		*entry;
	const u64		*end;
	u64			pages;
	u64			chunks;
	u64			sum;
};

/**
 * struct memfd_luo_part - Adjacent pages of a chunk.
 * @check:   The check.
 * @pages:   Their addresses.
 * @nr:      Number of pages.
 * @sum:     Checksum of their records so far.
 * @order:   Order of the last folio.
 * @nr_bits: Size of @leaf; 0 before the first folio.
 * @first:   &kho_fast_memfd_record.word of a folio at its first bit, with the
 *           flags of the last folio.
 * @leaf:    Bitmap of the last folio: that of the next one is likely the same.
 */
struct memfd_luo_part {
	struct memfd_luo_check	*check;
	const u64		*pages;
	unsigned int		nr;
	u64			sum;
	unsigned int		order;
	u64			nr_bits;
	u64			first;
	const struct kho_radix_leaf *leaf;
};

/* The check is locked, or has one task. */
static __printf(3, 4) void memfd_luo_refuse(struct memfd_luo_check *check,
					    phys_addr_t phys, const char *fmt,
					    ...)
{
	va_list args;

	if (check->err)
		return;

	check->err = -EINVAL;
	check->fault->phys = phys;
	va_start(args, fmt);
	vsnprintf(check->fault->reason, sizeof(check->fault->reason), fmt,
		  args);
	va_end(args);
}

/*
 * Is the folio preserved, with order and flags of the last one? A record with
 * other flags, or of a folio that is not aligned, is far away when rotated.
 */
static __always_inline bool
memfd_luo_is_like_last(const struct memfd_luo_part *part,
		       const struct kho_fast_memfd_record *record)
{
	u64 bit = ror64(record->word - part->first, part->order);

	return bit < part->nr_bits && kho_fast_keys(part->leaf, bit, 1);
}

static bool memfd_luo_has_order(struct memfd_luo_part *part,
				const struct kho_fast_memfd_record *record,
				unsigned int order)
{
	const unsigned long pfn = record->pfn;
	const u64 bit = kho_fast_bit(kho_fast_key(pfn, order));
	const struct kho_radix_leaf *leaf;

	if (!IS_ALIGNED(pfn, BIT(order)))
		return false;

	leaf = kho_fast_outgoing_leaf(pfn, order);
	if (!leaf || !kho_fast_keys(leaf, bit, 1))
		return false;

	part->order = order;
	part->leaf = leaf;
	part->nr_bits = KHO_FAST_LEAF_BITS;
	part->first = record->word - (bit << order);
	return true;
}

static bool memfd_luo_find_folio(struct memfd_luo_part *part,
				 const struct kho_fast_memfd_record *record)
{
	unsigned int order;

	if (memfd_luo_has_order(part, record, part->order))
		return true;

	for (order = 0; order <= MAX_PAGECACHE_ORDER; order++) {
		if (memfd_luo_has_order(part, record, order))
			return true;
	}

	guard(spinlock)(&part->check->lock);
	memfd_luo_refuse(part->check, PFN_PHYS(record->pfn),
			 "no folio is preserved at pfn %#llx, for index %llu",
			 (u64)record->pfn, record->index);
	return false;
}

static bool memfd_luo_check_page(struct memfd_luo_part *part, const void *page)
{
	const struct kho_fast_memfd_record *record = page;
	const struct kho_fast_memfd_record *end =
		record + KHO_FAST_RECORDS_PER_PAGE;
	u64 sum = 0;

	for (; record < end; record++) {
		if (!memfd_luo_is_like_last(part, record)) {
			if (!record->pfn)
				continue;
			if (!memfd_luo_find_folio(part, record))
				return false;
		}
		sum += kho_fast_memfd_sum(record, part->order);
	}

	part->sum += sum;
	return true;
}

/**
 * kho_fast_memfd_read_order - Read the order of a folio without a reference.
 * @page: Its first page, or any page.
 *
 * Nothing keeps the page as it is: helpers for folios could find it halfway
 * freed, and BUG(), and memory that is removed meanwhile has no struct pages.
 * Offlining holds its lock for as long as somebody tries, so nothing waits for
 * that here.
 *
 * Context: any.
 * Return: The order of a folio that is pinned; else any order of a folio in the
 * page cache.
 */
unsigned int kho_fast_memfd_read_order(const struct page *page)
{
	const struct folio *folio = (const struct folio *)page;
	unsigned long flags, order;

	/* The first page of a large folio is even: there is a second one. */
	if (page_to_pfn(page) % 2 ||
	    get_kernel_nofault(flags, &page->flags.f) ||
	    !(flags & BIT(PG_head)) ||
	    get_kernel_nofault(order, &folio->_flags_1))
		return 0;

	order &= 0xff;
	return order <= MAX_PAGECACHE_ORDER ? order : 0;
}

static bool memfd_luo_sum_records(struct memfd_luo_part *part, const void *page)
{
	const struct kho_fast_memfd_record *record = page;
	const struct kho_fast_memfd_record *end =
		record + KHO_FAST_RECORDS_PER_PAGE;

	for (; record < end; record++) {
		const struct page *first;

		if (!record->pfn)
			continue;

		first = pfn_to_online_page(record->pfn);
		if (!first) {
			guard(spinlock)(&part->check->lock);
			memfd_luo_refuse(part->check, PFN_PHYS(record->pfn),
					 "no memory at pfn %#llx, for index %llu",
					 (u64)record->pfn, record->index);
			return false;
		}
		part->sum += kho_fast_memfd_sum(record,
					kho_fast_memfd_read_order(first));
	}

	return true;
}

/*
 * The page of the list at that address, or NULL. If it was overwritten, it may
 * be that of a page that a client has freed without unpreserving it, and that
 * is not mapped, as with debug_pagealloc=.
 */
static const void *memfd_luo_list_page(u64 phys)
{
	const u64 *page;
	u64 word;

	if (!PAGE_ALIGNED(phys) || !kho_fast_outgoing_has(PHYS_PFN(phys), 0) ||
	    !pfn_to_online_page(PHYS_PFN(phys)))
		return NULL;

	page = phys_to_virt(phys);
	return get_kernel_nofault(word, page) ? NULL : page;
}

static void memfd_luo_refuse_page(struct memfd_luo_check *check, u64 phys)
{
	memfd_luo_refuse(check, phys,
			 "page %#llx of the records is not preserved", phys);
}

static void memfd_luo_check_part(struct memfd_luo_part *part)
{
	struct memfd_luo_check *check = part->check;
	unsigned int i;

	for (i = 0; i < part->nr; i++) {
		const void *page = memfd_luo_list_page(part->pages[i]);

		if (!page) {
			guard(spinlock)(&check->lock);
			memfd_luo_refuse_page(check, part->pages[i]);
			return;
		}
		if (!(check->keys ? memfd_luo_check_page(part, page) :
				    memfd_luo_sum_records(part, page)))
			return;
		cond_resched();
	}

	guard(spinlock)(&check->lock);
	check->sum += part->sum;
}

/* Each chunk has pages, but for the last one after an error. */
static void memfd_luo_next_chunk(struct memfd_luo_check *check)
{
	const struct kho_vmalloc_chunk *chunk =
		memfd_luo_list_page(check->next);

	if (!chunk) {
		memfd_luo_refuse_page(check, check->next);
		return;
	}
	if (!check->chunks--) {
		memfd_luo_refuse(check, check->next,
				 "the list of records is too long");
		return;
	}

	check->next = chunk->hdr.next.phys;
	check->entry = chunk->phys;
	check->end = chunk->phys + KHO_VMALLOC_SIZE;
}

/* Take the next part, which may be empty; false at the end of the list. */
static bool memfd_luo_take_part(struct memfd_luo_part *part)
{
	struct memfd_luo_check *check = part->check;

	guard(spinlock)(&check->lock);

	part->pages = check->entry;
	while (part->nr < KHO_FAST_MEMFD_PART && check->entry < check->end &&
	       *check->entry) {
		check->entry++;
		part->nr++;
	}

	if (part->nr > check->pages)
		memfd_luo_refuse(check, 0, "the list of records is too long");
	check->pages -= part->nr;
	if (check->err || (!part->nr && !check->next))
		return false;
	if (!part->nr)
		memfd_luo_next_chunk(check);
	return true;
}

static bool memfd_luo_check_next_part(struct kho_fast_cpu_job *cpu_job)
{
	struct memfd_luo_part part = {
		.check = container_of(cpu_job, struct memfd_luo_check, cpu_job),
	};

	if (!memfd_luo_take_part(&part))
		return false;

	memfd_luo_check_part(&part);
	return true;
}

/* By at most @max_tasks tasks, with the caller */
static int memfd_luo_check_list(const struct kho_fast_memfd_out *out,
				bool keys, unsigned long max_tasks,
				struct kho_fast_fault *fault)
{
	const struct kho_fast_chain *list = &out->records.chain;
	struct memfd_luo_check check = {
		.cpu_job.run = memfd_luo_check_next_part,
		.keys = keys,
		.fault = fault,
		.next = list->first ? virt_to_phys(list->first) : 0,
		.pages = list->nr_pages,
		.chunks = list->nr_pages + 1,
	};

	spin_lock_init(&check.lock);
	kho_fast_cpu_job_run(&check.cpu_job, max_tasks);
	if (check.pages)
		memfd_luo_refuse(&check, 0,
				 "the list of records lacks %llu pages",
				 check.pages);
	else if (check.sum != out->records.sum)
		memfd_luo_refuse(&check, 0, "its records were overwritten");
	return check.err;
}

/**
 * kho_fast_memfd_check_records - Check the records of a memfd.
 * @out:   The file as it was preserved, also if a freeze has failed.
 * @fault: Receives the reason after an error.
 *
 * Whether the folios are preserved does not matter: a client that has left a
 * key of another order there, or has removed one, must not cost the whole file.
 * Guests may be running, so the other CPUs are left to them.
 *
 * Context: process context, may sleep. The records do not change; their folios
 * are pinned.
 * Return: 0; -EINVAL if they are not those that were written, or their own list
 * is not preserved: then they must not be followed.
 */
int kho_fast_memfd_check_records(const struct kho_fast_memfd_out *out,
				 struct kho_fast_fault *fault)
{
	return memfd_luo_check_list(out, false, 1, fault);
}

/**
 * kho_fast_memfd_verify_records - Check records before they are followed.
 * @out: The file as it was preserved.
 *
 * Guests are paused, so all CPUs take part, and no struct page is read.
 *
 * Context: process context, may sleep; within the freeze.
 * Return: 0; -EINVAL, with a message, if they are not those that were written,
 * or one of their folios is not preserved.
 */
int kho_fast_memfd_verify_records(const struct kho_fast_memfd_out *out)
{
	struct kho_fast_fault fault;
	int err = memfd_luo_check_list(out, true, kho_fast_memfd_tasks(out),
				       &fault);

	if (err)
		pr_err("not frozen: the records of a file are damaged: %s\n",
		       fault.reason);
	return err;
}

/* Mode and name; a wrong one is ignored by the next kernel, or taken. */
static bool memfd_luo_has_attributes(const struct kho_fast_memfd_out *out,
				     const struct file *file)
{
	struct kho_memfd_ser ser = { .mode = out->mode };

	kho_fast_memfd_write_name(&ser, file);
	return !memcmp(&ser, kho_fast_memfd_attributes(out->ser), sizeof(ser));
}

/* Is it what .preserve() and .freeze() have written? */
static bool memfd_luo_ser_is_intact(const struct kho_fast_memfd_out *out,
				    const struct file *file)
{
	struct memfd_luo_ser ser = {
		.pos = out->pos,
		.seals = out->seals,
		.size = i_size_read(file_inode(file)),
	};
	struct kho_vmalloc folios = {};
	s64 nr = kho_fast_records_store(&out->records, &folios);

	/* Nothing is stored for an empty file. */
	if (ser.size) {
		ser.nr_folios = nr;
		ser.folios = folios;
	}
	return !memcmp(&ser, out->ser, sizeof(ser));
}

/**
 * kho_fast_memfd_check - Check what is handed over for a memfd.
 * @out:   The file as it was preserved and frozen.
 * @file:  The file.
 * @fault: Receives the reason after an error.
 *
 * Context: process context, may sleep; within the freeze.
 * Return: 0; -EINVAL if the next kernel would refuse it, or would not get what
 * was preserved.
 */
int kho_fast_memfd_check(const struct kho_fast_memfd_out *out,
			 const struct file *file, struct kho_fast_fault *fault)
{
	const phys_addr_t phys = virt_to_phys(out->ser);
	struct memfd_luo_check check = { .fault = fault };

	if (!kho_fast_outgoing_has(PHYS_PFN(phys), 0))
		memfd_luo_refuse(&check, phys,
				 "its description is not preserved");
	else if (!memfd_luo_ser_is_intact(out, file))
		memfd_luo_refuse(&check, phys,
				 "its description was overwritten");
	else if (!memfd_luo_has_attributes(out, file))
		memfd_luo_refuse(&check, phys,
				 "its mode or name was overwritten");
	if (check.err)
		return check.err;

	/* Its description names the same list. */
	return memfd_luo_check_list(out, true, kho_fast_memfd_tasks(out),
				    fault);
}
