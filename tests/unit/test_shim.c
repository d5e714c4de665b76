// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contract of tests/shim and of the memory model with the other tests.
 */
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "mm/internal.h"
#include "mm/mm_init.h"

#include "test.h"

TEST(free_ranges_are_memory_that_is_not_reserved)
{
	unsigned long pfn, nr_free = 0, seen = 0;
	phys_addr_t start, end;
	int nid;
	u64 i;

	unit_init();
	model_random(PFN_SECTION_SHIFT < 12 ? 48 : 6);
	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		ASSERT_EQ(shim_is_reserved(pfn), model.page[pfn].reserved);
		ASSERT_EQ(shim_page_is_memory(pfn), model.page[pfn].nid != NUMA_NO_NODE);
		nr_free += model.page[pfn].nid != NUMA_NO_NODE && !model.page[pfn].reserved;
	}

	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, &nid) {
		for (pfn = PFN_UP(start); pfn < PFN_DOWN(end); pfn++, seen++) {
			ASSERT_EQ(model.page[pfn].nid, nid);
			ASSERT_FALSE(model.page[pfn].reserved);
		}
	}
	EXPECT_EQ(seen, nr_free);
}

TEST(memblock_memory_is_zeroed_and_in_scratch_if_restricted)
{
	unsigned int i, reserved;
	u64 *p;

	unit_init();
	model_random(16);
	model_set_scratch();
	reserved = memblock_reserved_size();
	for (i = 0; i < 100; i++) {
		p = memblock_alloc(PAGE_SIZE, PAGE_SIZE);
		if (!p)
			break;
		ASSERT_TRUE(model.page[PHYS_PFN(virt_to_phys(p))].scratch);
		ASSERT_EQ(p[0] | p[511], 0);
		p[0] = p[511] = 1;
		if (one_in(2))
			memblock_free(p, PAGE_SIZE);
	}
	EXPECT_GT(memblock_reserved_size(), reserved);
	EXPECT_NE(memblock_phys_alloc(0, PAGE_SIZE), 0);
}

TEST(marks_of_scratch_come_and_go_without_a_trace)
{
	unsigned int cnt;

	unit_init();
	model_random(16);
	cnt = memblock.memory.cnt;
	memblock_mark_kho_scratch(model.areas[0].addr, model.areas[0].size);
	EXPECT_TRUE(shim_page_is_scratch(PHYS_PFN(model.areas[0].addr)));
	EXPECT_FALSE(shim_page_is_scratch(PHYS_PFN(model.areas[0].addr) - 1));
	memblock_clear_kho_scratch(0, memblock_end_of_DRAM());
	EXPECT_EQ(memblock.memory.cnt, cnt);
}

TEST(faults_come_once_and_on_time)
{
	shim_fail_after = 2;
	EXPECT_FALSE(shim_fault());
	EXPECT_FALSE(shim_fault());
	EXPECT_TRUE(shim_fault());
	EXPECT_FALSE(shim_fault());
}

/* Cold-booted pages, all free, of one node. */
static void all_free(void)
{
	unit_init();
	model_plain(4);
	boot_first_deferred = 3 * PAGES_PER_SECTION;
	boot_memmap();
	boot_free_all();
}

static void check(void)
{
	boot_deferred(0);
	boot_settle();
	boot_check();
}

static void double_free(void)	{ __free_pages_core(pfn_to_page(64), 0, MEMINIT_EARLY); }
static void double_init(void)	{ __init_single_page(pfn_to_page(64), 64, 0, 0); }
static void free_reserved(void)	{ __free_pages_core(pfn_to_page(0), 0, MEMINIT_EARLY); }
static void wrong_free(void)	{ memblock_phys_free(PAGE_SIZE, PAGE_SIZE); }
static void lost_page(void)	{ pfn_to_page(80)->free = 0; check(); }
static void wrong_total(void)	{ totalram_pages_add(1); check(); }
static void wrong_type(void)
{
	shim_migratetype[PAGES_PER_SECTION >> pageblock_order] = MIGRATE_CMA;
	check();
}

static void wrong_zone(void)
{
	__init_single_page(pfn_to_page(3 * PAGES_PER_SECTION), 3 * PAGES_PER_SECTION, 0, 0);
}

static void early_free(void)
{
	unsigned long pfn = 3 * PAGES_PER_SECTION;

	__init_single_page(pfn_to_page(pfn), pfn, ZONE_NORMAL, 0);
	__free_pages_core(pfn_to_page(pfn), 0, MEMINIT_EARLY);
}

static void sleep_atomic(void)	{ guard(preempt)(); cond_resched(); }
static void sleep_in_rcu(void)	{ guard(rcu)(); might_sleep(); }
static void wait_in_rcu(void)	{ guard(rcu)(); synchronize_rcu(); }
static void lock_atomic(void)
{
	static DEFINE_MUTEX(mutex);

	preempt_disable();
	guard(mutex)(&mutex);
}

static void store_word(unsigned int nr)
{
	const u64 word = 0;

	memcpy_flushcache((u64 *)pfn_to_page(64) + nr, &word, sizeof(word));
}

static void store_twice(void)	{ store_word(0); store_word(1); store_word(0); }
static void touch_stored(void)	{ store_word(0); __SetPageHead(pfn_to_page(64)); }

/* Three ways to let other CPUs look at struct pages. */
static void free_a_page(void)
{
	pfn_to_page(80)->free = 0;
	__free_pages_core(pfn_to_page(80), 0, MEMINIT_EARLY);
}

static void link_a_page(void)
{
	static LLIST_HEAD(list);

	llist_add(&pfn_to_page(80)->pcp_llist, &list);
}

static void release(void)
{
	static bool done;

	smp_store_release(&done, true);
}

static void free_unfenced(void)		{ store_word(0); free_a_page(); }
static void link_unfenced(void)		{ store_word(0); link_a_page(); }
static void release_unfenced(void)	{ store_word(0); release(); }

/* None of these is one: what the crimes above are close to. */
static void innocent(void)
{
	preempt_disable();
	preempt_enable();
	rcu_read_lock();
	rcu_read_unlock();
	might_sleep();
	store_word(0);
	set_page_count(pfn_to_page(65), 1);
	wmb();
	store_word(0);
	wmb();
	set_page_count(pfn_to_page(64), 1);
	free_a_page();
	link_a_page();
	release();
}

TEST(the_checker_detects_what_would_corrupt_a_kernel)
{
	static void (* const crimes[])(void) = {
		double_free, double_init, free_reserved, wrong_free, lost_page,
		wrong_total, wrong_type, wrong_zone, early_free, sleep_atomic, sleep_in_rcu,
		wait_in_rcu, lock_atomic, store_twice, touch_stored,
		free_unfenced, link_unfenced, release_unfenced,
	};
	unsigned int i;
	int status;

	for (i = 0; i < ARRAY_SIZE(crimes); i++) {
		if (!fork()) {
			all_free();
			crimes[i]();
			_exit(0);
		}
		wait(&status);
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
			TH_LOG("crime %u, status %d", i, status);
	}

	shim_memblock_reset();
	all_free();
	check();
	innocent();
}

TEST_HARNESS_MAIN
