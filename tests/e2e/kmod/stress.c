// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that preserve and unpreserve concurrently, while others walk the
 * tree. Memory is divided into units; each belongs to one thread, as the API
 * requires:
 *
 *	pages	0123012301230123	adjacent bits of different threads
 *	runs	000000111111222222	several threads in a word of a bitmap
 *	folios	0 11 2222 3 00 1111	orders from 1 up
 *
 * Pages of the outgoing tree are allocated once and stay until kexec. A second
 * tree, of this module, is empty at the start of each round, so that all
 * threads allocate its pages again.
 *
 * After each round, when the threads have ended, both trees must have exactly
 * the recorded keys. Memory that is preserved in the end becomes a set.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/kexec_handover.h>
#include <linux/kho_bulk.h>
#include <linux/kho_radix_tree.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "kho_workload.h"

#define STRESS_MAX_WORKERS	64
#define STRESS_WALKERS		2
#define STRESS_ROUND_MS	200

/* A run shares its first or last word, often both, with other threads. */
#define STRESS_RUN_PAGES	24
#define STRESS_MAX_ORDER	6
#define STRESS_BATCH 64 /* folios of a batch, except one of all */

/* @nr adjacent folios of @order; the owner changes @on. */
struct stress_unit {
	unsigned long pfn;
	u16 nr;
	u8 order;
	bool on;
};

/*
 * Keys of the second tree: adjacent ones in the first words of leaves with
 * separate tables up to the top. Few, so that threads often access the same
 * word.
 */
#define STRESS_SLOTS_PER_LEAF	128
#define STRESS_NR_LEAVES	8
#define STRESS_NR_SLOTS	(STRESS_NR_LEAVES * STRESS_SLOTS_PER_LEAF)

struct stress {
	struct stress_unit *units;
	unsigned long nr_units, max_units;
	unsigned long nr_folios;		/* of all units */
	unsigned int nr_workers;
	struct kho_radix_tree tree;		/* the second tree */
	bool *slots;				/* its keys that are set */
	struct kho_radix_tree outgoing;		/* no root: unknown */
	unsigned long others;			/* other keys in @outgoing */
};

struct stress_worker {
	struct stress *stress;
	struct task_struct *task;
	unsigned int id;
	struct rnd_state rnd;
	struct folio **folios;			/* room for all its folios */
	unsigned long count;			/* operations, or walks */
	int err;
};

static struct folio *stress_unit_folio(const struct stress_unit *unit,
				       unsigned int i)
{
	return pfn_folio(unit->pfn + ((unsigned long)i << unit->order));
}

static void stress_unit_free(const struct stress_unit *unit)
{
	for (unsigned int i = 0; i < unit->nr; i++)
		folio_put(stress_unit_folio(unit, i));
}

static void stress_unit_add(struct stress *s, unsigned long pfn,
			    unsigned int nr, unsigned int order)
{
	s->units[s->nr_units++] =
		(struct stress_unit){ .pfn = pfn, .nr = nr, .order = order };
	s->nr_folios += nr;
}

/* A block of pages, divided into units of @step */
static int stress_add_block(struct stress *s, int nid, unsigned int step)
{
	struct page *page = alloc_pages_node(nid, SET_GFP, MAX_PAGE_ORDER);
	unsigned long pfn = page ? page_to_pfn(page) : 0;

	if (!page)
		return -ENOMEM;
	split_page(page, MAX_PAGE_ORDER);
	for (unsigned int i = 0; i < MAX_ORDER_NR_PAGES; i += step)
		stress_unit_add(s, pfn + i, min(step, MAX_ORDER_NR_PAGES - i),
				0);
	return 0;
}

static int stress_add_folio(struct stress *s, int nid, unsigned int order)
{
	struct page *page = alloc_pages_node(nid, SET_GFP | __GFP_COMP, order);

	if (!page)
		return -ENOMEM;
	stress_unit_add(s, page_to_pfn(page), 1, order);
	return 0;
}

static int stress_add_units(struct stress *s, unsigned long blocks,
			    unsigned long folios)
{
	int nid = 0, err = 0;

	s->max_units = blocks * 2 * MAX_ORDER_NR_PAGES + folios;
	s->units = vcalloc(s->max_units, sizeof(*s->units));
	if (!s->units)
		return -ENOMEM;
	for (unsigned long i = 0; !err && i < 2 * blocks; i++) {
		nid = next_nid(nid);
		err = stress_add_block(s, nid, i % 2 ? STRESS_RUN_PAGES : 1);
	}
	for (unsigned long i = 0; !err && i < folios; i++) {
		nid = next_nid(nid);
		err = stress_add_folio(s, nid, 1 + i % STRESS_MAX_ORDER);
	}
	return err;
}

static unsigned long stress_slot_key(unsigned int slot)
{
	unsigned long leaf = 1 + slot / STRESS_SLOTS_PER_LEAF;

	/* Leaves branch at different levels. */
	leaf <<= leaf % (KHO_TREE_MAX_DEPTH - 2) * KHO_TABLE_SIZE_LOG2;
	return leaf << KHO_BITMAP_SIZE_LOG2 | slot % STRESS_SLOTS_PER_LEAF;
}

/* The reverse; STRESS_NR_SLOTS for any other key */
static unsigned int stress_key_slot(unsigned long key)
{
	unsigned long leaf = key >> KHO_BITMAP_SIZE_LOG2;
	unsigned int slot;

	while (leaf && !(leaf & (BIT(KHO_TABLE_SIZE_LOG2) - 1)))
		leaf >>= KHO_TABLE_SIZE_LOG2;
	if (!leaf || leaf > STRESS_NR_LEAVES)
		return STRESS_NR_SLOTS;
	slot = (leaf - 1) * STRESS_SLOTS_PER_LEAF +
	       (key & (STRESS_SLOTS_PER_LEAF - 1));
	return stress_slot_key(slot) == key ? slot : STRESS_NR_SLOTS;
}

static u32 stress_below(struct stress_worker *w, u32 limit)
{
	return prandom_u32_state(&w->rnd) % limit;
}

/* Number of this worker's objects of @nr in a row, and index of one of them */
static unsigned long stress_own_nr(const struct stress_worker *w,
				   unsigned long nr)
{
	const unsigned int step = w->stress->nr_workers;

	return nr / step + (w->id < nr % step);
}

static unsigned long stress_own_index(const struct stress_worker *w,
				      unsigned long i)
{
	return w->id + i * w->stress->nr_workers;
}

static int stress_unit_one_by_one(const struct stress_unit *unit)
{
	int err = 0;

	for (unsigned int i = 0; i < unit->nr && !err; i++) {
		if (unit->on)
			kho_unpreserve_folio(stress_unit_folio(unit, i));
		else
			err = kho_preserve_folio(stress_unit_folio(unit, i));
	}
	return err;
}

static int stress_unit_as_range(const struct stress_unit *unit)
{
	if (!unit->on)
		return kho_preserve_folio_range(stress_unit_folio(unit, 0),
						unit->nr);
	kho_unpreserve_folio_range(stress_unit_folio(unit, 0), unit->nr);
	return 0;
}

static int stress_flip_unit(struct stress_worker *w)
{
	struct stress *s = w->stress;
	unsigned long i = stress_below(w, stress_own_nr(w, s->nr_units));
	struct stress_unit *unit = &s->units[stress_own_index(w, i)];
	int err;

	if (stress_below(w, 2))
		err = stress_unit_one_by_one(unit);
	else
		err = stress_unit_as_range(unit);
	if (!err)
		unit->on = !unit->on;
	return err;
}

/*
 * Units of the worker that are all on or all off, in one call: up to @max
 * folios from a random one on, or all, which is enough for jobs on several
 * nodes.
 */
static int stress_flip_batch(struct stress_worker *w, unsigned long max)
{
	struct stress *s = w->stress;
	const unsigned long own = stress_own_nr(w, s->nr_units);
	const unsigned long first =
		max < s->nr_folios ? stress_below(w, own) : 0;
	const bool on = stress_below(w, 2);
	unsigned long nr = 0, end;
	int err = 0;

	for (end = first; end < own; end++) {
		const struct stress_unit *unit =
			&s->units[stress_own_index(w, end)];

		if (unit->on != on)
			continue;
		if (nr + unit->nr > max)
			break;
		for (unsigned int i = 0; i < unit->nr; i++)
			w->folios[nr++] = stress_unit_folio(unit, i);
	}

	if (on)
		kho_unpreserve_folios(w->folios, nr);
	else
		err = kho_preserve_folios(w->folios, nr);
	for (unsigned long i = first; i < end && !err; i++)
		if (s->units[stress_own_index(w, i)].on == on)
			s->units[stress_own_index(w, i)].on = !on;
	return err;
}

static int stress_flip_key(struct stress_worker *w)
{
	struct stress *s = w->stress;
	unsigned long i = stress_below(w, stress_own_nr(w, STRESS_NR_SLOTS));
	unsigned long slot = stress_own_index(w, i);
	int err = 0;

	if (s->slots[slot])
		kho_radix_del_key(&s->tree, stress_slot_key(slot));
	else
		err = kho_radix_add_key(&s->tree, stress_slot_key(slot));
	if (!err)
		s->slots[slot] = !s->slots[slot];
	return err;
}

static int stress_work_once(struct stress_worker *w)
{
	u32 dice = stress_below(w, 256);

	if (!dice)
		return stress_flip_batch(w, w->stress->nr_folios);
	if (dice < 32)
		return stress_flip_batch(w, STRESS_BATCH);
	return dice < 160 ? stress_flip_unit(w) : stress_flip_key(w);
}

static int stress_work(void *data)
{
	struct stress_worker *w = data;

	while (!kthread_should_stop()) {
		if (!w->err)
			w->err = stress_work_once(w);
		w->count++;
		cond_resched();
	}
	return 0;
}

/* State of a walk */
struct stress_walk {
	const struct stress *stress;
	unsigned long last, nr;
	bool exact;			/* no concurrent writer */
};

static int stress_seen_any(unsigned long key, void *data)
{
	struct stress_walk *walk = data;

	if (key <= walk->last)
		return -ERANGE;
	walk->last = key;
	walk->nr++;
	return 0;
}

static int stress_seen_own(unsigned long key, void *data)
{
	const struct stress_walk *walk = data;
	unsigned int slot = stress_key_slot(key);

	if (slot == STRESS_NR_SLOTS ||
	    (walk->exact && !walk->stress->slots[slot]))
		return -EINVAL;
	return stress_seen_any(key, data);
}

static int stress_walk_own(struct stress *s, struct stress_walk *walk)
{
	static const struct kho_radix_walk_cb cb = { .leaf = stress_seen_own };

	return kho_radix_walk_tree(&s->tree, &cb, walk);
}

static int stress_walk_outgoing(struct stress *s, struct stress_walk *walk)
{
	static const struct kho_radix_walk_cb cb = { .leaf = stress_seen_any };

	if (!s->outgoing.root)
		return 0;
	return kho_radix_walk_tree(&s->outgoing, &cb, walk);
}

static int stress_walk_both(void *data)
{
	struct stress_worker *w = data;

	while (!kthread_should_stop()) {
		struct stress_walk own = { w->stress },
				   outgoing = { w->stress };

		w->err = w->err ?: stress_walk_own(w->stress, &own);
		w->err = w->err ?: stress_walk_outgoing(w->stress, &outgoing);
		w->count++;
		cond_resched();
	}
	return 0;
}

static int stress_start(struct stress_worker *w, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		bool is_worker = i < w->stress->nr_workers;
		struct task_struct *task;

		task = kthread_create(is_worker ? stress_work : stress_walk_both,
				      &w[i], "kho_stress/%u", i);
		if (IS_ERR(task))
			return PTR_ERR(task);
		w[i].task = get_task_struct(task);
	}
	/* All at once, so that they allocate tree pages concurrently. */
	for (unsigned int i = 0; i < nr; i++)
		wake_up_process(w[i].task);
	return 0;
}

static int stress_stop(struct stress_worker *w, unsigned int nr)
{
	int err = 0;

	for (unsigned int i = 0; i < nr; i++) {
		bool is_worker = i < w->stress->nr_workers;

		if (!w[i].task)
			continue;
		kthread_stop_put(w[i].task);
		w[i].task = NULL;
		if (w[i].err && !err)
			err = report_err(w[i].err, "%s %u",
					 is_worker ? "worker" : "walker", i);
	}
	return err;
}

static unsigned long stress_count_on(const struct stress *s)
{
	unsigned long nr = 0;

	for (unsigned long i = 0; i < s->nr_units; i++)
		nr += s->units[i].on ? s->units[i].nr : 0;
	return nr;
}

/* Compare the trees with the records; all threads have ended. */
static int stress_check(struct stress *s)
{
	struct stress_walk own = { s, .exact = true }, outgoing = { s };
	unsigned long want = 0;
	int err = stress_walk_own(s, &own);

	for (unsigned int i = 0; i < STRESS_NR_SLOTS; i++)
		want += s->slots[i];
	if (err || own.nr != want)
		return report_err(err ?: -EIO,
				  "the second tree has %lu keys, not %lu",
				  own.nr, want);

	if (!s->outgoing.root)
		return 0;
	err = stress_walk_outgoing(s, &outgoing);
	want = s->others + stress_count_on(s);
	if (err || outgoing.nr != want)
		return report_err(err ?: -EIO,
				  "the outgoing tree has %lu keys, not %lu",
				  outgoing.nr, want);
	return 0;
}

static int stress_one_round(struct stress *s, struct stress_worker *w)
{
	unsigned int nr = s->nr_workers + STRESS_WALKERS;
	int err, stopped;

	memset(s->slots, 0, STRESS_NR_SLOTS * sizeof(*s->slots));
	err = kho_radix_init_tree(&s->tree, NULL);
	if (err)
		return err;
	err = stress_start(w, nr);
	if (!err)
		msleep(STRESS_ROUND_MS);
	stopped = stress_stop(w, nr);
	err = err ?: stopped ?: stress_check(s);
	kho_radix_destroy_tree(&s->tree);
	return err;
}

static unsigned long stress_sum_counts(const struct stress_worker *w,
				       unsigned int nr)
{
	unsigned long sum = 0;

	while (nr--)
		sum += w[nr].count;
	return sum;
}

static int stress_run_rounds(struct stress *s, struct stress_worker *w)
{
	unsigned long end = jiffies + arg_num("seconds", 10) * HZ, nr = 0;
	int err;

	do {
		err = stress_one_round(s, w);
		nr++;
		/* On a busy host it may have ended before a worker ran. */
	} while (!err &&
		 (time_before(jiffies, end) || !stress_count_on(s)));
	report("rounds=%lu\noperations=%lu\nwalks=%lu\n", nr,
	       stress_sum_counts(w, s->nr_workers),
	       stress_sum_counts(w + s->nr_workers, STRESS_WALKERS));
	return err;
}

static void stress_free_workers(struct stress_worker *w, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		vfree(w[i].folios);
	kfree(w);
}

static struct stress_worker *stress_make_workers(struct stress *s, u64 seed)
{
	unsigned int nr = s->nr_workers + STRESS_WALKERS;
	struct stress_worker *w = kcalloc(nr, sizeof(*w), GFP_KERNEL);

	for (unsigned int i = 0; w && i < nr; i++) {
		w[i].stress = s;
		w[i].id = i;
		prandom_seed_state(&w[i].rnd, seed + i);
		if (i >= s->nr_workers)
			continue;
		w[i].folios = vcalloc(s->nr_folios, sizeof(*w[i].folios));
		if (!w[i].folios) {
			stress_free_workers(w, nr);
			return NULL;
		}
	}
	return w;
}

/*
 * Accelerated kernels only: the root comes from a function that is not
 * exported, found with a probe. Stock has a mutex, so a walk would block the
 * writers.
 */
static int stress_find_outgoing(struct stress *s)
{
	struct kprobe probe = { .symbol_name = "kho_fast_outgoing_root" };
	phys_addr_t (*root)(void);
	struct stress_walk walk = { s };
	int err;

	if (!IS_ENABLED(CONFIG_KHO_FAST))
		return 0;
	err = register_kprobe(&probe);
	if (err)
		return report_err(err, "cannot find %s", probe.symbol_name);
	root = (void *)probe.addr;
	unregister_kprobe(&probe);
	err = kho_radix_init_tree(&s->outgoing, phys_to_virt(root()));
	if (!err)
		err = stress_walk_outgoing(s, &walk);
	s->others = walk.nr;
	return err;
}

/* Preserved memory goes to @set, all other is freed. */
static int stress_make_set(struct stress *s, struct workload_set *set)
{
	unsigned long nr = 0;

	set->entries = vcalloc(stress_count_on(s), sizeof(*set->entries));
	if (!set->entries)
		return -ENOMEM;
	for (unsigned long i = 0; i < s->nr_units; i++) {
		const struct stress_unit *unit = &s->units[i];

		if (!unit->on) {
			stress_unit_free(unit);
			continue;
		}
		for (unsigned int k = 0; k < unit->nr; k++)
			set->entries[nr++] =
				entry_make(folio_pfn(stress_unit_folio(unit, k)),
					   unit->order);
	}
	set->nr = nr;
	set->preserved = true;
	s->nr_units = 0;
	return 0;
}

static void stress_drop_units(struct stress *s)
{
	for (unsigned long i = 0; i < s->nr_units; i++) {
		if (s->units[i].on)
			stress_unit_one_by_one(&s->units[i]);
		stress_unit_free(&s->units[i]);
	}
	vfree(s->units);
}

static int stress_run(struct stress *s, struct workload_set *set)
{
	struct stress_worker *w;
	int err;

	err = stress_find_outgoing(s);
	if (err)
		return err;
	w = stress_make_workers(s, set->seed);
	if (!w)
		return -ENOMEM;
	err = stress_run_rounds(s, w);
	stress_free_workers(w, s->nr_workers + STRESS_WALKERS);
	return err ?: stress_make_set(s, set);
}

/* blocks= of 4 MiB, of pages and of runs each; folios= of orders from 1 up. */
int stress(struct workload_set *set)
{
	struct stress s = { .nr_workers = arg_num("threads", 4) };
	int err = -ENOMEM;

	if (!s.nr_workers || s.nr_workers > STRESS_MAX_WORKERS)
		return report_err(-EINVAL, "threads= is 1 to %d",
				  STRESS_MAX_WORKERS);
	s.slots = vcalloc(STRESS_NR_SLOTS, sizeof(*s.slots));
	if (s.slots)
		err = stress_add_units(&s, arg_num("blocks", 24),
				       arg_num("folios", 1024));
	if (err)
		report_err(err, "no memory for the units");
	else if (s.nr_units < s.nr_workers)
		err = report_err(-EINVAL, "%lu units for %u threads",
				 s.nr_units, s.nr_workers);
	else
		err = stress_run(&s, set);
	stress_drop_units(&s);
	vfree(s.slots);
	return err;
}
