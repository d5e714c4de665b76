// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Preserving vmalloc areas
 *
 * An area is described by a chain of chunks, pages with the addresses of its
 * memory. Chunks are preserved like the memory itself. The layout is that of
 * &struct kho_vmalloc and &struct kho_vmalloc_chunk of the kho-v4 ABI.
 * memfd/records.c uses a chain without an area.
 *
 * An incoming chain is not trusted: each page is restored before it is read,
 * and the walk is bounded by the number of pages. With checksums it is verified
 * before that, see vmalloc_checksum.c.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kasan.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../../mm/vmalloc.h"
#include "account.h"
#include "alloc.h"
#include "checksum.h"
#include "outgoing/outgoing.h"
#include "tree/tree.h"
#include "vmalloc.h"

/* Values of &kho_vmalloc.flags in kho-v4. */
#define SER_ALLOC	KHO_FAST_VMALLOC_ALLOC
#define SER_HUGE_VMAP	0x0002

#define SUPPORTED_VM_FLAGS	(VM_ALLOC | VM_ALLOW_HUGE_VMAP)

static unsigned short kho_flags_to_ser(unsigned long vm_flags)
{
	return (vm_flags & VM_ALLOC ? SER_ALLOC : 0) |
	       (vm_flags & VM_ALLOW_HUGE_VMAP ? SER_HUGE_VMAP : 0);
}

static unsigned long kho_flags_from_ser(unsigned short ser)
{
	return (ser & SER_ALLOC ? VM_ALLOC : 0) |
	       (ser & SER_HUGE_VMAP ? VM_ALLOW_HUGE_VMAP : 0);
}

static struct kho_vmalloc_chunk *kho_chunk_alloc(void)
{
	struct page *page = kho_fast_alloc_pages(NUMA_NO_NODE,
						 KHO_FAST_GFP_ACCOUNT |
						 __GFP_ZERO, 0);

	if (page && kho_preserve_pages(page, 1)) {
		__free_pages(page, 0);
		page = NULL;
	}

	return page ? page_address(page) : NULL;
}

/* Make room for an entry. */
static int kho_chain_grow(struct kho_fast_chain *chain)
{
	struct kho_vmalloc_chunk *chunk;

	if (chain->first && chain->used < KHO_VMALLOC_SIZE)
		return 0;

	chunk = kho_chunk_alloc();
	if (!chunk)
		return -ENOMEM;

	if (chain->first)
		KHOSER_STORE_PTR(chain->last->hdr.next, chunk);
	else
		chain->first = chunk;
	chain->last = chunk;
	chain->used = 0;
	return 0;
}

/**
 * kho_fast_chain_append - Preserve pages and append them to a chain.
 * @chain: The chain, all zeroes when it is empty.
 * @page:  First page, naturally aligned.
 * @order: Order of the entry, the same for all entries of a chain.
 *
 * Context: process context, may sleep.
 * Return: 0; -ENOMEM or an error of kho_preserve_pages(), and the entry is
 * neither preserved nor appended.
 */
int kho_fast_chain_append(struct kho_fast_chain *chain, struct page *page,
			  unsigned int order)
{
	int err = kho_preserve_pages(page, BIT(order));

	if (err)
		return err;

	/* Last, as no chunk without entries may stay. */
	err = kho_chain_grow(chain);
	if (err) {
		kho_fast_unpreserve_range(page_to_pfn(page), BIT(order));
		return err;
	}

	chain->last->phys[chain->used++] = page_to_phys(page);
	chain->nr_pages += BIT(order);
	return 0;
}

/**
 * kho_fast_chain_join - Append a chain to another one.
 * @chain: First chain.
 * @tail:  Chain to append; empty afterwards.
 *
 * The last chunk of @chain stays partly filled: readers continue with the next
 * chunk at the first entry of 0.
 */
void kho_fast_chain_join(struct kho_fast_chain *chain,
			 struct kho_fast_chain *tail)
{
	if (!chain->first) {
		*chain = *tail;
	} else if (tail->first) {
		KHOSER_STORE_PTR(chain->last->hdr.next, tail->first);
		chain->last = tail->last;
		chain->used = tail->used;
		chain->nr_pages += tail->nr_pages;
	}
	*tail = (struct kho_fast_chain){};
}

/**
 * kho_fast_chain_undo - Unpreserve the entries and free the chain.
 * @first:   First chunk of an outgoing chain, or NULL.
 * @order:   Order of its entries.
 * @release: Called with the first page of each entry after it is unpreserved,
 *           or NULL.
 * @data:    For @release.
 */
void kho_fast_chain_undo(struct kho_vmalloc_chunk *first, unsigned int order,
			 void (*release)(struct page *page, void *data),
			 void *data)
{
	struct kho_vmalloc_chunk *chunk, *next;
	unsigned int i;

	for (chunk = first; chunk; chunk = next) {
		for (i = 0; i < KHO_VMALLOC_SIZE && chunk->phys[i]; i++) {
			unsigned long pfn = PHYS_PFN(chunk->phys[i]);

			kho_fast_unpreserve_range(pfn, BIT(order));
			if (release)
				release(pfn_to_page(pfn), data);
		}

		next = KHOSER_LOAD_PTR(chunk->hdr.next);
		kho_unpreserve_pages(virt_to_page(chunk), 1);
		free_page((unsigned long)chunk);
	}
}

static int kho_seal_chain(struct kho_fast_chain *chain,
			  const struct kho_vmalloc *description)
{
	struct kho_vmalloc_chunk *chunk;

	if (!kho_fast_checksum_writes() || !chain->first)
		return 0;

	if (chain->used > KHO_VMALLOC_SIZE - 2) {
		chunk = kho_chunk_alloc();
		if (!chunk)
			return -ENOMEM;
		KHOSER_STORE_PTR(chain->last->hdr.next, chunk);
		chain->last = chunk;
		chain->used = 0;
	}

	kho_fast_chain_seal(chain, description);
	return 0;
}

/**
 * kho_preserve_vmalloc - Preserve a vmalloc area across kexec.
 * @ptr:          Start of the area.
 * @preservation: Filled in for kho_restore_vmalloc(); the caller hands it over.
 *
 * The requested NUMA node of the area is not preserved.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL when @ptr is not a vmalloc area; -EOPNOTSUPP when the
 * area has flags that cannot be handed over; -ENOMEM.
 */
int kho_preserve_vmalloc(void *ptr, struct kho_vmalloc *preservation)
{
	struct vm_struct *vm = find_vm_area(ptr);
	struct kho_fast_chain chain = {};
	unsigned int order, i;
	int err = 0;

	if (!vm)
		return -EINVAL;
	if (vm->flags & ~SUPPORTED_VM_FLAGS)
		return -EOPNOTSUPP;

	order = get_vm_area_page_order(vm);
	for (i = 0; !err && i < vm->nr_pages; i += BIT(order))
		err = kho_fast_chain_append(&chain, vm->pages[i], order);

	*preservation = (struct kho_vmalloc){
		.total_pages = vm->nr_pages,
		.flags = kho_flags_to_ser(vm->flags),
		.order = order,
	};
	if (!err)
		err = kho_seal_chain(&chain, preservation);
	if (err) {
		kho_fast_chain_undo(chain.first, order, NULL, NULL);
		return err;
	}

	KHOSER_STORE_PTR(preservation->first, chain.first);
	return 0;
}
EXPORT_SYMBOL_GPL(kho_preserve_vmalloc);

/**
 * kho_unpreserve_vmalloc - Undo kho_preserve_vmalloc().
 * @preservation: Filled in by kho_preserve_vmalloc().
 */
void kho_unpreserve_vmalloc(struct kho_vmalloc *preservation)
{
	kho_fast_chain_undo(KHOSER_LOAD_PTR(preservation->first),
			    preservation->order, NULL, NULL);
}
EXPORT_SYMBOL_GPL(kho_unpreserve_vmalloc);

/* Free the entries of a restored chunk. */
static void kho_chunk_free_entries(const struct kho_vmalloc_chunk *chunk,
				   unsigned int order)
{
	unsigned long i, k;

	for (i = 0; i < KHO_VMALLOC_SIZE && chunk->phys[i]; i++) {
		struct page *page = pfn_to_page(PHYS_PFN(chunk->phys[i]));

		for (k = 0; k < BIT(order); k++)
			__free_page(page + k);
	}
}

/**
 * kho_fast_chain_free - Free a restored chain.
 * @first:   First chunk, or NULL.
 * @entries: Free its entries, too; otherwise the caller owns them.
 * @order:   Order of the entries.
 */
void kho_fast_chain_free(struct kho_vmalloc_chunk *first, bool entries,
			 unsigned int order)
{
	struct kho_vmalloc_chunk *chunk, *next;

	for (chunk = first; chunk; chunk = next, cond_resched()) {
		if (entries)
			kho_chunk_free_entries(chunk, order);
		next = KHOSER_LOAD_PTR(chunk->hdr.next);
		__free_page(virt_to_page(chunk));
	}
}

/*
 * Restore the entries of @chunk, at most *@left pages. The list is truncated
 * where that fails.
 */
static bool kho_chunk_restore_entries(struct kho_vmalloc_chunk *chunk,
				      unsigned int order, unsigned long *left)
{
	unsigned int i;

	for (i = 0; i < KHO_VMALLOC_SIZE && chunk->phys[i]; i++) {
		struct page *page = NULL;

		if (*left >= BIT(order))
			page = kho_restore_pages(chunk->phys[i], BIT(order));
		if (!page) {
			chunk->phys[i] = 0;
			return false;
		}
		*left -= BIT(order);
	}

	return true;
}

/**
 * kho_fast_chain_restore - Restore a chain and its entries.
 * @from: Record of the previous kernel, not trusted.
 *
 * Each page is restored before it is read, so a loop ends at the first page
 * that is restored twice. When the chain is invalid all pages restored so far
 * are freed: they cannot be restored again.
 *
 * Context: process context, may sleep.
 * Return: the first chunk, with valid links and entries; the caller owns all of
 * it. NULL when the chain is invalid or empty.
 */
struct kho_vmalloc_chunk *kho_fast_chain_restore(const struct kho_vmalloc *from)
{
	const unsigned int order = from->order;
	unsigned long left = from->total_pages;
	struct kho_vmalloc_chunk *first = NULL, *prev = NULL;
	u64 phys = from->first.phys;
	bool ok = order <= KHO_FAST_MAX_ORDER;

	while (ok && phys) {
		struct page *page = kho_restore_pages(phys, 1);
		struct kho_vmalloc_chunk *chunk;

		if (!page) {
			ok = false;
			break;
		}

		chunk = page_address(page);
		if (prev)
			KHOSER_STORE_PTR(prev->hdr.next, chunk);
		else
			first = chunk;

		/* The chain ends here until the next chunk is restored. */
		phys = chunk->hdr.next.phys;
		chunk->hdr.next.phys = 0;
		ok = kho_chunk_restore_entries(chunk, order, &left);
		prev = chunk;
	}

	if (ok && !left)
		return first;

	kho_fast_chain_free(first, true, order);
	return NULL;
}

/**
 * kho_fast_chain_next - Next entry of a chain.
 * @it: Iterator; starts with @it->chunk the first chunk.
 *
 * Return: first page of the entry, NULL at the end.
 */
struct page *kho_fast_chain_next(struct kho_fast_chain_it *it)
{
	while (it->chunk) {
		const struct kho_vmalloc_chunk *chunk = it->chunk;

		if (it->entry < KHO_VMALLOC_SIZE && chunk->phys[it->entry])
			return pfn_to_page(PHYS_PFN(chunk->phys[it->entry++]));

		it->chunk = KHOSER_LOAD_PTR(it->chunk->hdr.next);
		it->entry = 0;
	}

	return NULL;
}

/* Pages of an area. */
struct kho_page_array {
	struct page	**pages;
	unsigned int	nr;
};

static void kho_collect_pages(struct kho_page_array *to,
			      struct kho_vmalloc_chunk *chain,
			      unsigned int order)
{
	struct kho_fast_chain_it it = { .chunk = chain };
	struct page *page;
	unsigned long i;

	while ((page = kho_fast_chain_next(&it))) {
		for (i = 0; i < BIT(order); i++)
			to->pages[to->nr++] = page + i;
	}
}

static struct vm_struct *kho_new_area(const struct kho_vmalloc *preservation)
{
	unsigned long size = (unsigned long)preservation->total_pages
			     << PAGE_SHIFT;
	unsigned int shift = PAGE_SHIFT + preservation->order;

	return __get_vm_area_node(size, BIT(shift), shift,
				  kho_flags_from_ser(preservation->flags) |
				  VM_UNINITIALIZED, VMALLOC_START, VMALLOC_END,
				  NUMA_NO_NODE, GFP_KERNEL,
				  __builtin_return_address(0));
}

static void *kho_map_pages(struct vm_struct *area,
			   const struct kho_page_array *from,
			   unsigned int order)
{
	kasan_vmalloc_flags_t kasan = KASAN_VMALLOC_PROT_NORMAL;
	unsigned long addr = (unsigned long)area->addr;

	if (vmap_pages_range(addr, addr + get_vm_area_size(area), PAGE_KERNEL,
			     from->pages, PAGE_SHIFT + order))
		return NULL;

	area->pages = from->pages;
	area->nr_pages = from->nr;
	if (area->flags & VM_ALLOC)
		kasan |= KASAN_VMALLOC_VM_ALLOC;
	area->addr = kasan_unpoison_vmalloc(area->addr, get_vm_area_size(area),
					    kasan);
	clear_vm_uninitialized_flag(area);

	return area->addr;
}

/* Clients do not say what they have lost. Returns NULL. */
static void *kho_report_lost_area(const struct kho_vmalloc *preservation,
				  const char *why)
{
	pr_err("vmalloc area at %#llx, %u pages: not restored: %s\n",
	       preservation->first.phys, preservation->total_pages, why);
	return NULL;
}

/* Returns the address of the area; or NULL, and all its pages are freed. */
static void *kho_restore_area(const struct kho_vmalloc *preservation,
			      struct vm_struct *area,
			      struct kho_page_array *pages)
{
	const unsigned int order = preservation->order;
	struct kho_vmalloc_chunk *chain = kho_fast_chain_restore(preservation);
	void *addr;

	if (!chain)
		return kho_report_lost_area(preservation,
					    "its list is invalid");

	kho_collect_pages(pages, chain, order);
	kho_fast_chain_free(chain, false, order);
	addr = kho_map_pages(area, pages, order);
	while (!addr && pages->nr)
		__free_page(pages->pages[--pages->nr]);
	return addr;
}

/**
 * kho_restore_vmalloc - Restore a preserved vmalloc area.
 * @preservation: Filled in by kho_preserve_vmalloc() of the previous kernel.
 *
 * Context: process context, may sleep.
 * Return: the area, to be freed with vfree(). NULL, with a message, without
 * memory for it, and the call can be repeated; when the checksum differs, and
 * all of it stays preserved; when the record is invalid, when part of it was
 * restored before, or without memory for page tables. Then pages restored so
 * far are freed: they cannot be restored again.
 */
void *kho_restore_vmalloc(const struct kho_vmalloc *preservation)
{
	unsigned long max = preservation->total_pages;
	struct kho_page_array pages = {};
	struct vm_struct *area;
	void *addr = NULL;

	if (preservation->flags & ~(SER_ALLOC | SER_HUGE_VMAP) ||
	    preservation->order > KHO_FAST_MAX_ORDER)
		return kho_report_lost_area(preservation,
					    "unknown flags or order");
	/* Its memory may be another owner's. */
	if (!kho_fast_chain_is_intact(preservation))
		return kho_report_lost_area(preservation,
					    "its list is invalid, restored before, or not what was preserved");

	/* The number of pages is not trusted: no task is killed for them. */
	pages.pages = kvmalloc_array(max, sizeof(*pages.pages), GFP_KERNEL |
				     __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
	if (!pages.pages)
		return kho_report_lost_area(preservation, "no memory");

	area = kho_new_area(preservation);
	if (area)
		addr = kho_restore_area(preservation, area, &pages);
	if (addr)
		return addr;

	if (area)
		free_vm_area(area);
	kvfree(pages.pages);
	return NULL;
}
EXPORT_SYMBOL_GPL(kho_restore_vmalloc);
