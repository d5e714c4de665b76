// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Preserving vmalloc areas
 *
 * An area is recorded as a chain of chunks, pages that list where the memory
 * of the area lies. The chunks are preserved like the memory itself. Layout:
 * &struct kho_vmalloc and &struct kho_vmalloc_chunk of the kho-v4 ABI.
 *
 * The chain is data of the previous kernel: what it points to is claimed
 * before it is read, the lengths bound the walk.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bug.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kasan.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../../mm/vmalloc.h"
#include "internal.h"

/* Values of &kho_vmalloc.flags in kho-v4. */
#define SER_ALLOC	0x0001
#define SER_HUGE_VMAP	0x0002

#define SUPPORTED_VM_FLAGS	(VM_ALLOC | VM_ALLOW_HUGE_VMAP)

static unsigned short flags_to_ser(unsigned long vm_flags)
{
	return (vm_flags & VM_ALLOC ? SER_ALLOC : 0) |
	       (vm_flags & VM_ALLOW_HUGE_VMAP ? SER_HUGE_VMAP : 0);
}

static unsigned long flags_from_ser(unsigned short ser)
{
	return (ser & SER_ALLOC ? VM_ALLOC : 0) |
	       (ser & SER_HUGE_VMAP ? VM_ALLOW_HUGE_VMAP : 0);
}

static struct kho_vmalloc_chunk *chunk_alloc(void)
{
	void *chunk = (void *)get_zeroed_page(GFP_KERNEL);

	if (chunk && kho_preserve_pages(virt_to_page(chunk), 1)) {
		free_page((unsigned long)chunk);
		chunk = NULL;
	}

	return chunk;
}

/* Undo the pages of @chunk and @chunk itself; returns the next one. */
static struct kho_vmalloc_chunk *chunk_undo(struct kho_vmalloc_chunk *chunk,
					    unsigned int order)
{
	struct kho_vmalloc_chunk *next = KHOSER_LOAD_PTR(chunk->hdr.next);
	unsigned int i;

	for (i = 0; i < KHO_VMALLOC_SIZE && chunk->phys[i]; i++)
		kho_fast_unpreserve_range(PHYS_PFN(chunk->phys[i]), BIT(order));

	kho_unpreserve_pages(virt_to_page(chunk), 1);
	free_page((unsigned long)chunk);
	return next;
}

/* Where the next entry goes. */
struct tail {
	struct kho_vmalloc_chunk	*chunk;
	unsigned int			used;
};

static int append(struct tail *tail, struct page *page, unsigned int order)
{
	int err = kho_preserve_pages(page, BIT(order));

	if (err)
		return err;

	tail->chunk->phys[tail->used++] = page_to_phys(page);
	if (tail->used < KHO_VMALLOC_SIZE)
		return 0;

	/* A full chunk is always followed by another, if need be an empty one. */
	*tail = (struct tail){ .chunk = chunk_alloc() };
	return tail->chunk ? 0 : -ENOMEM;
}

/**
 * kho_preserve_vmalloc - Keep a vmalloc area across kexec.
 * @ptr:          Start of the area.
 * @preservation: Filled in with what kho_restore_vmalloc() needs; the caller
 *                hands it over.
 *
 * The memory may come back on another node than it was asked for on.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL when @ptr is not a vmalloc area; -EOPNOTSUPP when the
 * area has flags that cannot be handed over; -ENOMEM.
 */
int kho_preserve_vmalloc(void *ptr, struct kho_vmalloc *preservation)
{
	struct vm_struct *vm = find_vm_area(ptr);
	struct kho_vmalloc_chunk *prev;
	struct tail tail = {};
	unsigned int order, i;
	int err = 0;

	if (!vm)
		return -EINVAL;
	if (vm->flags & ~SUPPORTED_VM_FLAGS)
		return -EOPNOTSUPP;

	tail.chunk = chunk_alloc();
	if (!tail.chunk)
		return -ENOMEM;

	order = get_vm_area_page_order(vm);
	KHOSER_STORE_PTR(preservation->first, tail.chunk);
	preservation->total_pages = vm->nr_pages;
	preservation->flags = flags_to_ser(vm->flags);
	preservation->order = order;

	for (i = 0; !err && i < vm->nr_pages; i += BIT(order)) {
		prev = tail.chunk;
		err = append(&tail, vm->pages[i], order);
		if (!err && tail.chunk != prev)
			KHOSER_STORE_PTR(prev->hdr.next, tail.chunk);
	}

	if (err)
		kho_unpreserve_vmalloc(preservation);
	return err;
}
EXPORT_SYMBOL_GPL(kho_preserve_vmalloc);

/**
 * kho_unpreserve_vmalloc - Undo kho_preserve_vmalloc().
 * @preservation: What it filled in.
 */
void kho_unpreserve_vmalloc(struct kho_vmalloc *preservation)
{
	struct kho_vmalloc_chunk *chunk = KHOSER_LOAD_PTR(preservation->first);

	while (chunk)
		chunk = chunk_undo(chunk, preservation->order);
}
EXPORT_SYMBOL_GPL(kho_unpreserve_vmalloc);

/* The pages that are being collected. */
struct pages {
	struct page	**pages;
	unsigned int	nr, max;
};

static bool collect(struct pages *to, phys_addr_t phys, unsigned int order)
{
	struct page *page;
	unsigned int i;

	if (to->max - to->nr < BIT(order))
		return false;

	page = kho_restore_pages(phys, BIT(order));
	if (!page)
		return false;

	for (i = 0; i < BIT(order); i++)
		to->pages[to->nr++] = page + i;
	return true;
}

/* Claim the chunk at @phys and what it lists; *@next is the one after it. */
static bool collect_chunk(struct pages *to, u64 phys, unsigned int order,
			  u64 *next)
{
	struct page *page = kho_restore_pages(phys, 1);
	struct kho_vmalloc_chunk *chunk;
	bool ok = true;
	unsigned int i;

	if (!page)
		return false;

	chunk = page_address(page);
	for (i = 0; ok && i < KHO_VMALLOC_SIZE && chunk->phys[i]; i++)
		ok = collect(to, chunk->phys[i], order);

	*next = chunk->hdr.next.phys;
	__free_page(page);
	return ok;
}

static bool collect_all(struct pages *to, const struct kho_vmalloc *from)
{
	u64 phys = from->first.phys;

	/* Each chunk is claimed, so a loop ends at the first one met again. */
	while (phys) {
		if (!collect_chunk(to, phys, from->order, &phys))
			return false;
	}

	return to->nr == to->max;
}

static void *map_pages(struct pages *from, unsigned int order,
		       unsigned long vm_flags)
{
	kasan_vmalloc_flags_t kasan = KASAN_VMALLOC_PROT_NORMAL;
	unsigned long size = (unsigned long)from->nr << PAGE_SHIFT;
	unsigned int shift = PAGE_SHIFT + order;
	struct vm_struct *area;
	unsigned long addr;

	area = __get_vm_area_node(size, BIT(shift), shift,
				  vm_flags | VM_UNINITIALIZED, VMALLOC_START,
				  VMALLOC_END, NUMA_NO_NODE, GFP_KERNEL,
				  __builtin_return_address(0));
	if (!area)
		return NULL;

	addr = (unsigned long)area->addr;
	if (vmap_pages_range(addr, addr + get_vm_area_size(area), PAGE_KERNEL,
			     from->pages, shift)) {
		free_vm_area(area);
		return NULL;
	}

	area->pages = from->pages;
	area->nr_pages = from->nr;
	if (vm_flags & VM_ALLOC)
		kasan |= KASAN_VMALLOC_VM_ALLOC;
	area->addr = kasan_unpoison_vmalloc(area->addr, size, kasan);
	clear_vm_uninitialized_flag(area);

	return area->addr;
}

/**
 * kho_restore_vmalloc - Bring a preserved vmalloc area back.
 * @preservation: What kho_preserve_vmalloc() of the previous kernel filled in.
 *
 * Context: process context, may sleep.
 * Return: the area, to be freed with vfree(); NULL when the record is not
 * sound, when part of it was claimed before, or without memory. What was
 * collected until then is freed: nobody else can claim it any more.
 */
void *kho_restore_vmalloc(const struct kho_vmalloc *preservation)
{
	struct pages pages = { .max = preservation->total_pages };
	unsigned int order = preservation->order;
	void *area = NULL;

	if (preservation->flags & ~(SER_ALLOC | SER_HUGE_VMAP) ||
	    order > KHO_FAST_MAX_ORDER)
		return NULL;

	pages.pages = kvmalloc_array(pages.max, sizeof(*pages.pages), GFP_KERNEL);
	if (!pages.pages)
		return NULL;

	if (collect_all(&pages, preservation))
		area = map_pages(&pages, order,
				 flags_from_ser(preservation->flags));
	if (area)
		return area;

	while (pages.nr)
		__free_page(pages.pages[--pages.nr]);
	kvfree(pages.pages);
	return NULL;
}
EXPORT_SYMBOL_GPL(kho_restore_vmalloc);
