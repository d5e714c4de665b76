/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chains of pages in the format of &struct kho_vmalloc.
 */
#ifndef _KERNEL_KHO_FAST_VMALLOC_H
#define _KERNEL_KHO_FAST_VMALLOC_H

#include <linux/bitmap.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/mm.h>
#include <linux/types.h>

/* Value of &kho_vmalloc.flags in kho-v4: a plain area. */
#define KHO_FAST_VMALLOC_ALLOC	0x0001

/**
 * struct kho_fast_chain - Chain of pages in &struct kho_vmalloc format.
 * @first:    First chunk; NULL when the chain is empty.
 * @last:     Last chunk.
 * @used:     Entries of @last in use.
 * @nr_pages: Number of pages.
 */
struct kho_fast_chain {
	struct kho_vmalloc_chunk *first, *last;
	unsigned int		used;
	u64			nr_pages;
};

/**
 * struct kho_fast_chain_it - Iterator over a chain.
 * @chunk: Current chunk; NULL at the end.
 * @entry: Next entry.
 */
struct kho_fast_chain_it {
	struct kho_vmalloc_chunk *chunk;
	unsigned int		entry;
};

int kho_fast_chain_append(struct kho_fast_chain *chain, struct page *page,
			  unsigned int order);
void kho_fast_chain_join(struct kho_fast_chain *chain,
			 struct kho_fast_chain *tail);
void kho_fast_chain_undo(struct kho_vmalloc_chunk *first, unsigned int order,
			 void (*release)(struct page *page, void *data),
			 void *data);
void kho_fast_chain_free(struct kho_vmalloc_chunk *first, bool entries,
			 unsigned int order);
struct kho_vmalloc_chunk *
kho_fast_chain_restore(const struct kho_vmalloc *from);
struct page *kho_fast_chain_next(struct kho_fast_chain_it *it);

/* vmalloc_checksum.c */
#ifdef CONFIG_KHO_FAST_CHECKSUM
void kho_fast_chain_seal(struct kho_fast_chain *chain,
			 const struct kho_vmalloc *description);
struct kho_vmalloc_chunk *kho_fast_chain_find(const struct kho_vmalloc *from,
					      bool is_sealed);
bool kho_fast_chain_is_intact(const struct kho_vmalloc *description);
#else
static inline void kho_fast_chain_seal(struct kho_fast_chain *chain,
				       const struct kho_vmalloc *description)
{
}

static inline struct kho_vmalloc_chunk *
kho_fast_chain_find(const struct kho_vmalloc *from, bool is_sealed)
{
	return NULL;
}

static inline bool
kho_fast_chain_is_intact(const struct kho_vmalloc *description)
{
	return true;
}
#endif

#endif /* _KERNEL_KHO_FAST_VMALLOC_H */
