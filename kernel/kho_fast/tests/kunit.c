// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: KUnit tests of KHO
 *
 * The tree, the map of the preserved sections and the scratch sizes are tested
 * in userspace (tests/unit of the project). These tests need a kernel: folios,
 * vmalloc areas, libfdt and concurrency.
 */
#include <kunit/test.h>

#include <linux/bitops.h>
#include <linux/completion.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/kho_bulk.h>
#include <linux/kthread.h>
#include <linux/libfdt.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "../../kexec_internal.h"
#include "../outgoing/outgoing.h"
#include "../scratch.h"
#include "../tree/tree.h"

/* Is the key in the outgoing tree? */
static bool kho_test_is_preserved(unsigned long pfn, unsigned int order)
{
	unsigned long key = kho_fast_key(pfn, order);
	struct kho_radix_leaf *leaf;

	leaf = kho_fast_leaf(phys_to_virt(kho_fast_outgoing_root()), key);
	return leaf && test_bit(kho_fast_bit(key), leaf->bitmap);
}

static int kho_test_suite_init(struct kunit *test)
{
	if (!kho_is_enabled())
		kunit_skip(test, "KHO is off");
	return 0;
}

static void kho_test_folio_is_in_the_tree_until_unpreserved(struct kunit *test)
{
	unsigned int order;

	for (order = 0; order <= MAX_PAGE_ORDER; order++) {
		struct folio *folio = folio_alloc(GFP_KERNEL, order);
		unsigned long pfn;

		KUNIT_ASSERT_NOT_NULL(test, folio);
		pfn = folio_pfn(folio);

		KUNIT_EXPECT_FALSE(test, kho_test_is_preserved(pfn, order));
		KUNIT_EXPECT_EQ(test, kho_preserve_folio(folio), 0);
		KUNIT_EXPECT_TRUE(test, kho_test_is_preserved(pfn, order));
		kho_unpreserve_folio(folio);
		KUNIT_EXPECT_FALSE(test, kho_test_is_preserved(pfn, order));
		folio_put(folio);
	}
}

static void kho_test_free_folios(struct folio **folios, unsigned long nr)
{
	while (nr--)
		folio_put(folios[nr]);
	kvfree(folios);
}

/* Folios in the order of their allocation, four of each order at a time. */
static struct folio **kho_test_alloc_folios(unsigned long nr,
					    unsigned int max_order)
{
	struct folio **folios = kvmalloc_array(nr, sizeof(*folios), GFP_KERNEL);
	unsigned long i;

	for (i = 0; folios && i < nr; i++) {
		folios[i] = folio_alloc(GFP_KERNEL, i / 4 % (max_order + 1));
		if (!folios[i]) {
			kho_test_free_folios(folios, i);
			return NULL;
		}
	}

	return folios;
}

static unsigned long kho_test_count_preserved(struct folio **folios,
					      unsigned long nr)
{
	unsigned long i, n = 0;

	for (i = 0; i < nr; i++)
		n += kho_test_is_preserved(folio_pfn(folios[i]),
					   folio_order(folios[i]));
	return n;
}

static void kho_test_batch_is_all_or_nothing(struct kunit *test)
{
	const unsigned long nr = 100;
	struct folio **folios = kho_test_alloc_folios(nr, 4);

	KUNIT_ASSERT_NOT_NULL(test, folios);
	KUNIT_EXPECT_EQ(test, kho_preserve_folios(folios, nr), 0);
	KUNIT_EXPECT_EQ(test, kho_test_count_preserved(folios, nr), nr);
	kho_unpreserve_folios(folios, nr);
	KUNIT_EXPECT_EQ(test, kho_test_count_preserved(folios, nr), 0);

	KUNIT_EXPECT_EQ(test, kho_preserve_folio(folios[nr / 2]), 0);
	KUNIT_EXPECT_EQ(test, kho_preserve_folios(folios, nr), -EEXIST);
	KUNIT_EXPECT_EQ(test, kho_test_count_preserved(folios, nr), 1);
	kho_unpreserve_folio(folios[nr / 2]);
	kho_test_free_folios(folios, nr);
}

/* Several tasks on several NUMA nodes, otherwise the caller. */
static void kho_test_large_batch_is_in_the_tree(struct kunit *test)
{
	const unsigned long nr = 10000;
	struct folio **folios = kho_test_alloc_folios(nr, 1);

	KUNIT_ASSERT_NOT_NULL(test, folios);
	KUNIT_EXPECT_EQ(test, kho_preserve_folios(folios, nr), 0);
	KUNIT_EXPECT_EQ(test, kho_test_count_preserved(folios, nr), nr);

	/* The last one fails when most of the others are preserved. */
	kho_unpreserve_folios(folios, nr - 1);
	KUNIT_EXPECT_EQ(test, kho_preserve_folios(folios, nr), -EEXIST);
	KUNIT_EXPECT_EQ(test, kho_test_count_preserved(folios, nr), 1);
	kho_unpreserve_folio(folios[nr - 1]);
	kho_test_free_folios(folios, nr);
}

/* Adjacent pages, of one buddy block. */
static void kho_test_folio_range_is_single_folios(struct kunit *test)
{
	const unsigned long nr = 200;
	struct page *page = alloc_pages(GFP_KERNEL, 8);
	unsigned long i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	split_page(page, 8);
	KUNIT_EXPECT_EQ(test, kho_preserve_folio_range(page_folio(page), nr),
			0);
	for (i = 0; i < 1UL << 8; i++)
		KUNIT_EXPECT_EQ(test,
				kho_test_is_preserved(page_to_pfn(page + i), 0),
				i < nr);

	kho_unpreserve_folio_range(page_folio(page), nr);
	for (i = 0; i < 1UL << 8; i++) {
		KUNIT_EXPECT_FALSE(test,
				   kho_test_is_preserved(page_to_pfn(page + i),
							 0));
		__free_page(page + i);
	}
}

/* 7 pages from an odd pfn: one key each of order 0, 1 and 2. */
static void kho_test_pages_become_aligned_keys(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);
	unsigned long pfn;

	KUNIT_ASSERT_NOT_NULL(test, page);
	pfn = page_to_pfn(page);

	KUNIT_EXPECT_EQ(test, kho_preserve_pages(page + 1, 7), 0);
	KUNIT_EXPECT_FALSE(test, kho_test_is_preserved(pfn, 0));
	KUNIT_EXPECT_TRUE(test, kho_test_is_preserved(pfn + 1, 0));
	KUNIT_EXPECT_TRUE(test, kho_test_is_preserved(pfn + 2, 1));
	KUNIT_EXPECT_TRUE(test, kho_test_is_preserved(pfn + 4, 2));

	kho_unpreserve_pages(page + 1, 7);
	KUNIT_EXPECT_FALSE(test, kho_test_is_preserved(pfn + 1, 0));
	KUNIT_EXPECT_FALSE(test, kho_test_is_preserved(pfn + 2, 1));
	KUNIT_EXPECT_FALSE(test, kho_test_is_preserved(pfn + 4, 2));
	__free_pages(page, 3);
}

static void kho_test_alloc_preserve_is_zeroed_and_undone(struct kunit *test)
{
	void *mem = kho_alloc_preserve(3 * PAGE_SIZE);
	unsigned long pfn;

	KUNIT_ASSERT_FALSE(test, IS_ERR(mem));
	pfn = PHYS_PFN(virt_to_phys(mem));
	KUNIT_EXPECT_TRUE(test, kho_test_is_preserved(pfn, 2));
	KUNIT_EXPECT_NULL(test, memchr_inv(mem, 0, 4 * PAGE_SIZE));

	kho_unpreserve_free(mem);
	KUNIT_EXPECT_FALSE(test, kho_test_is_preserved(pfn, 2));
}

static void kho_test_alloc_preserve_refuses_impossible_sizes(struct kunit *test)
{
	const size_t largest = PAGE_SIZE << MAX_PAGE_ORDER;

	KUNIT_EXPECT_EQ(test, PTR_ERR(kho_alloc_preserve(0)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(kho_alloc_preserve(largest + 1)), -E2BIG);
	kho_unpreserve_free(NULL);
	kho_restore_free(NULL);
}

/* More pages than fit into one chunk. */
static void kho_test_vmalloc_area_is_listed_page_by_page(struct kunit *test)
{
	const unsigned long nr = KHO_VMALLOC_SIZE + 3;
	struct kho_vmalloc_chunk *chunk;
	struct kho_vmalloc ser;
	unsigned long i, pfn;
	char *area;

	area = vmalloc(nr * PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, area);
	KUNIT_ASSERT_EQ(test, kho_preserve_vmalloc(area, &ser), 0);
	KUNIT_EXPECT_EQ(test, ser.total_pages, nr);

	chunk = KHOSER_LOAD_PTR(ser.first);
	KUNIT_ASSERT_NOT_NULL(test, KHOSER_LOAD_PTR(chunk->hdr.next));
	for (i = 0; i < nr; i++) {
		pfn = vmalloc_to_pfn(area + i * PAGE_SIZE);
		if (i == KHO_VMALLOC_SIZE)
			chunk = KHOSER_LOAD_PTR(chunk->hdr.next);
		KUNIT_EXPECT_TRUE(test, kho_test_is_preserved(pfn, 0));
		KUNIT_EXPECT_EQ(test, chunk->phys[i % KHO_VMALLOC_SIZE],
				PFN_PHYS(pfn));
	}
	pfn = PHYS_PFN(ser.first.phys);
	KUNIT_EXPECT_TRUE(test, kho_test_is_preserved(pfn, 0));

	kho_unpreserve_vmalloc(&ser);
	KUNIT_EXPECT_FALSE(test, kho_test_is_preserved(pfn, 0));
	for (i = 0; i < nr; i++) {
		pfn = vmalloc_to_pfn(area + i * PAGE_SIZE);
		KUNIT_EXPECT_FALSE(test, kho_test_is_preserved(pfn, 0));
	}
	vfree(area);
}

static void kho_test_vmalloc_refuses_what_it_cannot_restore(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct kho_vmalloc ser;
	void *map;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, kho_preserve_vmalloc(page_address(page), &ser),
			-EINVAL);

	map = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_EQ(test, kho_preserve_vmalloc(map, &ser), -EOPNOTSUPP);
	vunmap(map);
	__free_page(page);
}

static int kho_test_fdt_node(const char *name)
{
	return fdt_subnode_offset(phys_to_virt(kho_fast_subtree_fdt_pa()), 0,
				  name);
}

/* Is the blob @name at @phys in the root FDT? */
static bool kho_test_fdt_lists(const char *name, phys_addr_t phys)
{
	const void *fdt = phys_to_virt(kho_fast_subtree_fdt_pa());
	int node = kho_test_fdt_node(name);
	const phys_addr_t *value;
	int len;

	if (node < 0)
		return false;
	value = fdt_getprop(fdt, node, KHO_SUB_TREE_PROP_NAME, &len);
	return value && len == sizeof(*value) && !memcmp(value, &phys, len);
}

static void kho_test_subtree_names_are_unique(struct kunit *test)
{
	void *a = kho_alloc_preserve(PAGE_SIZE);
	void *b = kho_alloc_preserve(PAGE_SIZE);

	KUNIT_ASSERT_FALSE(test, IS_ERR(a) || IS_ERR(b));
	KUNIT_EXPECT_EQ(test, kho_add_subtree("kunit", a, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, kho_add_subtree("kunit", b, PAGE_SIZE), -EEXIST);
	KUNIT_EXPECT_TRUE(test, kho_test_fdt_lists("kunit", virt_to_phys(a)));

	kho_remove_subtree(b);
	KUNIT_EXPECT_TRUE(test, kho_test_fdt_lists("kunit", virt_to_phys(a)));
	kho_remove_subtree(a);
	KUNIT_EXPECT_FALSE(test, kho_test_fdt_lists("kunit", virt_to_phys(a)));

	KUNIT_EXPECT_EQ(test, kho_add_subtree("kunit", b, PAGE_SIZE), 0);
	kho_remove_subtree(b);
	kho_unpreserve_free(a);
	kho_unpreserve_free(b);
}

/* A page of FDT has room for fewer than 100 entries; a full one stays valid. */
static void kho_test_full_fdt_refuses_and_stays_sound(struct kunit *test)
{
	char *blob = kho_alloc_preserve(100 * 8);
	unsigned int nr, i;
	char name[16];
	int err = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR(blob));
	for (nr = 0; nr < 100; nr++) {
		snprintf(name, sizeof(name), "kunit-%u", nr);
		err = kho_add_subtree(name, blob + 8 * nr, 8);
		if (err)
			break;
	}
	KUNIT_EXPECT_EQ(test, err, -ENOMEM);
	/* Not even a part of the entry. */
	KUNIT_EXPECT_LT(test, kho_test_fdt_node(name), 0);

	for (i = 0; i < nr; i++) {
		phys_addr_t phys = virt_to_phys(blob + 8 * i);

		snprintf(name, sizeof(name), "kunit-%u", i);
		KUNIT_EXPECT_TRUE(test, kho_test_fdt_lists(name, phys));
		kho_remove_subtree(blob + 8 * i);
	}
	KUNIT_EXPECT_FALSE(test,
			   kho_test_fdt_lists("kunit-0", virt_to_phys(blob)));
	kho_unpreserve_free(blob);
}

static void kho_test_unknown_subtree_is_not_found(struct kunit *test)
{
	phys_addr_t phys;
	size_t size;

	KUNIT_EXPECT_EQ(test, kho_retrieve_subtree("kunit-none", &phys, &size),
			-ENOENT);
}

/* Count the ranges that are offered in scratch and elsewhere. */
static int kho_test_count_offer(struct resource *res, void *data)
{
	struct kexec_buf *kbuf = data;

	if (kho_scratch_overlap(res->start, resource_size(res)))
		kbuf->memsz++;
	else
		kbuf->bufsz++;
	return 0;
}

static void kho_test_images_go_to_scratch_but_crash_images(struct kunit *test)
{
	struct kimage *image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);
	struct kexec_buf kbuf = { .image = image };

	KUNIT_ASSERT_NOT_NULL(test, image);
	image->type = KEXEC_TYPE_DEFAULT;
	KUNIT_EXPECT_EQ(test, kho_locate_mem_hole(&kbuf, kho_test_count_offer),
			-EADDRNOTAVAIL);
	KUNIT_EXPECT_EQ(test, kbuf.memsz, kho_scratch_cnt);
	KUNIT_EXPECT_EQ(test, kbuf.bufsz, 0);

	image->type = KEXEC_TYPE_CRASH;
	KUNIT_EXPECT_EQ(test, kho_locate_mem_hole(&kbuf, kho_test_count_offer),
			1);
	KUNIT_EXPECT_EQ(test, kho_fill_kimage(image), 0);
	KUNIT_EXPECT_EQ(test, image->kho.fdt, 0);
}

#define RACERS		4
#define RACE_KEYS	3000

struct kho_test_race {
	struct kho_radix_tree	tree;
	atomic_t		go, errors;
};

struct kho_test_racer {
	struct kho_test_race	*race;
	unsigned int		nr;
	struct completion	done;
};

/* All racers need the same new nodes at the same time, never the same key. */
static int kho_test_racer_fn(void *data)
{
	struct kho_test_racer *racer = data;
	struct kho_test_race *race = racer->race;
	unsigned long i;

	while (!atomic_read(&race->go))
		cond_resched();

	for (i = 0; i < RACE_KEYS; i++) {
		unsigned long pfn = (i << 15) + racer->nr;

		if (kho_radix_add_key(&race->tree, kho_fast_key(pfn, 0)))
			atomic_inc(&race->errors);
	}

	complete(&racer->done);
	return 0;
}

static int kho_test_count_key(unsigned long key, void *data)
{
	(*(unsigned long *)data)++;
	return 0;
}

static void kho_test_concurrent_adders_lose_no_key(struct kunit *test)
{
	const struct kho_radix_walk_cb cb = { .leaf = kho_test_count_key };
	struct kho_test_racer racers[RACERS];
	struct kho_test_race race = {};
	unsigned long nr = 0;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, kho_radix_init_tree(&race.tree, NULL), 0);
	for (i = 0; i < RACERS; i++) {
		racers[i] = (struct kho_test_racer){ .race = &race, .nr = i };
		init_completion(&racers[i].done);
		if (IS_ERR(kthread_run(kho_test_racer_fn, &racers[i],
				       "kho_racer%u", i)))
			complete(&racers[i].done);
	}
	atomic_set(&race.go, 1);
	for (i = 0; i < RACERS; i++)
		wait_for_completion(&racers[i].done);

	KUNIT_EXPECT_EQ(test, atomic_read(&race.errors), 0);
	KUNIT_EXPECT_EQ(test, kho_radix_walk_tree(&race.tree, &cb, &nr), 0);
	KUNIT_EXPECT_EQ(test, nr, RACERS * RACE_KEYS);
	kho_radix_destroy_tree(&race.tree);
}

static void kho_test_tree_refuses_keys_that_are_too_wide(struct kunit *test)
{
	struct kho_radix_tree tree;

	KUNIT_ASSERT_EQ(test, kho_radix_init_tree(&tree, NULL), 0);
	KUNIT_EXPECT_EQ(test,
			kho_radix_add_key(&tree, BIT(KHO_RADIX_KEY_WIDTH)),
			-ERANGE);
	kho_radix_destroy_tree(&tree);
	KUNIT_EXPECT_NULL(test, tree.root);
}

static struct kunit_case kho_test_cases[] = {
	KUNIT_CASE(kho_test_folio_is_in_the_tree_until_unpreserved),
	KUNIT_CASE(kho_test_batch_is_all_or_nothing),
	KUNIT_CASE(kho_test_large_batch_is_in_the_tree),
	KUNIT_CASE(kho_test_folio_range_is_single_folios),
	KUNIT_CASE(kho_test_pages_become_aligned_keys),
	KUNIT_CASE(kho_test_alloc_preserve_is_zeroed_and_undone),
	KUNIT_CASE(kho_test_alloc_preserve_refuses_impossible_sizes),
	KUNIT_CASE(kho_test_vmalloc_area_is_listed_page_by_page),
	KUNIT_CASE(kho_test_vmalloc_refuses_what_it_cannot_restore),
	KUNIT_CASE(kho_test_subtree_names_are_unique),
	KUNIT_CASE(kho_test_full_fdt_refuses_and_stays_sound),
	KUNIT_CASE(kho_test_unknown_subtree_is_not_found),
	KUNIT_CASE(kho_test_images_go_to_scratch_but_crash_images),
	KUNIT_CASE(kho_test_concurrent_adders_lose_no_key),
	KUNIT_CASE(kho_test_tree_refuses_keys_that_are_too_wide),
	{}
};

static struct kunit_suite kho_test_suite = {
	.name		= "kho_fast",
	.init		= kho_test_suite_init,
	.test_cases	= kho_test_cases,
};
kunit_test_suite(kho_test_suite);
