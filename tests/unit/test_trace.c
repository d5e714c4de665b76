// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which trace events are fired, and with what: kernel/kho_fast/{trace.h,outgoing/,
 * incoming/restore}.c, mm/deferred_kho.c
 */
#include <linux/kho_bulk.h>
#include <linux/topology.h>
#include <linux/tracepoint.h>

#include "kexec.h"
#include "memfd.h"
#include "test.h"

/* Two nodes; pages that are not said to be a folio of another order are of order 0. */
#define NODE_PAGES	40000UL
#define NR_EVENTS	23

/* No function of a test is as large. */
#define FUNCTION_BYTES	2048

static void machine(void)
{
	unsigned long pfn;
	unsigned int nid;

	unit_init();
	shim_slab_is_up = true;
	for (nid = 0; nid < 2; nid++)
		memblock_add_node(PFN_PHYS(nid * NODE_PAGES), PFN_PHYS(NODE_PAGES), nid,
				  MEMBLOCK_NONE);
	for (pfn = 0; pfn < 2 * NODE_PAGES; pfn++)
		unit_make_folio(pfn, 0, pfn / NODE_PAGES);
	unit_add_spare_memory();
	if (kho_fast_outgoing_init())
		shim_die("no memory for a tree");
}

static struct folio *folio_at(unsigned long pfn, unsigned int order)
{
	return unit_make_folio(pfn, order, pfn / NODE_PAGES);
}

/* Switching an event on and off, as trace.c does */
static void watch(void)
{
	kho_fast_leaf_cache_suspend();
	shim_tracing = true;
	shim_forget_events();
}

static void stop_watching(void)
{
	shim_tracing = false;
	kho_fast_leaf_cache_resume();
}

static bool is_in(unsigned long caller, unsigned long function)
{
	return caller > function && caller < function + FUNCTION_BYTES;
}

/* Was the nth event of @name about these pages? */
static bool was(const char *name, unsigned long nth, unsigned long pfn,
		unsigned long nr_pages, unsigned int order, void *function)
{
	const struct shim_event *event = shim_event(name, nth);

	if (event->arg[0] == pfn && event->arg[1] == nr_pages && event->arg[2] == order &&
	    event->arg[3] == pfn / NODE_PAGES && is_in(event->arg[4], (unsigned long)function))
		return true;

	printf("# %s: pfn %lu, %lu pages, order %lu, node %lu, caller %#lx\n", name,
	       event->arg[0], event->arg[1], event->arg[2], event->arg[3], event->arg[4]);
	return false;
}

/* The asm keeps it from being a tail call. */
static noinline int preserve(struct folio *folio)
{
	int err = kho_preserve_folio(folio);

	asm volatile("" : : : "memory");
	return err;
}

static noinline void unpreserve(struct folio *folio)
{
	kho_unpreserve_folio(folio);
	asm volatile("" : : : "memory");
}

static unsigned long scattered(unsigned int i)
{
	return 64 + i * 3000;
}

/* Folios of two nodes, of orders 0 to 5. */
TEST(each_folio_emits_an_event_with_order_node_and_caller)
{
	unsigned int i;

	machine();
	/* From here on the leaf is cached. */
	ASSERT_EQ(preserve(folio_at(5, 0)), 0);
	watch();
	for (i = 0; i < NR_EVENTS; i++)
		ASSERT_EQ(preserve(folio_at(ALIGN(scattered(i), 32), i % 6)), 0);
	unpreserve(folio_at(5, 0));
	for (i = 0; i < NR_EVENTS; i++)
		unpreserve(folio_at(ALIGN(scattered(i), 32), i % 6));
	stop_watching();

	ASSERT_EQ(shim_nr_events("kho_preserve"), NR_EVENTS);
	ASSERT_EQ(shim_nr_events("kho_unpreserve"), NR_EVENTS + 1);
	EXPECT_TRUE(was("kho_unpreserve", 0, 5, 1, 0, unpreserve));
	for (i = 0; i < NR_EVENTS; i++) {
		unsigned long pfn = ALIGN(scattered(i), 32);

		EXPECT_TRUE(was("kho_preserve", i, pfn, BIT(i % 6), i % 6, preserve));
		EXPECT_TRUE(was("kho_unpreserve", i + 1, pfn, BIT(i % 6), i % 6, unpreserve));
	}
	EXPECT_EQ(shim_nr_warns, 0);
}

static bool is_cached(unsigned long pfn, unsigned int order)
{
	return kho_fast_leaf_cache_find(kho_fast_key(pfn, order));
}

/* A folio that takes the fast way is not seen, so there is none while one watches. */
TEST(leaves_are_cached_exactly_while_tracing_is_off)
{
	machine();
	ASSERT_EQ(preserve(folio_at(100, 0)), 0);
	EXPECT_TRUE(is_cached(100, 0));
	watch();
	EXPECT_FALSE(is_cached(100, 0));
	ASSERT_EQ(preserve(folio_at(101, 0)), 0);
	EXPECT_FALSE(is_cached(101, 0));
	stop_watching();
	EXPECT_FALSE(is_cached(101, 0));
	ASSERT_EQ(preserve(folio_at(102, 0)), 0);
	EXPECT_TRUE(is_cached(102, 0));
	EXPECT_EQ(shim_nr_events("kho_preserve"), 1);
}

TEST(a_failed_call_emits_no_event)
{
	struct folio *folios[3];

	machine();
	folios[0] = folio_at(10, 0);
	folios[1] = folio_at(20, 0);
	folios[2] = folio_at(10, 0);
	watch();
	/* One is there twice. */
	EXPECT_EQ(kho_preserve_folios(folios, 3), -EEXIST);
	/* None of it was preserved. */
	kho_unpreserve_folio(folios[0]);
	kho_unpreserve_folios(folios, 2);
	kho_unpreserve_folio_range(folios[0], 5);
	kho_unpreserve_pages(&folios[0]->page, 7);
	/* A second bitmap has to be made for that, and cannot. */
	ASSERT_EQ(preserve(folio_at(32700, 0)), 0);
	shim_fail_after = 0;
	EXPECT_EQ(preserve(folio_at(32768, 0)), -ENOMEM);
	shim_fail_after = 0;
	EXPECT_EQ(kho_preserve_pages(pfn_to_page(32768), 1), -ENOMEM);
	shim_fail_after = 0;
	EXPECT_EQ(kho_preserve_folio_range(folio_at(32766, 0), 9), -ENOMEM);
	shim_fail_after = -1;
	stop_watching();

	EXPECT_EQ(shim_nr_events("kho_preserve"), 1);
	EXPECT_EQ(shim_nr_events("kho_unpreserve"), 0);
}

static noinline int preserve_pages(unsigned long pfn, unsigned long nr)
{
	int err = kho_preserve_pages(pfn_to_page(pfn), nr);

	asm volatile("" : : : "memory");
	return err;
}

static noinline void unpreserve_pages(unsigned long pfn, unsigned long nr)
{
	kho_unpreserve_pages(pfn_to_page(pfn), nr);
	asm volatile("" : : : "memory");
}

TEST(a_range_of_pages_is_one_event_however_many_keys_it_takes)
{
	machine();
	watch();
	ASSERT_EQ(preserve_pages(1001, 500), 0);
	unpreserve_pages(1001, 500);
	stop_watching();

	ASSERT_EQ(shim_nr_events("kho_preserve"), 1);
	EXPECT_TRUE(was("kho_preserve", 0, 1001, 500, 0, preserve_pages));
	ASSERT_EQ(shim_nr_events("kho_unpreserve"), 1);
	EXPECT_TRUE(was("kho_unpreserve", 0, 1001, 500, 0, unpreserve_pages));
}

static noinline int preserve_folios(struct folio **folios, unsigned long nr)
{
	int err = kho_preserve_folios(folios, nr);

	asm volatile("" : : : "memory");
	return err;
}

static noinline void unpreserve_folios(struct folio **folios, unsigned long nr)
{
	kho_unpreserve_folios(folios, nr);
	asm volatile("" : : : "memory");
}

static noinline int preserve_range(struct folio *first, unsigned long nr)
{
	int err = kho_preserve_folio_range(first, nr);

	asm volatile("" : : : "memory");
	return err;
}

static noinline void unpreserve_range(struct folio *first, unsigned long nr)
{
	kho_unpreserve_folio_range(first, nr);
	asm volatile("" : : : "memory");
}

/* Ten in a row of order 2, one alone, twelve in a row of order 0. */
TEST(a_batch_is_an_event_for_each_run)
{
	struct folio *folios[NR_EVENTS];
	unsigned int i;

	machine();
	for (i = 0; i < 10; i++)
		folios[i] = folio_at(1000 + 4 * i, 2);
	folios[10] = folio_at(50000, 0);
	for (i = 11; i < NR_EVENTS; i++)
		folios[i] = folio_at(2000 + i, 0);
	watch();
	ASSERT_EQ(preserve_folios(folios, NR_EVENTS), 0);
	unpreserve_folios(folios, NR_EVENTS);
	ASSERT_EQ(preserve_range(folios[0], 10), 0);
	unpreserve_range(folios[0], 10);
	stop_watching();

	ASSERT_EQ(shim_nr_events("kho_preserve"), 4);
	ASSERT_EQ(shim_nr_events("kho_unpreserve"), 4);
	EXPECT_TRUE(was("kho_preserve", 0, 1000, 40, 2, preserve_folios));
	EXPECT_TRUE(was("kho_preserve", 1, 50000, 1, 0, preserve_folios));
	EXPECT_TRUE(was("kho_preserve", 2, 2011, 12, 0, preserve_folios));
	EXPECT_TRUE(was("kho_preserve", 3, 1000, 40, 2, preserve_range));
	EXPECT_TRUE(was("kho_unpreserve", 0, 1000, 40, 2, unpreserve_folios));
	EXPECT_TRUE(was("kho_unpreserve", 1, 50000, 1, 0, unpreserve_folios));
	EXPECT_TRUE(was("kho_unpreserve", 2, 2011, 12, 0, unpreserve_folios));
	EXPECT_TRUE(was("kho_unpreserve", 3, 1000, 40, 2, unpreserve_range));
	EXPECT_EQ(shim_nr_warns, 0);
}

/* More than one task works on these; the folios of a batch are told in its order. */
TEST(a_batch_of_several_workers_emits_events_of_the_caller)
{
	static struct folio *folios[10000];
	unsigned long i;

	machine();
	for (i = 0; i < ARRAY_SIZE(folios); i++)
		folios[i] = folio_at(100 + i, 0);
	watch();
	ASSERT_EQ(preserve_folios(folios, ARRAY_SIZE(folios)), 0);
	stop_watching();
	ASSERT_EQ(shim_nr_events("kho_preserve"), 1);
	EXPECT_TRUE(was("kho_preserve", 0, 100, ARRAY_SIZE(folios), 0, preserve_folios));
}

static void preserves_much(void)
{
	kexec_first();
	kexec_preserve(NR_EVENTS);
}

TEST(each_restored_folio_emits_one_event)
{
	static struct item items[64];
	unsigned int nr, i;

	kexec_machine();
	ASSERT_TRUE(kexec_run(preserves_much));
	kexec_next();
	kexec_boot_late();
	nr = params->nr_items;
	memcpy(items, params->item, sizeof(items));
	shim_tracing = true;
	kexec_restore();
	shim_tracing = false;

	ASSERT_EQ(shim_nr_events("kho_restore"), nr);
	for (i = 0; i < nr; i++) {
		/* They are restored from the last to the first. */
		const struct shim_event *event = shim_event("kho_restore", nr - 1 - i);

		EXPECT_EQ(event->arg[0], items[i].pfn);
		EXPECT_EQ(event->arg[1], items[i].nr_pages);
		EXPECT_EQ(event->arg[2], items[i].folio ? __ffs(items[i].nr_pages) : 0);
		EXPECT_EQ(event->arg[3], pfn_to_nid(items[i].pfn));
	}
}

/* Preserved pages of a section, counted one by one. */
static unsigned long preserved_in(unsigned long section)
{
	unsigned long pfn = section * PAGES_PER_SECTION, nr = 0;
	unsigned long end = min(pfn + PAGES_PER_SECTION, model.nr_pages);

	for (; pfn < end; pfn++)
		nr += model.page[pfn].order != NO_KEY;
	return nr;
}

TEST(each_initialised_section_emits_an_event_with_its_result)
{
	unsigned long i, nr, pending = 0;
	unsigned int nid;

	unit_init();
	model_random(PFN_SECTION_SHIFT < 12 ? 40 : 10);
	model_add_keys(200, 8);
	ASSERT_EQ(model_build_map(&kho_fast_incoming), 0);
	boot_memmap();
	boot_free_all();
	for (i = 0; i < kho_fast_incoming.nr_sections; i++)
		pending += kho_fast_incoming.sections[i].state == KHO_FAST_PENDING;
	shim_tracing = true;
	for (nid = 0; nid < MAX_NUMNODES; nid++)
		boot_deferred(nid);
	boot_exit();
	shim_tracing = false;
	boot_check();

	nr = shim_nr_events("kho_section");
	EXPECT_GT(pending, 0);
	EXPECT_EQ(nr, pending);
	for (i = 0; i < nr; i++) {
		const struct shim_event *event = shim_event("kho_section", i);

		EXPECT_EQ(event->arg[2], preserved_in(event->arg[1]));
		EXPECT_LE(event->arg[2] + event->arg[3], PAGES_PER_SECTION);
		EXPECT_GT(event->arg[4], 0);
	}
}

/* Batches of a file: as many pages are preserved and unpreserved as it has. */
TEST(a_memfd_emits_an_event_for_each_batch)
{
	unsigned long i, pages = 0, given_up = 0;

	memfd_machine();
	memfd_first_kernel();
	memfd_make_file(MAX_PAGES, 0);
	watch();
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);
	memfd_ops()->unpreserve(&args);
	stop_watching();

	for (i = 0; i < shim_nr_events("kho_memfd"); i++) {
		const struct shim_event *event = shim_event("kho_memfd", i);

		EXPECT_EQ((int)event->arg[4], 0);
		if (!strcmp((const char *)event->arg[0], "preserve"))
			pages += event->arg[2];
		else if (!strcmp((const char *)event->arg[0], "unpreserve"))
			given_up += event->arg[2];
	}
	EXPECT_EQ(pages, MAX_PAGES);
	EXPECT_EQ(given_up, MAX_PAGES);
}

TEST_HARNESS_MAIN
