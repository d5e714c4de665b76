// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many folios at once: kernel/kho_fast/{outgoing/tree,outgoing/bulk,node_jobs}.c
 */
#include <pthread.h>
#include <sched.h>

#include <linux/kho_bulk.h>
#include <linux/topology.h>

#include "faults.h"
#include "test.h"

/*
 * The machine: nodes of 64,000 pages, so that bitmaps of order 0 (32,768 pages)
 * cross borders of nodes and the other way round. Every page belongs to a folio.
 */
#define NODE_PAGES	64000UL
#define NR_NODES	3
#define NR_PAGES	(NR_NODES * NODE_PAGES)

static struct folio *folio_at[NR_PAGES];
static unsigned long nr_folios;

/* Preserved folios: 1 + the order at the first page of each. */
static u8 expected[NR_PAGES], found[NR_PAGES];

static void make_folio(unsigned long pfn, unsigned int order)
{
	folio_at[nr_folios++] = unit_make_folio(pfn, order, pfn / NODE_PAGES);
}

static void machine(unsigned int max_order)
{
	unsigned long pfn = 0;
	unsigned int nid;

	unit_init();
	shim_slab_is_up = true;
	for (nid = 0; nid < NR_NODES; nid++)
		memblock_add_node(PFN_PHYS(nid * NODE_PAGES), PFN_PHYS(NODE_PAGES), nid,
				  MEMBLOCK_NONE);
	while (pfn < NR_PAGES) {
		unsigned int order = rnd(rnd(max_order + 1) + 1);

		/* Folios of one order in a row, as they mostly are. */
		if (pfn && !one_in(8))
			order = folio_order(folio_at[nr_folios - 1]);
		while (pfn & (BIT(order) - 1) || pfn + BIT(order) > NR_PAGES ||
		       (pfn + BIT(order) - 1) / NODE_PAGES != pfn / NODE_PAGES)
			order--;
		make_folio(pfn, order);
		pfn += BIT(order);
	}
	unit_add_spare_memory();
	if (kho_fast_outgoing_init())
		shim_die("no memory for a tree");
}

static int see_key(unsigned long key, void *data)
{
	int order = kho_fast_key_order(key);

	found[kho_fast_key_pfn(key, order)] = 1 + order;
	return 0;
}

static bool tree_is_as_expected(void)
{
	const struct kho_radix_walk_cb cb = { .leaf = see_key };
	struct kho_radix_tree tree = { .root = phys_to_virt(kho_fast_outgoing_root()) };

	memset(found, 0, sizeof(found));
	if (kho_radix_walk_tree(&tree, &cb, NULL))
		return false;
	return !memcmp(found, expected, sizeof(found));
}

static void expect(struct folio **folios, unsigned long nr, bool preserved)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		expected[folio_pfn(folios[i])] = preserved ? 1 + folio_order(folios[i]) : 0;
}

static void shuffle(struct folio **folios, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		unsigned long other = rnd(nr);

		swap(folios[i], folios[other]);
	}
}

TEST(a_batch_is_its_folios_whatever_their_sequence)
{
	unsigned int trial;

	machine(6);
	for (trial = 0; trial < 60; trial++) {
		unsigned long first = rnd(nr_folios), nr = 1 + rnd(nr_folios - first);
		unsigned long cut = rnd(nr + 1);
		struct folio **batch = folio_at + first;

		if (one_in(3))
			shuffle(batch, nr);
		ASSERT_EQ(kho_preserve_folios(batch, nr), 0);
		expect(batch, nr, true);
		ASSERT_TRUE(tree_is_as_expected());
		/* Not the same parts, nor the same sequence. */
		if (one_in(3))
			shuffle(batch, nr);
		kho_unpreserve_folios(batch, cut);
		expect(batch, cut, false);
		ASSERT_TRUE(tree_is_as_expected());
		kho_unpreserve_folios(batch + cut, nr - cut);
		expect(batch, nr, false);
		ASSERT_TRUE(tree_is_as_expected());
	}
	EXPECT_EQ(kho_preserve_folios(folio_at, 0), 0);
	EXPECT_EQ(shim_nr_warns, 0);
}

static void expect_range(struct folio *first, unsigned long nr, bool preserved)
{
	unsigned int order = folio_order(first);
	unsigned long i;

	for (i = 0; i < nr; i++)
		expected[folio_pfn(first) + (i << order)] = preserved ? 1 + order : 0;
}

TEST(a_range_is_folios_of_one_order_in_a_row)
{
	unsigned int trial;

	machine(4);
	for (trial = 0; trial < 200; trial++) {
		struct folio *first = folio_at[rnd(nr_folios)];
		unsigned int order = folio_order(first);
		unsigned long max = (NR_PAGES - folio_pfn(first)) >> order;
		unsigned long nr = 1 + rnd(max), cut = rnd(nr + 1);

		ASSERT_EQ(kho_preserve_folio_range(first, nr), 0);
		expect_range(first, nr, true);
		ASSERT_TRUE(tree_is_as_expected());
		kho_unpreserve_folio_range(first, cut);
		expect_range(first, cut, false);
		ASSERT_TRUE(tree_is_as_expected());
		if (cut < nr) {
			struct page *next = pfn_to_page(folio_pfn(first) + (cut << order));
			struct page was[2] = { next[0], next[1] };

			/* Whatever starts there, for a moment it is such a folio. */
			kho_unpreserve_folio_range(unit_make_folio(page_to_pfn(next), order,
								   folio_nid(first)), nr - cut);
			memcpy(next, was, sizeof(was));
		}
		expect_range(first, nr, false);
		ASSERT_TRUE(tree_is_as_expected());
	}
	EXPECT_EQ(kho_preserve_folio_range(folio_at[0], 0), 0);
	EXPECT_EQ(shim_nr_warns, 0);
}

TEST(a_batch_with_a_preserved_folio_changes_nothing)
{
	unsigned int trial;

	machine(5);
	for (trial = 0; trial < 60; trial++) {
		unsigned long first = rnd(nr_folios - 1), nr = 1 + rnd(nr_folios - first);
		unsigned long owned = first + rnd(nr);

		ASSERT_EQ(kho_preserve_folio(folio_at[owned]), 0);
		expect(&folio_at[owned], 1, true);
		ASSERT_EQ(kho_preserve_folios(folio_at + first, nr), -EEXIST);
		ASSERT_TRUE(tree_is_as_expected());
		/* One folio is preserved as often as its owner likes, as in stock. */
		ASSERT_EQ(kho_preserve_folio(folio_at[owned]), 0);
		if (one_in(2)) {
			kho_unpreserve_folio(folio_at[owned]);
			expect(&folio_at[owned], 1, false);
		}
	}
	EXPECT_EQ(shim_nr_warns, 0);
}

TEST(a_batch_with_a_folio_twice_changes_nothing)
{
	unsigned int trial;

	machine(5);
	for (trial = 0; trial < 30; trial++) {
		unsigned long nr = 2 + rnd(nr_folios - 2), a = rnd(nr), b = rnd(nr);
		struct folio *was = folio_at[b];

		if (a == b)
			continue;
		folio_at[b] = folio_at[a];
		ASSERT_EQ(kho_preserve_folios(folio_at, nr), -EEXIST);
		ASSERT_TRUE(tree_is_as_expected());
		folio_at[b] = was;
	}
	EXPECT_EQ(shim_nr_warns, 0);
}

/* Whichever allocation fails; the nodes that a failed call has made stay. */
TEST(a_batch_is_preserved_whole_or_not_at_all)
{
	static const unsigned long sizes[] = { 4096, 4097, 60000 };
	unsigned int i, nr_failed = 0;
	long objects;

	machine(0);
	objects = shim_live_objects;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for_each_fault(f, "KHO: preserve many folios") {
			unsigned long first = 3 * NODE_PAGES / 2 - sizes[i] / 2;
			int err;

			kho_fast_outgoing_exit();
			ASSERT_EQ(kho_fast_outgoing_init(), 0);
			err = FAULT(f, kho_preserve_folios(folio_at + first, sizes[i]));
			expect(folio_at + first, sizes[i], !err);
			ASSERT_TRUE(tree_is_as_expected());
			expect(folio_at + first, sizes[i], false);
			if (!err)
				continue;
			ASSERT_EQ(err, -ENOMEM);
			nr_failed++;
		}
	}
	/*
	 * Each makes four tables, the first two a bitmap and the last one two; workers that
	 * need the same table at the same time make more, and free all but one.
	 */
	EXPECT_GE(nr_failed, 3 * 4 + 1 + 1 + 2);
	EXPECT_EQ(shim_live_objects, objects);
	EXPECT_EQ(shim_nr_warns, 0);
}

TEST(unpreserving_other_memory_is_reported)
{
	machine(0);
	kho_unpreserve_folio(folio_at[5]);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_EQ(kho_preserve_folios(folio_at + 10, 10), 0);
	kho_unpreserve_folio(folio_at[5]);
	EXPECT_EQ(shim_nr_errs, 2);
	kho_unpreserve_folios(folio_at + 5, 10);
	EXPECT_EQ(shim_nr_errs, 3);
	kho_unpreserve_folio_range(folio_at[14], 10);
	EXPECT_EQ(shim_nr_errs, 4);
	kho_unpreserve_pages(&folio_at[32]->page, 32);
	EXPECT_EQ(shim_nr_errs, 5);
	/* No bitmap there. */
	kho_unpreserve_folio_range(folio_at[40000], 10);
	EXPECT_EQ(shim_nr_errs, 6);
	/* The keys are removed all the same, and it need not cost the host. */
	EXPECT_TRUE(tree_is_as_expected());
	EXPECT_EQ(shim_nr_warns, 0);
}

TEST(without_kho_nothing_can_be_preserved)
{
	machine(0);
	kho_fast_outgoing_exit();
	EXPECT_EQ(kho_preserve_folio(folio_at[5]), -EINVAL);
	EXPECT_EQ(kho_preserve_folios(folio_at + 5, 10), -EINVAL);
	EXPECT_EQ(shim_nr_errs, 2);
	kho_unpreserve_folio(folio_at[5]);
	EXPECT_EQ(shim_nr_errs, 3);
	EXPECT_EQ(shim_nr_warns, 0);
}

/* Which of @nr folios from @first on are missing, as the kernel counts them */
static struct kho_fast_missing missing_of(unsigned long first, unsigned long nr)
{
	struct kho_fast_missing missing = {};

	kho_fast_unpreserve_folios(folio_at + first, nr, &missing);
	return missing;
}

/* Across words, bitmaps, and memory that has none; the first one counts. */
TEST(missing_folios_are_counted_and_the_first_is_named)
{
	struct kho_fast_missing missing;

	machine(0);
	EXPECT_EQ(kho_preserve_folios(folio_at + 10, 200), 0);
	kho_unpreserve_folio(folio_at[75]);
	kho_unpreserve_folio(folio_at[150]);
	kho_unpreserve_folio(folio_at[151]);
	missing = missing_of(10, 200);
	EXPECT_EQ(missing.nr, 3);
	EXPECT_EQ(missing.pfn, folio_pfn(folio_at[75]));
	EXPECT_EQ(missing.order, 0);

	missing = missing_of(39990, 100);
	EXPECT_EQ(missing.nr, 100);
	EXPECT_EQ(missing.pfn, folio_pfn(folio_at[39990]));
	missing = missing_of(7, 1);
	EXPECT_EQ(missing.nr, 1);
	EXPECT_EQ(missing.pfn, folio_pfn(folio_at[7]));
	EXPECT_EQ(shim_nr_errs, 0);
}

TEST(before_there_is_a_tree_nothing_can_be_preserved)
{
	machine(0);
	EXPECT_EQ(kho_preserve_folio(folio_at[7]), 0);
	kho_fast_outgoing_exit();
	EXPECT_EQ(kho_preserve_folio(folio_at[7]), -EINVAL);
	EXPECT_EQ(kho_preserve_folios(folio_at, 5), -EINVAL);
	EXPECT_EQ(kho_preserve_pages(&folio_at[0]->page, 64), -EINVAL);
}

/* Two bitmaps in turns, so that the cached leaf is always the other one. */
TEST(cached_leaves_are_of_the_right_bitmap)
{
	unsigned long i;

	machine(0);
	for (i = 0; i < 100; i++) {
		unsigned long n = i % 2 * 40000 + i;

		ASSERT_EQ(kho_preserve_folio(folio_at[n]), 0);
		expect(&folio_at[n], 1, true);
		if (i % 3)
			continue;
		kho_unpreserve_folio(folio_at[n]);
		expect(&folio_at[n], 1, false);
	}
	EXPECT_TRUE(tree_is_as_expected());
}

TEST(bitmaps_are_on_the_node_of_their_memory)
{
	machine(0);
	EXPECT_EQ(kho_preserve_folio(folio_at[2 * NODE_PAGES + 5]), 0);
	EXPECT_EQ(shim_alloc_nid, 2);
	EXPECT_EQ(kho_preserve_pages(&folio_at[NODE_PAGES + 1]->page, 1), 0);
	EXPECT_EQ(shim_alloc_nid, 1);
	EXPECT_EQ(kho_preserve_folio_range(folio_at[2], 70), 0);
	EXPECT_EQ(shim_alloc_nid, 0);
	EXPECT_EQ(kho_preserve_folios(folio_at + 2 * NODE_PAGES + 50000, 5), 0);
	EXPECT_EQ(shim_alloc_nid, 2);
}

/* A job that records which thread did which segment, and how often. */
#define NR_SEGMENTS	100
static struct {
	struct kho_fast_node_job	node_job;
	int				nids[NR_SEGMENTS];
	int				done_on[NR_SEGMENTS];
	unsigned int			times[NR_SEGMENTS];	/* atomic */
	pthread_t			thread[NR_SEGMENTS];
	unsigned long			fails;			/* this segment */
	unsigned int			nr_done;		/* atomic */
} job;

static int run_segment(struct kho_fast_node_job *node_job, unsigned long segment)
{
	if (segment == job.fails)
		return -EIO;
	/* Those behind the one that fails are begun after it, and end after it. */
	while (segment > job.fails && !READ_ONCE(node_job->err))
		sched_yield();
	job.done_on[segment] = shim_this_node;
	job.thread[segment] = pthread_self();
	__atomic_fetch_add(&job.times[segment], 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&job.nr_done, 1, __ATOMIC_RELAXED);
	return 0;
}

static void new_job(unsigned int nr_nodes)
{
	unsigned long i;

	memset(&job, 0, sizeof(job));
	job.node_job.nr = NR_SEGMENTS;
	job.node_job.nids = job.nids;
	job.node_job.run = run_segment;
	job.fails = NR_SEGMENTS;
	for (i = 0; i < NR_SEGMENTS; i++)
		job.nids[i] = nr_nodes ? (int)rnd(nr_nodes + 1) - 1 : NUMA_NO_NODE;
}

static bool each_is_done_once(void)
{
	unsigned long i;

	for (i = 0; i < NR_SEGMENTS; i++) {
		if (job.times[i] != 1)
			return false;
	}
	return job.nr_done == NR_SEGMENTS;
}

TEST(a_job_has_workers_on_each_node)
{
	unsigned long i;

	unit_init();
	new_job(3);
	EXPECT_EQ(kho_fast_node_job_run(&job.node_job), 0);
	EXPECT_TRUE(each_is_done_once());
	EXPECT_EQ(shim_live_objects, 0);
	for (i = 0; i < NR_SEGMENTS; i++) {
		bool mine = pthread_equal(job.thread[i], pthread_self());

		/* Segments without a node are done beside those of the caller's node. */
		ASSERT_EQ(job.done_on[i], max(job.nids[i], 0));
		ASSERT_FALSE(mine && job.nids[i] > 0);
	}
}

/* Run a job on two nodes, with @tasks of each, the caller among those of node 0. */
static bool has_tasks(unsigned long on_0, unsigned long on_1)
{
	memset(shim_node_threads, 0, sizeof(shim_node_threads));
	if (kho_fast_node_job_run(&job.node_job) || !each_is_done_once())
		return false;
	return shim_node_threads[0] + 1 == on_0 && shim_node_threads[1] == on_1;
}

/* Half of its CPUs, up to eight; of a node without CPUs half of all. */
TEST(a_node_has_tasks_by_its_cpus)
{
	static const struct {
		unsigned long cpus, tasks;
	} tries[] = { { 1, 1 }, { 2, 1 }, { 3, 2 }, { 4, 2 }, { 12, 6 }, { 64, 8 } };
	unsigned int i;

	unit_init();
	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		new_job(2);
		shim_cpus_per_node = tries[i].cpus;
		EXPECT_TRUE(has_tasks(tries[i].tasks, tries[i].tasks))
			TH_LOG("%lu CPUs", tries[i].cpus);
	}

	new_job(2);
	node_set(1, shim_nodes_without_cpus);
	EXPECT_TRUE(has_tasks(8, num_online_cpus() / 2));
	shim_nodes_without_cpus = NODE_MASK_NONE;
	shim_cpus_per_node = 4;
}

TEST(a_node_has_no_more_tasks_than_segments)
{
	unsigned long i;

	unit_init();
	new_job(2);
	shim_cpus_per_node = 64;
	for (i = 0; i < NR_SEGMENTS; i++)
		job.nids[i] = i % 30 ? 0 : 1;
	EXPECT_TRUE(has_tasks(8, 4));
	shim_cpus_per_node = 4;
}

TEST(a_job_without_memory_runs_in_the_caller)
{
	unsigned long i;

	unit_init();
	for (unsigned int nr_nodes = 0; nr_nodes < 3; nr_nodes++) {
		new_job(nr_nodes);
		shim_fail_after = 0;
		EXPECT_EQ(kho_fast_node_job_run(&job.node_job), 0);
		shim_fail_after = -1;
		EXPECT_TRUE(each_is_done_once());
		for (i = 0; i < NR_SEGMENTS; i++)
			ASSERT_TRUE(pthread_equal(job.thread[i], pthread_self()));
	}
}

TEST(a_job_ends_at_its_first_error)
{
	unsigned int no_memory;

	unit_init();
	for (no_memory = 0; no_memory < 2; no_memory++) {
		new_job(1);
		job.fails = 7;
		if (no_memory)
			shim_fail_after = 0;
		EXPECT_EQ(kho_fast_node_job_run(&job.node_job), -EIO);
		shim_fail_after = -1;
		/* With one of another task */
		EXPECT_LE(job.nr_done, 7 + 1);
		/* A job can be run again. */
		memset(job.times, 0, sizeof(job.times));
		job.nr_done = 0;
		job.fails = NR_SEGMENTS;
		EXPECT_EQ(kho_fast_node_job_run(&job.node_job), 0);
		EXPECT_TRUE(each_is_done_once());
	}
}

/*
 * Four tasks, each with every fourth folio, so that all of them change the same
 * words, and a walker. All start with an empty tree: they race for each node.
 */
#define TASKS	4
static bool stop_walking;	/* atomic */

static void *preserve_and_give_up(void *arg)
{
	struct folio *mine[1000];
	unsigned long me = (unsigned long)arg, round, i;

	for (round = 0; round < 6; round++) {
		for (i = 0; i < ARRAY_SIZE(mine); i++)
			mine[i] = folio_at[(i + round % 2 * 30) * TASKS * 45 + me];
		if (round % 3) {
			if (kho_preserve_folios(mine, ARRAY_SIZE(mine)))
				shim_die("cannot preserve a batch");
		} else {
			for (i = 0; i < ARRAY_SIZE(mine); i++)
				if (kho_preserve_folio_range(mine[i], 1) ||
				    kho_preserve_folio(mine[i]))
					shim_die("cannot preserve a folio");
		}
		if (round == 5)
			break;
		if (round % 2)
			kho_unpreserve_folios(mine, ARRAY_SIZE(mine));
		else
			for (i = 0; i < ARRAY_SIZE(mine); i++)
				kho_unpreserve_folio(mine[i]);
	}

	return NULL;
}

static int is_expected(unsigned long key, void *data)
{
	if (kho_fast_key_pfn(key, 0) % (TASKS * 45) >= TASKS)
		shim_die("unexpected key of pfn %#lx", kho_fast_key_pfn(key, 0));
	return 0;
}

static void *walk_about(void *arg)
{
	const struct kho_radix_walk_cb cb = { .leaf = is_expected };
	struct kho_radix_tree tree = { .root = phys_to_virt(kho_fast_outgoing_root()) };

	while (!__atomic_load_n(&stop_walking, __ATOMIC_RELAXED))
		kho_radix_walk_tree(&tree, &cb, NULL);
	return NULL;
}

TEST(tasks_that_share_words_lose_nothing)
{
	pthread_t task[TASKS], walker;
	unsigned long me, i;

	machine(0);
	pthread_create(&walker, NULL, walk_about, NULL);
	for (me = 0; me < TASKS; me++)
		pthread_create(&task[me], NULL, preserve_and_give_up, (void *)me);
	for (me = 0; me < TASKS; me++)
		pthread_join(task[me], NULL);
	__atomic_store_n(&stop_walking, true, __ATOMIC_RELAXED);
	pthread_join(walker, NULL);

	for (i = 0; i < 1000; i++)
		expect(folio_at + (i + 30) * TASKS * 45, TASKS, true);
	EXPECT_TRUE(tree_is_as_expected());
	EXPECT_EQ(shim_nr_warns, 0);
}

TEST_HARNESS_MAIN
