// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: KUnit tests of the preflight
 *
 * A good handover passes, and each kind of bad one is refused with its reason,
 * by the kernel that would hand it over. Each test undoes what it has spoiled,
 * and then the handover passes again. Comparison with the next kernel's
 * verdict: tests/unit of the project.
 */
#include <kunit/test.h>

#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kexec.h>
#include <linux/libfdt.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "../outgoing/outgoing.h"
#include "../outgoing/preflight.h"
#include "../scratch.h"
#include "../tree/tree.h"

/* Not loaded; it only has a handover. */
static const struct kimage kho_test_image = { .kho.fdt = 1 };

static struct kho_fast_fault kho_test_fault;

static int kho_test_preflight(void)
{
	memset(&kho_test_fault, 0, sizeof(kho_test_fault));
	return kho_fast_preflight(&kho_test_image, &kho_test_fault);
}

static void kho_test_expect_refused(struct kunit *test, const char *why)
{
	KUNIT_EXPECT_EQ(test, kho_test_preflight(), -EINVAL);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(kho_test_fault.reason, why),
				  "'%s' is not in: %s", why,
				  kho_test_fault.reason);
}

static int kho_test_preflight_init(struct kunit *test)
{
	if (!kho_is_enabled())
		kunit_skip(test, "KHO is off");
	return 0;
}

static void kho_test_good_handover_passes(struct kunit *test)
{
	struct folio *folio = folio_alloc(GFP_KERNEL, 3);

	KUNIT_ASSERT_NOT_NULL(test, folio);
	KUNIT_EXPECT_EQ(test, kho_test_preflight(), 0);
	KUNIT_EXPECT_EQ(test, kho_preserve_folio(folio), 0);
	KUNIT_EXPECT_EQ(test, kho_test_preflight(), 0);
	kho_unpreserve_folio(folio);
	folio_put(folio);
}

/* A client frees its folio, and another one preserves a page of it. */
static void kho_test_keys_that_overlap_are_refused(struct kunit *test)
{
	struct folio *folio = folio_alloc(GFP_KERNEL, 3);
	struct page *page;

	KUNIT_ASSERT_NOT_NULL(test, folio);
	page = folio_page(folio, 5);
	KUNIT_EXPECT_EQ(test, kho_preserve_folio(folio), 0);
	KUNIT_EXPECT_EQ(test, kho_preserve_pages(page, 1), 0);
	kho_test_expect_refused(test, "keys overlap");
	KUNIT_EXPECT_EQ(test, kho_test_fault.phys, page_to_phys(page));
	kho_unpreserve_pages(page, 1);
	KUNIT_EXPECT_EQ(test, kho_test_preflight(), 0);
	kho_unpreserve_folio(folio);
	folio_put(folio);
}

static void kho_test_preserved_tree_page_is_refused(struct kunit *test)
{
	const struct kho_radix_node *root =
		phys_to_virt(kho_fast_outgoing_root());
	unsigned long pfn = PHYS_PFN(kho_fast_subtree_fdt_pa());
	struct kho_radix_leaf *leaf = kho_fast_leaf(root, kho_fast_key(pfn, 0));
	struct page *page;

	KUNIT_ASSERT_NOT_NULL(test, leaf);
	page = virt_to_page(leaf);
	KUNIT_EXPECT_EQ(test, kho_preserve_pages(page, 1), 0);
	kho_test_expect_refused(test, "is also preserved");
	KUNIT_EXPECT_EQ(test, kho_test_fault.phys, page_to_phys(page));
	kho_unpreserve_pages(page, 1);
	KUNIT_EXPECT_EQ(test, kho_test_preflight(), 0);
}

/* Past the checks of kho_preserve_pages() */
static void kho_test_refuse_key(struct kunit *test, unsigned long key,
				const char *why)
{
	struct kho_radix_tree tree = {
		.root = phys_to_virt(kho_fast_outgoing_root()),
	};

	mutex_init(&tree.lock);
	KUNIT_ASSERT_EQ(test, kho_radix_add_key(&tree, key), 0);
	kho_test_expect_refused(test, why);
	kho_radix_del_key(&tree, key);
	KUNIT_EXPECT_EQ(test, kho_test_preflight(), 0);
}

static void kho_test_unusable_memory_is_refused(struct kunit *test)
{
	const unsigned long scratch = PHYS_PFN(kho_scratch[0].addr);

	kho_test_refuse_key(test, kho_fast_key(scratch, 0),
			    "not usable memory");
	kho_test_refuse_key(test, kho_fast_key(BIT(40), 0),
			    "not usable memory");
	kho_test_refuse_key(test, kho_fast_key(0, 20), "not usable memory");
	kho_test_refuse_key(test, 5, "no possible order");
}

static void kho_test_overwritten_fdt_is_refused(struct kunit *test)
{
	void *fdt = phys_to_virt(kho_fast_subtree_fdt_pa());
	const u32 magic = fdt_magic(fdt), size = fdt_totalsize(fdt);

	fdt_set_magic(fdt, 0);
	kho_test_expect_refused(test, "no valid FDT");
	fdt_set_magic(fdt, magic);
	fdt_set_totalsize(fdt, PAGE_SIZE + 4);
	kho_test_expect_refused(test, "too large");
	fdt_set_totalsize(fdt, size);
	KUNIT_EXPECT_EQ(test, kho_test_preflight(), 0);
}

static void kho_test_unpreserved_blob_is_refused(struct kunit *test)
{
	void *blob = (void *)get_zeroed_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, blob);
	KUNIT_EXPECT_EQ(test, kho_add_subtree("kunit", blob, PAGE_SIZE), 0);
	kho_test_expect_refused(test, "the blob 'kunit' is not preserved");
	KUNIT_EXPECT_EQ(test, kho_preserve_pages(virt_to_page(blob), 1), 0);
	KUNIT_EXPECT_EQ(test, kho_test_preflight(), 0);
	kho_remove_subtree(blob);
	kho_unpreserve_pages(virt_to_page(blob), 1);
	free_page((unsigned long)blob);
}

static void kho_test_other_images_are_not_checked(struct kunit *test)
{
	static const struct kimage other = {};
	struct folio *folio = folio_alloc(GFP_KERNEL, 1);

	KUNIT_ASSERT_NOT_NULL(test, folio);
	KUNIT_EXPECT_EQ(test, kho_preserve_folio(folio), 0);
	KUNIT_EXPECT_EQ(test, kho_preserve_pages(&folio->page, 1), 0);
	KUNIT_EXPECT_EQ(test, kho_fast_preflight(&other, &kho_test_fault), 0);
	kho_test_expect_refused(test, "keys overlap");
	kho_unpreserve_pages(&folio->page, 1);
	kho_unpreserve_folio(folio);
	folio_put(folio);
}

static struct kunit_case kho_test_preflight_cases[] = {
	KUNIT_CASE(kho_test_good_handover_passes),
	KUNIT_CASE(kho_test_keys_that_overlap_are_refused),
	KUNIT_CASE(kho_test_preserved_tree_page_is_refused),
	KUNIT_CASE(kho_test_unusable_memory_is_refused),
	KUNIT_CASE(kho_test_overwritten_fdt_is_refused),
	KUNIT_CASE(kho_test_unpreserved_blob_is_refused),
	KUNIT_CASE(kho_test_other_images_are_not_checked),
	{}
};

static struct kunit_suite kho_test_preflight_suite = {
	.name		= "kho_fast_preflight",
	.init		= kho_test_preflight_init,
	.test_cases	= kho_test_preflight_cases,
};
kunit_test_suite(kho_test_preflight_suite);
