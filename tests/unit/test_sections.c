// SPDX-License-Identifier: GPL-2.0-only
/*
 * From memblock to the buddy allocator around preserved pages, and back through
 * restoring: mm/{deferred_kho,kho_early_memory,kho_section_init,kho_buddy_block}.c
 * and kernel/kho_fast/incoming/{restore,trim}.c
 *
 * boot.c plays the callers, shim/check.c checks every single page.
 */
#include <pthread.h>

#include <linux/vmstat.h>

#include "test.h"

/* As far as memblock_free_all(). Half of the machines put small holes off. */
static void boot(unsigned long nr_sections, unsigned int nr_keys)
{
	model_random(nr_sections);
	model_add_keys(nr_keys, PFN_SECTION_SHIFT + 2);
	shim_nr_free_pages = one_in(2) ? LONG_MAX : 0;
	shim_may_postpone = one_in(2);
	if (model_build_map(&kho_fast_incoming))
		shim_die("a good tree is refused: %s", shim_last_msg);
	kho_fast_extend_scratch(&kho_fast_incoming);
	boot_memmap();
	boot_free_all();
}

static void restore_some(unsigned int one_in_n)
{
	unsigned long pfn;

	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		if (model.page[pfn].head && model.page[pfn].order != NO_KEY &&
		    one_in(one_in_n))
			boot_restore(pfn);
	}
}

static unsigned int small_sizes(void)
{
	return PFN_SECTION_SHIFT < 12 ? 48 : 10;
}

TEST(every_page_ends_up_free_preserved_or_reserved_exactly_once)
{
	unit_init();
	boot(small_sizes(), 200);
	EXPECT_FALSE(shim_scratch_only);
	boot_deferred_all();
	boot_exit();
	boot_check();
	EXPECT_EQ(shim_nr_warns, 0);
	EXPECT_EQ(shim_nr_errs, 0);
}

/* A preserved folio, a page of the tree, and scratch */
static int quarantine_some(struct kho_fast_map *map)
{
	unsigned long pfn;

	do {
		pfn = rnd(model.nr_pages);
	} while (model.page[pfn].order <= 0);

	map->view = &kho_fast_boot_view;
	return kho_fast_quarantine(map, pfn, 1, "a key") ?:
	       kho_fast_quarantine(map, PHYS_PFN(model.root), 1, "a page of the tree") ?:
	       kho_fast_quarantine(map, PHYS_PFN(model.areas[1].addr), 1, "scratch") ?:
	       kho_fast_quarantine_finish(map);
}

/* In early and in deferred memory; pages of the tree among them. */
TEST(quarantined_sections_are_held_for_good)
{
	unsigned long pfn;

	unit_init();
	model_random(small_sizes());
	model_add_keys(200, PFN_SECTION_SHIFT - 1);
	shim_nr_free_pages = one_in(2) ? LONG_MAX : 0;
	ASSERT_EQ(model_build_map(&kho_fast_incoming), 0);
	ASSERT_EQ(quarantine_some(&kho_fast_incoming), 0);
	model_quarantine(&kho_fast_incoming);
	kho_fast_extend_scratch(&kho_fast_incoming);
	boot_memmap();
	boot_free_all();
	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		if (model.page[pfn].held && one_in(64))
			ASSERT_EQ(kho_restore_folio(PFN_PHYS(pfn)), NULL);
	}
	boot_deferred_all();
	boot_exit();
	boot_check();
	restore_some(1);
	boot_settle();
	EXPECT_EQ(kho_fast_incoming.root, NULL);
	boot_check();
	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		if (model.page[pfn].held)
			ASSERT_EQ(kho_restore_pages(PFN_PHYS(pfn), 1), NULL);
	}
	EXPECT_EQ(shim_nr_warns, 0);
}

/* Nothing preserved but the tree itself: the way of a first, idle update. */
TEST(every_page_ends_up_free_when_nothing_is_preserved)
{
	unit_init();
	boot(small_sizes(), 0);
	boot_deferred_all();
	boot_exit();
	boot_check();
}

TEST(zones_can_grow_before_the_deferred_threads)
{
	unsigned int n;

	unit_init();
	boot(small_sizes(), 200);
	for (n = 0; n < 10; n++)
		boot_grow(rnd(MAX_NUMNODES));
	boot_deferred_all();
	boot_exit();
	boot_check();
}

TEST(restoring_early_initialises_the_sections_first)
{
	unit_init();
	boot(small_sizes(), 200);
	restore_some(4);
	boot_grow(0);
	restore_some(4);
	boot_deferred_all();
	boot_exit();
	boot_check();
	EXPECT_EQ(shim_nr_warns, 0);
}

/* One key over three deferred sections. */
TEST(restoring_large_folios_early_initialises_all_their_sections)
{
	unsigned long pfn = 8 * PAGES_PER_SECTION;

	unit_init();
	model_plain(16);
	EXPECT_TRUE(model_add_key(pfn, PFN_SECTION_SHIFT + 2));
	EXPECT_EQ(model_build_map(&kho_fast_incoming), 0);
	boot_first_deferred = pfn + PAGES_PER_SECTION;
	boot_memmap();
	boot_free_all();

	boot_restore(8 * PAGES_PER_SECTION);
	boot_deferred_all();
	boot_exit();
	boot_check();
}

TEST(nothing_is_left_of_a_restored_handover)
{
	unsigned long pfn, left = 0;

	unit_init();
	boot(small_sizes(), 200);
	restore_some(3);
	boot_deferred_all();
	boot_exit();
	restore_some(2);
	boot_settle();
	boot_check();
	EXPECT_NE(kho_fast_incoming.root, NULL);
	EXPECT_EQ(kho_fast_count_preserved(), model_count_preserved());
	restore_some(1);
	boot_settle();
	EXPECT_EQ(kho_fast_incoming.root, NULL);
	EXPECT_EQ(kho_fast_incoming.sections, NULL);

	/* What the kernel took for itself is free again, but for two arrays. */
	for (pfn = 0; pfn < model.nr_pages; pfn++)
		left += pfn_to_page(pfn)->reserved && !model.page[pfn].reserved;
	EXPECT_LE(left, 2);
	boot_check();
}

extern int (*shim_initcall_kho_offline_init)(void);

/* As offline_pages() does, before it migrates the first page. */
static int offline(unsigned long pfn, unsigned long nr_pages)
{
	struct memory_notify range = { pfn, nr_pages };

	shim_initcall_kho_offline_init();
	shim_nr_warnings = 0;
	return shim_memory_notify(NULL, MEM_GOING_OFFLINE, &range);
}

/* Of random blocks, and of pages */
static void blocks_with_preserved_pages_are_refused(void)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		unsigned long nr = one_in(2) ? 1 : 1 + rnd(3 * PAGES_PER_SECTION), n;
		unsigned long pfn = rnd(model.nr_pages);
		bool refused = offline(pfn, nr) == -EBUSY;

		for (n = 0; n < nr; n++) {
			if (model_keeps(pfn + n) ||
			    kho_fast_is_quarantined(&kho_fast_incoming, pfn + n))
				break;
		}
		if (refused != (n < nr))
			shim_die("%lu pages at %#lx: refused %d", nr, pfn, refused);
		if (shim_nr_warnings != refused)
			shim_die("%u messages", shim_nr_warnings);
	}
}

static void boot_without_blocks(bool quarantine)
{
	unit_init();
	model_random(small_sizes());
	model_add_keys(50, PFN_SECTION_SHIFT + (quarantine ? -1 : 2));
	if (model_build_map(&kho_fast_incoming) ||
	    (quarantine && quarantine_some(&kho_fast_incoming)))
		shim_die("no map");
	if (quarantine)
		model_quarantine(&kho_fast_incoming);
	boot_memmap();
	boot_free_all();
	boot_deferred_all();
	boot_exit();
	blocks_with_preserved_pages_are_refused();
	restore_some(2);
	boot_settle();
	blocks_with_preserved_pages_are_refused();
	restore_some(1);
	boot_settle();
	blocks_with_preserved_pages_are_refused();
}

TEST(memory_of_the_previous_kernel_stays_online_until_it_is_restored)
{
	boot_without_blocks(false);
	EXPECT_EQ(offline(0, model.nr_pages), NOTIFY_OK);
}

TEST(memory_in_quarantine_stays_online)
{
	boot_without_blocks(true);
	EXPECT_EQ(offline(0, model.nr_pages), -EBUSY);
}

/* Keys of each order, in reach of the first and of the last page of a range */
TEST(memory_for_the_next_kernel_stays_online)
{
	const unsigned long start = 8 * PAGES_PER_SECTION, nr = 4 * PAGES_PER_SECTION;
	unsigned int order;

	unit_init();
	model_plain(16);
	ASSERT_EQ(offline(start, nr), NOTIFY_OK);
	shim_slab_is_up = true;
	unit_add_spare_memory();
	ASSERT_EQ(kho_fast_outgoing_init(), 0);
	for (order = 0; order <= PFN_SECTION_SHIFT + 1; order++) {
		unsigned long pages = BIT(order), last = start + nr - pages;

		kho_preserve_folio(unit_make_folio(start, order, 0));
		EXPECT_EQ(offline(start + pages - 1, nr), -EBUSY) TH_LOG("order %u", order);
		EXPECT_EQ(shim_nr_warnings, 1);
		EXPECT_EQ(offline(start + pages, nr), NOTIFY_OK);
		EXPECT_EQ(offline(0, start), NOTIFY_OK);
		EXPECT_EQ(offline(0, start + 1), -EBUSY);
		kho_unpreserve_folio(unit_make_folio(start, order, 0));

		kho_preserve_folio(unit_make_folio(last, order, 0));
		EXPECT_EQ(offline(start, nr - pages + 1), -EBUSY) TH_LOG("order %u", order);
		EXPECT_EQ(offline(start, nr - pages), NOTIFY_OK);
		EXPECT_EQ(offline(start + nr, nr), NOTIFY_OK);
		kho_unpreserve_folio(unit_make_folio(last, order, 0));
		EXPECT_EQ(offline(start, nr), NOTIFY_OK);
	}
}

TEST(a_folio_is_restored_once_and_only_by_its_first_address)
{
	const unsigned long pfn = 5 * PAGES_PER_SECTION;
	struct folio *folio;

	unit_init();
	model_plain(8);
	model_add_key(pfn, 3);
	EXPECT_EQ(model_build_map(&kho_fast_incoming), 0);
	boot_memmap();
	boot_free_all();

	EXPECT_EQ(kho_restore_folio(PFN_PHYS(pfn + 1)), NULL);
	EXPECT_EQ(kho_restore_folio(PFN_PHYS(pfn - 8)), NULL);
	EXPECT_EQ(kho_restore_folio(PFN_PHYS(pfn + 8)), NULL);
	EXPECT_EQ(shim_nr_warnings, 3);
	folio = kho_restore_folio(PFN_PHYS(pfn));
	EXPECT_NE(folio, NULL);
	EXPECT_EQ(kho_restore_folio(PFN_PHYS(pfn)), NULL);
	EXPECT_EQ(kho_restore_folio(SHIM_MEMORY), NULL);
	EXPECT_EQ(kho_restore_folio(1UL << 60), NULL);
}

TEST(trying_to_restore_takes_a_folio_of_the_right_order_and_never_warns)
{
	const unsigned long pfn = 5 * PAGES_PER_SECTION;

	unit_init();
	EXPECT_EQ(kho_fast_try_restore_folio(PFN_PHYS(pfn), 3), NULL);
	model_plain(8);
	model_add_key(pfn, 3);
	EXPECT_EQ(model_build_map(&kho_fast_incoming), 0);
	boot_memmap();
	boot_free_all();

	EXPECT_EQ(kho_fast_try_restore_folio(PFN_PHYS(pfn), 0), NULL);
	EXPECT_EQ(kho_fast_try_restore_folio(PFN_PHYS(pfn), 2), NULL);
	EXPECT_EQ(kho_fast_try_restore_folio(PFN_PHYS(pfn), 4), NULL);
	EXPECT_EQ(kho_fast_try_restore_folio(PFN_PHYS(pfn + 1), 3), NULL);
	EXPECT_EQ(kho_fast_try_restore_folio(PFN_PHYS(pfn) + 8, 3), NULL);
	EXPECT_EQ(kho_fast_try_restore_folio(1UL << 60, 3), NULL);
	EXPECT_EQ(kho_fast_try_restore_folio(PFN_PHYS(pfn + 8), 3), NULL);
	EXPECT_NE(kho_fast_try_restore_folio(PFN_PHYS(pfn), 3), NULL);
	EXPECT_EQ(kho_fast_try_restore_folio(PFN_PHYS(pfn), 3), NULL);
	EXPECT_EQ(shim_nr_warns + shim_nr_warnings, 0);
}

TEST(only_single_pages_are_restored_and_freed)
{
	const unsigned long pfn = 5 * PAGES_PER_SECTION;

	unit_init();
	model_plain(8);
	model_add_key(pfn, 1);
	model_add_key(pfn + 2, 0);
	EXPECT_EQ(model_build_map(&kho_fast_incoming), 0);
	boot_memmap();
	boot_free_all();
	boot_deferred_all();

	kho_fast_restore_free_page(PFN_PHYS(pfn + 2));
	model.page[pfn + 2].order = NO_KEY;
	kho_fast_restore_free_page(PFN_PHYS(pfn + 2));
	kho_fast_restore_free_page(PFN_PHYS(pfn));
	boot_exit();
	boot_check();
	EXPECT_NE(kho_restore_folio(PFN_PHYS(pfn)), NULL)
		TH_LOG("the larger folio was lost");
}

/* Deferred initialisation would have a single thread for it. */
TEST(sections_of_nodes_without_cpus_are_initialised_with_the_rest)
{
	unit_init();
	boot_first_deferred = 10 * PAGES_PER_SECTION;
	node_set(1, shim_nodes_without_cpus);
	model_two_nodes(16);
	model_add_holes(10, 2);
	model_add_holes(14, 2);
	EXPECT_EQ(model_build_map(&kho_fast_incoming), 0);
	/* Such as a page of its memmap, which memblock_free_all() does not count */
	memblock_reserve(PFN_PHYS(14 * PAGES_PER_SECTION + 1), PAGE_SIZE);
	model.page[14 * PAGES_PER_SECTION + 1].reserved = true;
	boot_memmap();
	boot_free_all();
	boot_grow(1);
	EXPECT_EQ(kho_fast_incoming.sections[10].state, KHO_FAST_DONE)
		TH_LOG("memory was needed at once");
	boot_deferred_all();
	EXPECT_EQ(kho_fast_incoming.sections[14].state, KHO_FAST_PENDING);
	EXPECT_EQ(shim_totalram, boot_count_free())
		TH_LOG("files_maxfiles_init() takes the difference for the kernel");
	kho_fast_init_all();
	EXPECT_EQ(kho_fast_incoming.sections[14].state, KHO_FAST_DONE);
	kho_fast_incoming_init();
	boot_settle();
	boot_check();
}

static void *deferred_thread(void *arg)
{
	boot_deferred((int)(long)arg);
	return NULL;
}

/* Takes every third key from its end of memory, like users in early boot. */
static void *restore_thread(void *arg)
{
	unsigned long step = (unsigned long)arg, pfn;

	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		if (model.page[pfn].head && pfn % 5 == step &&
		    model.page[pfn].order != NO_KEY)
			boot_restore(pfn);
	}
	return NULL;
}

TEST(restoring_can_run_beside_the_threads_of_all_nodes)
{
	pthread_t thread[MAX_NUMNODES], restorer[2];
	long i;

	unit_init();
	boot(small_sizes(), 200);
	for (i = 0; i < MAX_NUMNODES; i++)
		pthread_create(&thread[i], NULL, deferred_thread, (void *)i);
	for (i = 0; i < 2; i++)
		pthread_create(&restorer[i], NULL, restore_thread, (void *)i);
	for (i = 0; i < MAX_NUMNODES; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; i < 2; i++)
		pthread_join(restorer[i], NULL);
	boot_exit();
	boot_check();
	EXPECT_EQ(shim_nr_warns, 0);
}

static int nr_restored;

/* More often than there is something to have. */
static void *restore_same(void *arg)
{
	unsigned long i;

	for (i = 0; i < 3 * model.nr_pages; i++) {
		unsigned long pfn = i % model.nr_pages;

		if (model.page[pfn].head && kho_restore_folio(PFN_PHYS(pfn)))
			__atomic_fetch_add(&nr_restored, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

TEST(threads_that_restore_the_same_folios_get_each_once)
{
	pthread_t thread[3];
	int i, nr_keys = 0;
	unsigned long pfn;

	unit_init();
	boot(small_sizes(), 200);
	for (pfn = 0; pfn < model.nr_pages; pfn++)
		nr_keys += model.page[pfn].head;
	for (i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, restore_same, NULL);
	for (i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(nr_restored, nr_keys);
}

static bool stop_trimming;

static void *trim_thread(void *arg)
{
	while (!READ_ONCE(stop_trimming)) {
		kho_fast_schedule_trim();
		flush_work(READ_ONCE(shim_delayed_work));
	}
	return NULL;
}

/* Claims that come too late look at nodes that are just going. */
TEST(the_tree_can_be_trimmed_while_it_is_restored)
{
	pthread_t trim, restorer[3];
	unsigned long pfn;
	int i, nr_keys = 0;

	unit_init();
	boot(small_sizes(), 200);
	boot_deferred_all();
	kho_fast_init_all();
	kho_fast_incoming_init();
	for (pfn = 0; pfn < model.nr_pages; pfn++)
		nr_keys += model.page[pfn].head;

	pthread_create(&trim, NULL, trim_thread, NULL);
	for (i = 0; i < 3; i++)
		pthread_create(&restorer[i], NULL, restore_same, NULL);
	for (i = 0; i < 3; i++)
		pthread_join(restorer[i], NULL);
	WRITE_ONCE(stop_trimming, true);
	pthread_join(trim, NULL);
	kho_fast_schedule_trim();
	flush_work(shim_delayed_work);
	EXPECT_EQ(nr_restored, nr_keys);
	EXPECT_EQ(kho_fast_incoming.root, NULL);
}

/* Early folios, and sections that the deferred threads forgot. */
TEST(sections_without_a_thread_are_initialised_in_the_end)
{
	unit_init();
	boot(small_sizes(), 200);
	boot_skip_preserved = true;
	boot_deferred_all();
	EXPECT_FALSE(kho_fast_incoming.initialised);
	boot_exit();
	EXPECT_EQ(kho_fast_incoming.initialised, !kho_fast_nr_late());
	boot_check();
}

/* Twelve sections of folios of @order: the first is early, the last has a hole. */
static void boot_full_sections(unsigned int order)
{
	unsigned long pfn, hole = 28 * PAGES_PER_SECTION - BIT(order);

	unit_init();
	model_plain(32);
	for (pfn = 16 * PAGES_PER_SECTION; pfn < hole; pfn += BIT(order))
		model_add_key(pfn, order);
	if (model_build_map(&kho_fast_incoming))
		shim_die("a good tree is refused");
	shim_may_postpone = true;
	boot_first_deferred = 17 * PAGES_PER_SECTION;
	boot_memmap();
	boot_free_all();
}

/* The sections before the one with the hole; one that grows the zone, by the way. */
TEST(full_sections_wait_until_they_are_restored)
{
	unsigned int order = rnd(PFN_SECTION_SHIFT);
	unsigned long pfn, nr;

	boot_full_sections(order);
	boot_grow(0);
	boot_deferred_all();
	boot_exit();
	EXPECT_EQ(kho_fast_nr_late(), 10);
	EXPECT_FALSE(kho_fast_incoming.initialised);
	boot_check();

	pfn = 20 * PAGES_PER_SECTION + (rnd(PAGES_PER_SECTION) & -BIT(order));
	boot_restore(pfn);
	EXPECT_EQ(kho_fast_nr_late(), 9);
	boot_check();

	for (nr = 16; nr < 27; nr++) {
		EXPECT_FALSE(shim_late_is_done);
		guard(rcu)();
		kho_fast_ensure_initialised(section_nr_to_pfn(nr), 1);
	}
	EXPECT_EQ(kho_fast_nr_late(), 0);
	EXPECT_TRUE(kho_fast_incoming.initialised);
	EXPECT_TRUE(shim_late_is_done);
	boot_check();
	restore_some(1);
	boot_settle();
	EXPECT_EQ(kho_fast_incoming.root, NULL);
	boot_check();
}

/* A folio of four sections is claimed while they wait. */
TEST(restoring_a_folio_initialises_all_of_its_late_sections)
{
	boot_full_sections(PFN_SECTION_SHIFT + 2);
	boot_deferred_all();
	boot_exit();
	EXPECT_EQ(kho_fast_nr_late(), 7);
	boot_restore(16 * PAGES_PER_SECTION);
	EXPECT_EQ(kho_fast_nr_late(), 4);
	boot_check();
}

/* What is restored before the boot is done, too. */
TEST(late_sections_can_be_restored_before_all_are_found)
{
	boot_full_sections(0);
	boot_restore(16 * PAGES_PER_SECTION);
	boot_deferred_all();
	boot_restore(17 * PAGES_PER_SECTION + 5);
	boot_exit();
	EXPECT_EQ(kho_fast_nr_late(), 9);
	boot_check();
	EXPECT_EQ(shim_nr_warns, 0);
}

static void *late_thread(void *arg)
{
	unsigned long nr;

	for (nr = 16; nr < 28; nr++) {
		guard(rcu)();
		kho_fast_ensure_initialised(section_nr_to_pfn(nr), 1);
	}
	return NULL;
}

TEST(workers_and_restoring_share_the_late_sections)
{
	pthread_t thread[4];
	unsigned long i;

	boot_full_sections(0);
	boot_deferred_all();
	boot_exit();
	for (i = 0; i < 2; i++) {
		pthread_create(&thread[i], NULL, late_thread, NULL);
		pthread_create(&thread[i + 2], NULL, restore_thread, (void *)i);
	}
	for (i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(kho_fast_nr_late(), 0);
	EXPECT_TRUE(shim_late_is_done);
	boot_check();
	EXPECT_EQ(shim_nr_warns, 0);
}

/*
 * Two sections full of folios, with the border of a region @cut pages into the first.
 * @early: no struct page is deferred.
 */
static void hold_across_regions(unsigned int order, unsigned int cut, bool early)
{
	const unsigned long start = 8 * PAGES_PER_SECTION;
	unsigned long pfn;

	model_plain(16);	/* its tree lies below */
	memblock.memory.regions[0].size = PFN_PHYS(start + cut);
	memblock_add_node(PFN_PHYS(start + cut), PFN_PHYS(model.nr_pages - start - cut),
			  0, MEMBLOCK_HOTPLUG);
	for (pfn = start; pfn < start + 2 * PAGES_PER_SECTION; pfn += BIT(order))
		model_add_key(pfn, order);
	if (model_build_map(&kho_fast_incoming))
		shim_die("a good tree is refused");

	boot_first_deferred = early ? ULONG_MAX : 0;
	boot_memmap();
	boot_free_all();
	boot_deferred_all();
	boot_exit();
	boot_check();
	for (pfn = start; pfn < start + 2 * PAGES_PER_SECTION; pfn += BIT(order))
		boot_restore(pfn);
	boot_settle();
	boot_check();
}

/* In a process of its own. */
static bool can_hold_across_regions(unsigned int order, unsigned int cut, bool early)
{
	int status;

	if (!fork()) {
		shim_forget_memmap();
		hold_across_regions(order, cut, early);
		_exit(0);
	}
	wait(&status);
	return !status;
}

/* Each order with small sections; every third with real ones, each a machine of gigabytes */
TEST(a_folio_can_lie_in_several_regions)
{
	const int step = PFN_SECTION_SHIFT > 10 ? 3 : 1;
	unsigned int cut;
	int order;

	unit_init();
	for (order = PFN_SECTION_SHIFT + 1; order > 0; order -= step) {
		for (cut = 1; cut < BIT(order); cut = cut < 4 ? cut + 1 : 3 * cut) {
			ASSERT_TRUE(can_hold_across_regions(order, cut, false))
				TH_LOG("order %u cut after %u pages", order, cut);
			ASSERT_TRUE(can_hold_across_regions(order, cut, true))
				TH_LOG("order %u cut after %u pages, early", order, cut);
		}
	}
}

static void *init_quarter(void *pfn)
{
	kho_fast_init_range((unsigned long)pfn,
			    (unsigned long)pfn + 2 * PAGES_PER_SECTION, true);
	return NULL;
}

/* Each section of it is initialised by a thread of its own. */
TEST(a_folio_of_eight_sections_is_initialised_by_several_threads)
{
	const unsigned long start = 16 * PAGES_PER_SECTION;
	pthread_t thread[4];
	long i;

	unit_init();
	model_plain(32);
	model_add_key(start, PFN_SECTION_SHIFT + 3);
	EXPECT_EQ(model_build_map(&kho_fast_incoming), 0);
	boot_first_deferred = start - PAGES_PER_SECTION;
	boot_memmap();
	boot_free_all();

	for (i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, init_quarter,
			       (void *)(start + 2 * i * PAGES_PER_SECTION));
	for (i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	boot_deferred_all();
	boot_exit();
	boot_check();
	boot_restore(start);
}

TEST(a_run_of_one_key_is_restored_as_single_pages)
{
	const unsigned long pfn = 12 * PAGES_PER_SECTION, nr = PAGES_PER_SECTION / 2;
	struct page *page;
	unsigned long i;

	unit_init();
	model_plain(16);
	model_add_key(pfn, PFN_SECTION_SHIFT - 1);
	EXPECT_EQ(model_build_map(&kho_fast_incoming), 0);
	boot_memmap();
	boot_free_all();
	boot_deferred_all();
	boot_exit();
	boot_check();

	page = kho_restore_pages(PFN_PHYS(pfn), nr);
	ASSERT_EQ(page, pfn_to_page(pfn));
	for (i = 0; i < nr; i++) {
		ASSERT_EQ(page[i]._refcount.counter, 1);
		ASSERT_EQ(page[i].flags.f & PAGEFLAGS_MASK, 0);
		ASSERT_FALSE(PageTail(page + i));
		__free_page(page + i);
	}
}

TEST(a_cold_boot_is_left_alone)
{
	unit_init();
	model_random(small_sizes());
	boot_memmap();
	boot_free_all();
	boot_deferred_all();
	EXPECT_FALSE(kho_fast_has_preserved());
	EXPECT_FALSE(kho_fast_free_range(0, 1, NULL));
	EXPECT_EQ(kho_restore_folio(PFN_PHYS(model.nr_pages / 2)), NULL);
	boot_settle();
	boot_check();
}

TEST_HARNESS_MAIN
