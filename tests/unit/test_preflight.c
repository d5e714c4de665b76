// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel never hands over what its own reader would refuse:
 * kernel/kho_fast/outgoing/preflight.c
 */
#include <sys/wait.h>
#include <unistd.h>

#include <libfdt.h>
#include <linux/sizes.h>
#include <linux/kexec.h>
#include <linux/seq_file.h>

#include "incoming/fdt.h"
#include "incoming/handover.h"
#include "kexec.h"
#include "outgoing/preflight.h"
#include "outgoing/verdict.h"
#include "faults.h"
#include "test.h"

int kho_fill_kimage(struct kimage *image);

static struct kimage image = { .file_mode = 1 };
static struct kho_fast_fault fault;

static void first_kernel(void)
{
	kexec_first();
	if (!kho_is_enabled() || kho_fill_kimage(&image))
		shim_die("no image");
}

static int preflight(void)
{
	memset(&fault, 0, sizeof(fault));
	return kho_fast_preflight(&image, &fault);
}

static struct kho_radix_tree tree(void)
{
	return (struct kho_radix_tree){ .root = phys_to_virt(kho_fast_outgoing_root()) };
}

/* Past the check of kho_preserve_folio() */
static void set_key(u64 key)
{
	struct kho_radix_tree t = tree();

	if (kho_radix_add_key(&t, key))
		shim_die("no key");
}

static void clear_key(u64 key)
{
	struct kho_radix_tree t = tree();

	kho_radix_del_key(&t, key);
}

static void *fdt(void)
{
	return phys_to_virt(kho_fast_subtree_fdt_pa());
}

static unsigned long fdt_pfn(void)
{
	return PHYS_PFN(kho_fast_subtree_fdt_pa());
}

/* The slot on @level that leads to the key of the FDT, which is preserved */
static u64 *fdt_slot(unsigned int level)
{
	return ref_slot(kho_fast_outgoing_root(), ref_key(fdt_pfn(), 0), level);
}

/* Again: the tree is not changed. */
#define EXPECT_REFUSED(why) do {						\
	const long objects_ = shim_live_objects;				\
										\
	EXPECT_EQ(preflight(), -EINVAL);					\
	EXPECT_EQ(preflight(), -EINVAL);					\
	EXPECT_NE(strstr(fault.reason, (why)), NULL)				\
		TH_LOG("the reason was: %s", fault.reason);			\
	EXPECT_EQ(shim_live_objects, objects_);					\
} while (0)

TEST(what_kernels_preserve_is_accepted)
{
	const long objects = (kexec_machine(), first_kernel(), shim_live_objects);

	kexec_preserve(64);
	EXPECT_EQ(preflight(), 0) TH_LOG("%s", fault.reason);
	EXPECT_EQ(shim_live_objects, objects);
	EXPECT_EQ(shim_nr_errs + shim_nr_warnings, 0);
}

/*
 * The folio of a client, which it frees, and a page in it of the next owner:
 *
 *	|FFFFFFFF|	order 3
 *	|     P  |
 */
TEST(memory_that_was_freed_without_unpreserving_is_found)
{
	struct page *page;

	kexec_machine();
	first_kernel();
	page = shim_alloc_pages(3);
	ASSERT_EQ(kho_preserve_folio(page_folio(page)), 0);
	EXPECT_EQ(preflight(), 0);

	ASSERT_EQ(kho_preserve_pages(page + 5, 1), 0);
	EXPECT_REFUSED("keys overlap");
	EXPECT_EQ(fault.phys, PFN_PHYS(page_to_pfn(page) + 5));
	EXPECT_FALSE(fault.by_cmdline);

	kho_unpreserve_folio(page_folio(page));
	EXPECT_EQ(preflight(), 0);
}

TEST(a_page_of_the_tree_that_is_preserved_is_found)
{
	unsigned int level;

	kexec_machine();
	first_kernel();
	for (level = 1; level < KHO_TREE_MAX_DEPTH; level++) {
		const unsigned long pfn = PHYS_PFN(*fdt_slot(level));

		ASSERT_EQ(kho_preserve_pages(pfn_to_page(pfn), 1), 0);
		EXPECT_REFUSED("is also preserved");
		EXPECT_EQ(fault.phys, PFN_PHYS(pfn));
		kho_unpreserve_pages(pfn_to_page(pfn), 1);
		EXPECT_EQ(preflight(), 0);
	}
}

TEST(preserved_memory_that_the_next_kernel_cannot_use_is_found)
{
	const u64 keys[] = {
		(kexec_machine(), first_kernel(), ref_key(PHYS_PFN(kho_scratch[0].addr) + 1, 0)),
		ref_key(0, 20),
		ref_key(model.nr_pages, 0),
		ref_key(1UL << 40, 0),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		set_key(keys[i]);
		EXPECT_REFUSED("not usable memory");
		clear_key(keys[i]);
		EXPECT_EQ(preflight(), 0);
	}
	set_key(5);
	EXPECT_REFUSED("no possible order");
}

/* Load an image that is told to leave a page alone. */
static int load_without(unsigned long pfn)
{
	static char line[64];

	snprintf(line, sizeof(line), "quiet memmap=4K$%#lx", pfn << PAGE_SHIFT);
	image = (struct kimage){ .file_mode = 1, .cmdline_buf = line };
	return kho_fill_kimage(&image);
}

TEST(a_command_line_that_takes_scratch_away_is_refused)
{
	unsigned int i;

	kexec_machine();
	first_kernel();
	for (i = 0; i < kho_scratch_cnt; i++) {
		unsigned long last = PHYS_PFN(kho_scratch[i].addr + kho_scratch[i].size - 1);

		shim_nr_errs = 0;
		EXPECT_EQ(load_without(last), -EINVAL);
		EXPECT_EQ(shim_nr_errs, 1);
		EXPECT_NE(strstr(shim_last_err, "takes scratch memory away"), NULL);
	}
}

TEST(a_command_line_that_takes_preserved_memory_away_is_refused)
{
	struct page *page;
	unsigned long pfn;

	kexec_machine();
	first_kernel();
	page = shim_alloc_pages(3);
	pfn = page_to_pfn(page);
	EXPECT_EQ(load_without(pfn + 5), 0);
	EXPECT_EQ(preflight(), 0);

	/* When it is preserved after that, the freeze finds it. */
	ASSERT_EQ(kho_preserve_folio(page_folio(page)), 0);
	EXPECT_REFUSED("not usable memory, by memmap= on its command line");
	EXPECT_TRUE(fault.by_cmdline);
	EXPECT_EQ(fault.phys, PFN_PHYS(pfn));

	shim_nr_errs = 0;
	EXPECT_EQ(load_without(pfn + 5), -EINVAL);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_EQ(load_without(fdt_pfn()), -EINVAL);
	EXPECT_EQ(load_without(page_to_pfn(shim_alloc_pages(0))), 0);
	EXPECT_EQ(preflight(), 0);
}

/* Which is not handed over, so nothing holds it there. */
TEST(memory_in_quarantine_is_named_before_the_next_kernel_uses_it)
{
	kexec_machine();
	first_kernel();
	shim_nr_warnings = 0;
	EXPECT_EQ(preflight(), 0);
	EXPECT_EQ(shim_nr_warnings, 0);
	kho_fast_incoming.nr_quarantined = SZ_128M / PAGES_PER_SECTION >> PAGE_SHIFT;
	EXPECT_EQ(preflight(), 0);
	EXPECT_EQ(shim_nr_warnings, 1);
	EXPECT_TRUE(strstr(shim_last_line, "128 MiB in quarantine are free") != NULL);
}

static const char *verdict(void)
{
	static char text[256];
	struct seq_file m = { fmemopen(text, sizeof(text), "w") };

	if (kho_fast_verdict_show(&m, NULL))
		shim_die("there is no verdict");
	fclose(m.file);
	return text;
}

TEST(the_verdict_is_that_of_a_live_update)
{
	char off[] = "liveupdate=off", none[] = "", on[] = "liveupdate=on";
	static struct kimage by_load;
	struct seq_file m = {};
	struct page *page;

	kexec_machine();
	first_kernel();
	EXPECT_NE(strstr(verdict(), "unknown: no next kernel is loaded"), NULL);
	kexec_image = &by_load;
	EXPECT_NE(strstr(verdict(), "refused: the next kernel was loaded by kexec_load(2)"), NULL);

	image = (struct kimage){ .file_mode = 1, .cmdline_buf = off };
	ASSERT_EQ(kho_fill_kimage(&image), 0);
	kexec_image = &image;
	EXPECT_STREQ(verdict(), "refused: the next kernel was loaded with liveupdate=off\n");
	image = (struct kimage){ .file_mode = 1, .cmdline_buf = none };
	kexec_image = NULL;
	ASSERT_EQ(kho_fill_kimage(&image), 0);
	kexec_image = &image;
	EXPECT_NE(strstr(verdict(), "doubtful: "), NULL);
	image = (struct kimage){ .file_mode = 1, .cmdline_buf = on };
	kexec_image = NULL;
	ASSERT_EQ(kho_fill_kimage(&image), 0);
	kexec_image = &image;
	EXPECT_STREQ(verdict(), "ok\n");

	page = shim_alloc_pages(3);
	ASSERT_EQ(kho_preserve_folio(page_folio(page)), 0);
	ASSERT_EQ(kho_preserve_pages(page + 5, 1), 0);
	EXPECT_NE(strstr(verdict(), "refused: keys overlap"), NULL);

	shim_kexec_locked = true;
	EXPECT_EQ(kho_fast_verdict_show(&m, NULL), -EBUSY);
}

TEST(a_tree_that_was_overwritten_is_found)
{
	u64 *slot, was;

	kexec_machine();
	first_kernel();
	slot = fdt_slot(2);
	was = *slot;
	*slot = kho_fast_outgoing_root();
	EXPECT_REFUSED("two slots point");
	*slot = was + 8;
	EXPECT_REFUSED("not usable memory");
	*slot = kho_scratch[0].addr;
	EXPECT_REFUSED("not usable memory");
	*slot = 1UL << 50;
	EXPECT_REFUSED("not usable memory");
	*slot = was;
	EXPECT_EQ(preflight(), 0);
}

TEST(a_root_fdt_that_was_overwritten_is_found)
{
	char copy[PAGE_SIZE];

	kexec_machine();
	first_kernel();
	memcpy(copy, fdt(), PAGE_SIZE);
	fdt_set_magic(fdt(), 0);
	EXPECT_REFUSED("no valid FDT");
	memcpy(fdt(), copy, PAGE_SIZE);
	fdt_set_totalsize(fdt(), PAGE_SIZE + 4);
	EXPECT_REFUSED("too large");
	memcpy(fdt(), copy, PAGE_SIZE);
	fdt_setprop_inplace(fdt(), 0, "compatible", "kho-v9", 7);
	EXPECT_REFUSED("format is");
	memcpy(fdt(), copy, PAGE_SIZE);
	fdt_nop_property(fdt(), 0, "preserved-memory-map");
	EXPECT_REFUSED("no usable");
	memcpy(fdt(), copy, PAGE_SIZE);
	fdt_setprop_inplace_u64(fdt(), 0, "preserved-memory-map", 0);
	EXPECT_EQ(preflight(), -EINVAL);
	memcpy(fdt(), copy, PAGE_SIZE);
	EXPECT_EQ(preflight(), 0);
}

TEST(a_blob_that_is_not_preserved_is_found)
{
	struct page *page;
	void *blob;

	kexec_machine();
	first_kernel();
	page = shim_alloc_pages(1);
	blob = phys_to_virt(PFN_PHYS(page_to_pfn(page)));
	ASSERT_EQ(kho_add_subtree("driver", blob, 2 * PAGE_SIZE), 0);
	EXPECT_REFUSED("the blob 'driver' is not preserved");
	ASSERT_EQ(kho_preserve_pages(page, 1), 0);
	EXPECT_REFUSED("the blob 'driver' is not preserved");
	ASSERT_EQ(kho_preserve_pages(page + 1, 1), 0);
	EXPECT_EQ(preflight(), 0);
}

TEST(without_memory_for_the_check_the_kexec_fails_and_can_be_repeated)
{
	long objects;
	int err;

	kexec_machine();
	first_kernel();
	kexec_preserve(20);
	objects = shim_live_objects;
	for_each_fault(f, "KHO: preflight") {
		err = FAULT(f, preflight());
		ASSERT_EQ(err, f->met ? -ENOMEM : 0);
		ASSERT_EQ(!err, !strstr(fault.reason, "no memory left"));
		ASSERT_EQ(shim_live_objects, objects);
		ASSERT_EQ(f->n < 2, f->met);
	}
}

TEST(an_image_without_the_handover_is_not_checked)
{
	struct kimage other = { 0 };

	kexec_machine();
	first_kernel();
	set_key(5);
	EXPECT_EQ(kho_fast_preflight(&other, &fault), 0);
}

TEST(loading_the_next_kernel_warns)
{
	struct kimage next = { .file_mode = 1 };

	kexec_machine();
	first_kernel();
	set_key(5);
	EXPECT_EQ(shim_nr_warnings, 0);
	EXPECT_EQ(kho_fill_kimage(&next), 0);
	EXPECT_EQ(shim_nr_warnings, 1);
	EXPECT_NE(strstr(shim_last_line, "no possible order"), NULL);
}

/*
 * Whatever clients and stray writes do: this kernel's verdict is that of the next one. A blob
 * that the next one would ignore counts as a refusal.
 */

/* A page that the next kernel has not reserved for itself: it alone knows that. */
static unsigned long some_pfn(void)
{
	unsigned long pfn;

	do {
		pfn = rnd(model.nr_pages);
	} while (pfn_to_page(pfn)->reserved);
	return pfn;
}

static struct item *some_item(void)
{
	return &params->item[rnd(params->nr_items)];
}

static void preserve_again(void)
{
	const struct item *item = some_item();
	unsigned long nr = 1 + rnd(item->nr_pages);

	kho_preserve_pages(pfn_to_page(item->pfn + rnd(item->nr_pages - nr + 1)), nr);
}

/* The memory goes to the next that asks, which may be the tree. */
static void free_preserved(void)
{
	const struct item *item = some_item();
	unsigned long i;

	for (i = 0; i < item->nr_pages; i++)
		pfn_to_page(item->pfn + i)->free = true;
}

static void set_random_key(void)
{
	unsigned int order = rnd(1 + rnd(24));
	unsigned long pfn = ALIGN_DOWN(some_pfn(), BIT(order)), i;

	for (i = 0; i < BIT(order) && pfn + i < model.nr_pages; i++) {
		if (pfn_to_page(pfn + i)->reserved)
			return;
	}
	set_key(ref_key(pfn, order));
}

static void set_impossible_key(void)
{
	set_key(one_in(2) ? rnd(1 << 21) : ref_key(model.nr_pages + rnd(1 << 20), rnd(8)));
}

static void overwrite_slot(void)
{
	u64 *slot = fdt_slot(1 + rnd(KHO_TREE_MAX_DEPTH - 1));

	switch (rnd(3)) {
	case 0:
		*slot ^= BIT(rnd(64));
		break;
	case 1:
		*slot = PFN_PHYS(some_pfn());
		break;
	default:
		slot[1] = *slot;
	}
}

static void add_blob(void)
{
	struct page *page = shim_alloc_pages(1);

	kho_preserve_pages(page, 1 + rnd(2));
	kho_add_subtree("driver", phys_to_virt(PFN_PHYS(page_to_pfn(page))), 1 + rnd(8192));
}

static void overwrite_fdt(void)
{
	((u8 *)fdt())[rnd(fdt_totalsize(fdt()))] ^= BIT(rnd(8));
}

static void nothing(void)
{
}

static void clumsy_kernel(void)
{
	static void (*const acts[])(void) = {
		nothing, preserve_again, free_preserved, add_blob, set_random_key,
		/* The kernel itself would stumble over it. */
		set_impossible_key, overwrite_slot, overwrite_fdt,
	};

	shim_clients_err = true;
	first_kernel();
	kexec_preserve(20);
	acts[rnd(5)]();
	kexec_preserve(20);
	acts[rnd(ARRAY_SIZE(acts))]();
	if (!preflight() == !!*fault.reason)
		shim_die("refused for no reason");
	memcpy(params->refused, fault.reason, sizeof(params->refused));
}

static unsigned int nr_blobs(const void *fdt)
{
	unsigned int nr = 0;
	int node;

	fdt_for_each_subnode(node, fdt, 0)
		nr++;
	return nr;
}

/* Those that it has not marked as invalid */
static unsigned int nr_valid_blobs(const void *fdt)
{
	unsigned int nr = 0;
	phys_addr_t phys;
	size_t size;
	int node;

	fdt_for_each_subnode(node, fdt, 0)
		nr += !kho_fast_subtree_read(fdt, node, &phys, &size);
	return nr;
}

/* The next kernel: does it take everything? */
static bool is_taken(void)
{
	unsigned int nr;

	kho_populate(params->fdt, params->fdt_len, params->scratch, params->scratch_len);
	nr = kho_fast_in_fdt() ? nr_blobs(kho_fast_in_fdt()) : 0;
	kho_memory_init_early();
	return is_kho_boot() && !kho_fast_incoming.nr_faults &&
	       nr_valid_blobs(kho_fast_in_fdt()) == nr;
}

TEST(no_kernel_hands_over_what_its_own_reader_would_refuse)
{
	unsigned int i, nr_refused = 0;
	int status;

	kexec_machine();
	for (i = 0; i < 400; i++) {
		rnd(2);	/* another sequence */
		params->nr_items = 0;
		ASSERT_TRUE(kexec_run(clumsy_kernel));
		nr_refused += !!*params->refused;
		if (!fork())
			_exit(is_taken());
		wait(&status);
		shim_forget_memmap();
		ASSERT_TRUE(WIFEXITED(status));
		ASSERT_EQ(WEXITSTATUS(status), !*params->refused)
			TH_LOG("round %u: '%s'", i, params->refused);
	}
	EXPECT_GT(nr_refused, 50);
	EXPECT_LT(nr_refused, 350);
}

TEST_HARNESS_MAIN
