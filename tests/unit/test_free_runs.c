// SPDX-License-Identifier: GPL-2.0-only
/*
 * Short free runs between preserved pages, freed by threads or when memory runs out:
 * mm/kho_free_runs.c
 */
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include <linux/oom.h>
#include <linux/sizes.h>
#include <linux/vmstat.h>

#include "test.h"

static void boot_with_holes(unsigned int step, bool can_wait)
{
	model_plain(8);
	model_add_holes(5, step);
	shim_nr_free_pages = can_wait ? 1 << 20 : 1 << 10;
	if (model_build_map(&kho_fast_incoming))
		shim_die("a good tree is refused");
	boot_memmap();
	boot_free_all();
	boot_deferred_all();
}

static unsigned long oom(void)
{
	unsigned long freed = 0;

	if (shim_oom_notifier->notifier_call(shim_oom_notifier, 0, &freed) != NOTIFY_OK)
		shim_die("the OOM notifier has failed");
	return freed;
}

TEST(small_free_runs_are_deferred_with_plenty_of_memory)
{
	const unsigned long pfn = 5 * PAGES_PER_SECTION + 1;
	unsigned long freed, was_free;

	unit_init();
	boot_with_holes(2, true);
	EXPECT_FALSE(pfn_to_page(pfn)->free);
	ASSERT_NE(shim_oom_notifier, NULL)
		TH_LOG("runs wait, and nothing would free them if memory ran out");
	kho_fast_init_all();
	kho_fast_incoming_init();
	EXPECT_FALSE(pfn_to_page(pfn)->free);
	was_free = boot_count_free();
	freed = oom();
	EXPECT_GE(freed, PAGES_PER_SECTION / 2);
	EXPECT_EQ(freed, boot_count_free() - was_free);
	EXPECT_TRUE(pfn_to_page(pfn)->free);
	/* A page of the tree may have a short run beside it, in another section. */
	while (oom())
		;
	boot_check();
}

#define OOM_PAGES	(SZ_16M >> PAGE_SHIFT)	/* KHO_OOM_PAGES */

/*
 * Sections with a hole for each page, on both of two nodes: as many as give the OOM notifier
 * work for three calls, with memory before them. Returns the number of sections.
 */
static unsigned long boot_with_much_on_two_nodes(void)
{
	const unsigned long per_node = DIV_ROUND_UP(6 * OOM_PAGES, PAGES_PER_SECTION) + 1;
	const unsigned long nr = 2 * (per_node + 2);
	unsigned long i;

	model_two_nodes(nr);
	for (i = 0; i < per_node; i++) {
		model_add_holes(2 + i, 2);
		model_add_holes(nr / 2 + 2 + i, 2);
	}
	shim_nr_free_pages = 1 << 20;
	if (model_build_map(&kho_fast_incoming))
		shim_die("a good tree is refused");
	boot_memmap();
	boot_free_all();
	boot_deferred_all();

	return nr;
}

TEST(running_out_of_memory_frees_a_part_of_each_node)
{
	unsigned long nr, was_free[2], freed, calls = 0;

	unit_init();
	nr = boot_with_much_on_two_nodes();
	do {
		was_free[0] = boot_count_free_of(0, nr / 2);
		was_free[1] = boot_count_free_of(nr / 2, nr);
		freed = oom();
		EXPECT_LE(freed, 2 * (OOM_PAGES + PAGES_PER_SECTION));
		if (!calls++) {
			EXPECT_GE(boot_count_free_of(0, nr / 2) - was_free[0], OOM_PAGES);
			EXPECT_GE(boot_count_free_of(nr / 2, nr) - was_free[1], OOM_PAGES);
		}
	} while (freed);
	EXPECT_GE(calls, 3);
	boot_exit();
	boot_check();
}

/*
 * The thread of node 0 has taken the only section when memory runs out; the OOM notifier is
 * called before the section is free.
 */
static sem_t has_taken;

static void take_a_while(void)
{
	shim_at_free = NULL;
	sem_post(&has_taken);
	usleep(100000);
}

static void *thread_of_node(void *unused)
{
	flush_work(shim_work);
	return NULL;
}

TEST(running_out_of_memory_waits_for_what_a_thread_has_in_hand)
{
	unsigned long was_free, freed;
	pthread_t thread;

	unit_init();
	boot_with_holes(2, true);
	kho_fast_init_all();
	kho_fast_incoming_init();
	was_free = boot_count_free();
	sem_init(&has_taken, 0, 0);
	shim_at_free = take_a_while;
	pthread_create(&thread, NULL, thread_of_node, NULL);
	sem_wait(&has_taken);
	freed = oom();
	EXPECT_GE(freed, PAGES_PER_SECTION / 2);
	EXPECT_EQ(oom(), 0);
	pthread_join(thread, NULL);
	EXPECT_EQ(freed, boot_count_free() - was_free);
	boot_settle();
	boot_check();
}

/* An allocation has failed; before its task gets to the notifier, a thread frees memory. */
TEST(what_threads_have_freed_counts_when_memory_runs_out)
{
	unsigned long was_free;

	unit_init();
	boot_with_holes(2, true);
	kho_fast_init_all();
	kho_fast_incoming_init();
	was_free = boot_count_free();
	flush_work(shim_work);
	EXPECT_EQ(oom(), boot_count_free() - was_free);
	EXPECT_EQ(oom(), 0);
	boot_settle();
	boot_check();
}

TEST(a_thread_per_node_frees_its_runs_in_batches)
{
	unsigned long was_free, locked, freed;

	unit_init();
	boot_with_much_on_two_nodes();
	was_free = boot_count_free();
	locked = shim_nr_irqsave;
	boot_exit();
	freed = boot_count_free() - was_free;
	locked = shim_nr_irqsave - locked;
	EXPECT_TRUE(node_isset(0, shim_kthread_nodes) && node_isset(1, shim_kthread_nodes));
	EXPECT_GE(freed, 6 * OOM_PAGES);
	/* 64 pages, or the last ones of a section */
	EXPECT_LE(locked, freed / 64 + 2 * freed / (PAGES_PER_SECTION / 2));
	EXPECT_GE(locked, freed / 64);
	boot_check();
}

TEST(without_a_thread_the_runs_are_freed_all_the_same)
{
	unit_init();
	boot_with_much_on_two_nodes();
	kho_fast_init_all();
	kho_fast_incoming_init();
	shim_fail_after = 0;
	boot_settle();
	EXPECT_FALSE(node_isset(0, shim_kthread_nodes));
	EXPECT_TRUE(node_isset(1, shim_kthread_nodes));
	boot_check();
}

TEST(small_free_runs_wait_on_nodes_with_plenty_of_memory)
{
	unsigned long nr;

	unit_init();
	shim_full_node = rnd(2);
	nr = boot_with_much_on_two_nodes();
	EXPECT_EQ(pfn_to_page(section_nr_to_pfn(2) + 1)->free, !shim_full_node);
	EXPECT_EQ(pfn_to_page(section_nr_to_pfn(nr / 2 + 2) + 1)->free, shim_full_node);
	boot_exit();
	boot_check();
}

extern int (*shim_param_kho_parse_small_hole)(char *arg);

TEST(no_free_run_is_deferred_if_disabled)
{
	char none[] = "0";

	unit_init();
	EXPECT_EQ(shim_param_kho_parse_small_hole(none), 0);
	boot_with_holes(2, true);
	EXPECT_TRUE(pfn_to_page(5 * PAGES_PER_SECTION + 1)->free);
	boot_exit();
	boot_check();
}

/* As freed at once: in blocks of no more than a pageblock. */
TEST(long_free_runs_can_be_deferred)
{
	const unsigned long first = 5 * PAGES_PER_SECTION;
	char all[] = "100000";
	unsigned long pfn;

	unit_init();
	EXPECT_EQ(shim_param_kho_parse_small_hole(all), 0);
	model_plain(8);
	/* The first run is the page with the bitmap; whole blocks follow. */
	for (pfn = first + 1; pfn < first + MAX_ORDER_NR_PAGES; pfn++)
		model_add_key(pfn, 0);
	shim_nr_free_pages = 1 << 20;
	EXPECT_EQ(model_build_map(&kho_fast_incoming), 0);
	boot_memmap();
	boot_free_all();
	boot_deferred_all();
	EXPECT_FALSE(pfn_to_page(first + MAX_ORDER_NR_PAGES)->free);
	boot_exit();
	boot_check();
}

TEST(large_free_runs_are_not_deferred)
{
	unit_init();
	boot_with_holes(16, true);
	EXPECT_TRUE(pfn_to_page(5 * PAGES_PER_SECTION + 1)->free);
	boot_exit();
	boot_check();
}

TEST(small_free_runs_are_not_deferred_when_memory_is_short)
{
	unit_init();
	boot_with_holes(2, false);
	EXPECT_TRUE(pfn_to_page(5 * PAGES_PER_SECTION + 1)->free);
	boot_exit();
	boot_check();
}

TEST_HARNESS_MAIN
