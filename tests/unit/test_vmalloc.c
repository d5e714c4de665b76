// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmalloc areas across a kexec: kernel/kho_fast/vmalloc.c
 */
#include <linux/vmalloc.h>

#include "checksum.h"
#include "kexec.h"
#include "faults.h"
#include "test.h"

/* Description of an area by the old kernel, and the page frames of its memory. */
static struct old {
	struct kho_vmalloc	ser;
	unsigned int		nr;
	unsigned long		pfn[4 * 511];
} *old;

static struct vm_struct *new_area(unsigned int nr_pages, unsigned int order)
{
	struct vm_struct *area = calloc(1, sizeof(*area));
	unsigned int i, k;

	*area = (struct vm_struct){ area, nr_pages * PAGE_SIZE,
		VM_ALLOC | (order ? VM_ALLOW_HUGE_VMAP : 0),
		calloc(nr_pages, sizeof(*area->pages)), nr_pages, order };
	for (i = 0; i < nr_pages; i += BIT(order)) {
		struct page *page = shim_alloc_pages(order);

		for (k = 0; k < BIT(order); k++)
			area->pages[i + k] = page + k;
	}

	return area;
}

static void preserve(unsigned int nr_pages, unsigned int order)
{
	struct vm_struct *area;

	kexec_first();
	area = new_area(nr_pages, order);
	if (kho_preserve_vmalloc(area, &old->ser))
		shim_die("cannot preserve an area");
	for (old->nr = 0; old->nr < nr_pages; old->nr++)
		old->pfn[old->nr] = page_to_pfn(area->pages[old->nr]);
}

static void one_page(void)	{ preserve(1, 0); }
static void full_chunk(void)	{ preserve(511, 0); }
static void four_chunks(void)	{ preserve(3 * 511 + 100, 0); }
static void large_pages(void)	{ preserve(24, 3); }

static void machine(void)
{
	kexec_machine();
	old = mmap(NULL, sizeof(*old), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static bool is_what_it_was(const struct vm_struct *area)
{
	unsigned int i;

	if (!area || area->nr_pages != old->nr || area->size != old->nr * PAGE_SIZE ||
	    !(area->flags & VM_ALLOC) || area->flags & VM_UNINITIALIZED)
		return false;
	for (i = 0; i < old->nr; i++) {
		const struct page *p = area->pages[i];

		if (page_to_pfn(p) != old->pfn[i] || p->_refcount.counter != 1 || PageTail(p))
			return false;
	}

	return true;
}

TEST(areas_of_all_sizes_come_back)
{
	static void (* const kernels[])(void) = {
		one_page, full_chunk, four_chunks, large_pages,
	};
	unsigned int i;
	int status;

	machine();
	for (i = 0; i < ARRAY_SIZE(kernels); i++) {
		ASSERT_TRUE(kexec_run(kernels[i]));
		if (!fork()) {
			kexec_next();
			_exit(!is_what_it_was(kho_restore_vmalloc(&old->ser)) ||
			      shim_nr_warns);
		}
		wait(&status);
		shim_forget_memmap();
		EXPECT_EQ(status, 0) TH_LOG("area %u", i);
	}
}

TEST(preserving_an_area_is_all_or_nothing)
{
	struct vm_struct *area;
	long live;
	int err;

	machine();
	kexec_first();
	area = new_area(1100, 0);
	/* Nodes of the tree stay. */
	ASSERT_EQ(kho_preserve_vmalloc(area, &old->ser), 0);
	kho_unpreserve_vmalloc(&old->ser);
	model_read_tree(kho_fast_outgoing_root());
	live = shim_live_pages - model_count_tree_pages();
	for_each_fault(f, "KHO: preserve a vmalloc area") {
		err = FAULT(f, kho_preserve_vmalloc(area, &old->ser));
		ASSERT_EQ(err, f->met ? -ENOMEM : 0);
		if (!err)
			kho_unpreserve_vmalloc(&old->ser);
		model_forget_tree();
		model_read_tree(kho_fast_outgoing_root());
		ASSERT_EQ(model_count_preserved(), 2);
		ASSERT_EQ(shim_live_pages - model_count_tree_pages(), live);
		/* Each of three chunks */
		ASSERT_EQ(f->met, f->n < 3);
	}
}

static void restore_and_again(struct faults *f)
{
	struct vm_struct *area;

	kexec_next();
	area = FAULT(f, kho_restore_vmalloc(&old->ser));
	/* Without page tables it is given up. */
	if (!area != f->met || (f->n == 2 && shim_live_areas))
		shim_die("fault %ld", f->n);
	if (f->met && f->n < 2)
		area = kho_restore_vmalloc(&old->ser);
	if (area && !is_what_it_was(area))
		shim_die("fault %ld: the area is another", f->n);
	if (f->n != 2 && !area)
		shim_die("fault %ld: the area is lost", f->n);
}

TEST(restoring_an_area_can_be_repeated)
{
	int status;

	machine();
	for_each_fault(f, "KHO: restore a vmalloc area") {
		ASSERT_TRUE(kexec_run(four_chunks));
		if (!fork()) {
			restore_and_again(f);
			_exit(0);
		}
		wait(&status);
		shim_forget_memmap();
		ASSERT_EQ(status, 0) TH_LOG("fault %ld", f->n);
	}
}

TEST(areas_of_other_kinds_are_refused)
{
	struct vm_struct area = { .flags = VM_ALLOC | VM_MAP };

	machine();
	kexec_first();
	EXPECT_EQ(kho_preserve_vmalloc(NULL, &old->ser), -EINVAL);
	EXPECT_EQ(kho_preserve_vmalloc(&area, &old->ser), -EOPNOTSUPP);
}

static struct kho_vmalloc_chunk *chunk(void)
{
	return phys_to_virt(old->ser.first.phys);
}

/* Hostile chains: none may crash the kernel or free a page twice. */
static void too_few(void)	{ old->ser.total_pages--; }
static void too_many(void)	{ old->ser.total_pages++; }
static void endless(void)	{ old->ser.total_pages = ~0U; }
static void bad_flags(void)	{ old->ser.flags = 4; }
static void bad_order(void)	{ old->ser.order = 100; }
static void wrong_order(void)	{ old->ser.order = 1; }
static void huge_order(void)	{ old->ser.order = 31; }
static void first_nowhere(void)	{ old->ser.first.phys = 1UL << 50; }
static void loop(void)		{ chunk()->hdr.next.phys = old->ser.first.phys; }
static void next_nowhere(void)	{ chunk()->hdr.next.phys = 0 - PAGE_SIZE; }
static void page_twice(void)	{ chunk()->phys[7] = chunk()->phys[6]; }
static void page_nowhere(void)	{ chunk()->phys[7] = 1UL << 51; }
static void page_is_chunk(void)	{ chunk()->phys[7] = old->ser.first.phys; }
static void no_array(void)	{ shim_fail_after = 0; }
static void no_area(void)	{ shim_fail_after = 1; }
static void no_mapping(void)	{ shim_fail_after = 2; }

/* Pages that are neither preserved nor free. */
static unsigned int nr_lost(unsigned long first_chunk)
{
	unsigned int i, nr;

	model_forget_tree();
	model_read_tree(virt_to_phys(kho_fast_incoming.root));
	nr = !pfn_to_page(first_chunk)->free && !model_keeps(first_chunk);
	for (i = 0; i < old->nr; i++)
		nr += !pfn_to_page(old->pfn[i])->free && !model_keeps(old->pfn[i]);

	return nr;
}

TEST(spoiled_records_restore_nothing_and_lose_no_page)
{
	static void (* const spoils[])(void) = {
		too_few, too_many, endless, bad_flags, bad_order, wrong_order,
		huge_order, first_nowhere, loop, next_nowhere, page_twice,
		page_nowhere, page_is_chunk, no_array, no_area, no_mapping,
	};
	unsigned long first;
	unsigned int i;
	int status;

	machine();
	for (i = 0; i < ARRAY_SIZE(spoils); i++) {
		ASSERT_TRUE(kexec_run(four_chunks));
		if (!fork()) {
			kexec_next();
			first = PHYS_PFN(old->ser.first.phys);
			spoils[i]();
			_exit(kho_restore_vmalloc(&old->ser) || shim_live_areas || shim_nr_warns ||
			      /* kho_restore_pages() keeps what it had when it failed. */
			      nr_lost(first) > (spoils[i] == wrong_order));
		}
		wait(&status);
		shim_forget_memmap();
		ASSERT_EQ(status, 0) TH_LOG("case %u", i);
	}
}

/*
 * Flipped addresses that are valid by themselves, those of a page of another owner:
 *
 *	first -> chunk -> chunk -> chunk -> chunk, nearly full, then [seal]
 *	      \       \-> page            \
 *	       +-> other                    +-> other
 */
static void sealed_chunks(void)
{
	kexec_checksums("on");
	preserve(4 * 511 - 1, 0);
	kexec_preserve_other();
	kexec_seal();
}

static struct kho_vmalloc_chunk *last_chunk(void)
{
	struct kho_vmalloc_chunk *last = chunk();

	while (last->hdr.next.phys)
		last = phys_to_virt(last->hdr.next.phys);
	return last;
}

static void first_is_other(void)	{ old->ser.first.phys = params->other; }
static void link_is_other(void)		{ chunk()->hdr.next.phys = params->other; }
static void last_is_other(void)		{ last_chunk()->hdr.next.phys = params->other; }
static void entry_is_other(void)	{ chunk()->phys[7] = params->other; }
static void entries_swapped(void)	{ swap(chunk()->phys[7], chunk()->phys[8]); }
static void seal_flipped(void)		{ last_chunk()->phys[510] ^= 1; }

static void empty_loop(void)
{
	struct kho_vmalloc_chunk *other = phys_to_virt(params->other);

	last_chunk()->hdr.next.phys = params->other;
	other->hdr.next.phys = params->other;
}

static bool all_is_preserved(void)
{
	unsigned int i;

	model_forget_tree();
	model_read_tree(virt_to_phys(kho_fast_incoming.root));
	for (i = 0; i < old->nr; i++) {
		if (!model_keeps(old->pfn[i]))
			return false;
	}
	return true;
}

static bool is_left_alone(void (*flip)(void))
{
	flip();
	if (kho_restore_vmalloc(&old->ser) || shim_live_areas || shim_nr_errs != 1)
		return false;
	if (flip == empty_loop)
		memset(phys_to_virt(params->other), 0, PAGE_SIZE);
	return all_is_preserved() && kexec_other_is_there();
}

TEST(what_differs_is_neither_restored_nor_freed)
{
	static void (* const flips[])(void) = {
		first_is_other, link_is_other, last_is_other, entry_is_other, entries_swapped,
		seal_flipped, empty_loop, loop, too_few, too_many, endless, wrong_order, next_nowhere,
		page_nowhere,
	};
	unsigned int i;
	int status;

	machine();
	for (i = 0; i < ARRAY_SIZE(flips); i++) {
		ASSERT_TRUE(kexec_run(sealed_chunks));
		if (!fork()) {
			kexec_next();
			_exit(!is_left_alone(flips[i]));
		}
		wait(&status);
		shim_forget_memmap();
		ASSERT_EQ(status, 0) TH_LOG("case %u", i);
	}
}

static void sealed_page(void)	{ kexec_checksums("on"); one_page(); kexec_seal(); }
static void sealed_large(void)	{ kexec_checksums("on"); large_pages(); kexec_seal(); }

TEST(what_is_sealed_comes_back)
{
	static void (* const kernels[])(void) = { sealed_page, sealed_chunks, sealed_large };
	unsigned int i;
	int status;

	machine();
	for (i = 0; i < ARRAY_SIZE(kernels); i++) {
		ASSERT_TRUE(kexec_run(kernels[i]));
		if (!fork()) {
			kexec_next();
			_exit(!kho_fast_checksum_reads() ||
			      !is_what_it_was(kho_restore_vmalloc(&old->ser)) || shim_nr_warns);
		}
		wait(&status);
		shim_forget_memmap();
		EXPECT_EQ(status, 0) TH_LOG("area %u", i);
	}
}

TEST_HARNESS_MAIN
