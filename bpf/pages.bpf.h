/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page frame number of a struct page of a stock kernel. The base of the array of struct pages
 * is random: the variable vmemmap_base has it, whose address is in /proc/kallsyms. If that is
 * hidden (kernel.kptr_restrict), the first call that preserves or unpreserves a page has both
 * the struct page and a key with its page frame number. Implausible bases are ignored.
 */
#ifndef PAGES_BPF_H
#define PAGES_BPF_H

#include "common.bpf.h"

#define MAX_ORDER	31
/* On x86 the base is aligned to the size of a PUD entry, with and without KASLR. */
#define VMEMMAP_ALIGN	(1UL << 30)

const volatile __u64 vmemmap_base_at;	/* 0: hidden */
__u64 vmemmap;				/* 0: not known yet */

/* Page of a thread's current call, before its key is made */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, __u64);
} asked SEC(".maps");

static __always_inline void set_vmemmap(__u64 base)
{
	if (base && !(base % VMEMMAP_ALIGN))
		vmemmap = base;
}

/* The verifier rejects arithmetic on kernel pointers, not on values that were read. */
static __always_inline __u64 address_of(const void *page)
{
	__u64 at = 0;

	bpf_probe_read_kernel(&at, sizeof(at), &page);
	return at;
}

static __always_inline bool page_to_pfn(const void *page, unsigned long *pfn)
{
	__u64 thread = bpf_get_current_pid_tgid(), base = 0, at = address_of(page);

	if (!vmemmap && vmemmap_base_at) {
		bpf_probe_read_kernel(&base, sizeof(base), (const void *)vmemmap_base_at);
		set_vmemmap(base);
	}
	if (!vmemmap)
		bpf_map_delete_elem(&asked, &thread);
	if (!vmemmap || at < vmemmap || (at - vmemmap) % bpf_core_type_size(struct page))
		return false;
	*pfn = (at - vmemmap) / bpf_core_type_size(struct page);
	return true;
}

static __always_inline int call_asks(const void *page)
{
	__u64 thread = bpf_get_current_pid_tgid(), at = address_of(page);

	if (!vmemmap)
		bpf_map_update_elem(&asked, &thread, &at, BPF_ANY);
	return 0;
}

/* Key: page frame number >> order, with a bit above it for the order */
static __always_inline int call_has_key(unsigned long key)
{
	__u64 thread = bpf_get_current_pid_tgid(), *at;
	unsigned int order;

	at = vmemmap ? NULL : bpf_map_lookup_elem(&asked, &thread);
	for (order = 0; at && order <= MAX_ORDER; order++) {
		unsigned int bit = 64 - PAGE_SHIFT - order;

		if (key >> bit != 1)
			continue;
		set_vmemmap(*at - ((key ^ 1UL << bit) << order) * bpf_core_type_size(struct page));
		bpf_map_delete_elem(&asked, &thread);
		break;
	}
	return 0;
}

SEC("?fentry/kho_preserve_folio")
int BPF_PROG(asks_preserve_folio, struct folio *folio) { return call_asks(folio); }

SEC("?fentry/kho_unpreserve_folio")
int BPF_PROG(asks_unpreserve_folio, struct folio *folio) { return call_asks(folio); }

SEC("?fentry/kho_preserve_pages")
int BPF_PROG(asks_preserve_pages, struct page *page) { return call_asks(page); }

SEC("?fentry/kho_unpreserve_pages")
int BPF_PROG(asks_unpreserve_pages, struct page *page) { return call_asks(page); }

SEC("?fentry/kho_radix_add_key")
int BPF_PROG(key_added, void *tree, unsigned long key) { return call_has_key(key); }

SEC("?fentry/kho_radix_del_key")
int BPF_PROG(key_deleted, void *tree, unsigned long key) { return call_has_key(key); }

#endif /* PAGES_BPF_H */
