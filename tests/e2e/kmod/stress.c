// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that preserve and unpreserve at the same time, while others walk.  Memory is
 * cut into units, and each unit belongs to one thread, as the interface demands:
 *
 *	pages	0123012301230123	neighbouring bits, different threads
 *	runs	000000111111222222	threads meet inside the words of a bitmap
 *	folios	0 11 2222 3 00 1111	orders from 1 up
 *
 * The nodes of the outgoing tree stay until kexec, so they are made only once.  Beside
 * it there is a tree of our own that starts empty in each round, so that its nodes are
 * made over and over, by all threads at once.
 *
 * After each round the threads are gone and both trees must hold exactly what is
 * said to be in them; and what is preserved in the end becomes a set like others, which
 * the next kernel must hold, and nothing else.
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

#define MAX_WORKERS	64
#define WALKERS		2
#define ROUND_MS	200

/* A run shares its first or its last word with another one's thread, often both. */
#define RUN_PAGES	24
#define MAX_ORDER	6
#define BATCH		64	/* folios in a batch, but for the batch of all */

/* @nr folios of @order, one after the other; @on is the owner's to change. */
struct unit {
	unsigned long pfn;
	u16 nr;
	u8 order;
	bool on;
};

/*
 * Keys of our own tree: neighbours in the first words of leaves that need tables of
 * their own, up to the top.  Few, so that two threads often meet in a word.
 */
#define SLOTS_PER_LEAF	128
#define NR_LEAVES	8
#define NR_SLOTS	(NR_LEAVES * SLOTS_PER_LEAF)

struct stress {
	struct unit *units;
	unsigned long nr_units, max_units;
	unsigned long nr_folios;		/* of all units */
	unsigned int nr_workers;
	struct kho_radix_tree tree;		/* our own */
	bool *slots;				/* whether its keys are there */
	struct kho_radix_tree outgoing;		/* no root: not known */
	unsigned long others;			/* keys in @outgoing that are not ours */
};

struct worker {
	struct stress *stress;
	struct task_struct *task;
	unsigned int id;
	struct rnd_state rnd;
	struct folio **folios;			/* room for all that it owns */
	unsigned long count;			/* operations, or walks */
	int err;
};

static struct folio *unit_folio(const struct unit *unit, unsigned int i)
{
	return pfn_folio(unit->pfn + ((unsigned long)i << unit->order));
}

static void unit_free(const struct unit *unit)
{
	for (unsigned int i = 0; i < unit->nr; i++)
		folio_put(unit_folio(unit, i));
}

static void unit_add(struct stress *s, unsigned long pfn, unsigned int nr, unsigned int order)
{
	s->units[s->nr_units++] = (struct unit){ .pfn = pfn, .nr = nr, .order = order };
	s->nr_folios += nr;
}

/* A block of pages, cut into units of @step. */
static int add_block(struct stress *s, int nid, unsigned int step)
{
	struct page *page = alloc_pages_node(nid, SET_GFP, MAX_PAGE_ORDER);
	unsigned long pfn = page ? page_to_pfn(page) : 0;

	if (!page)
		return -ENOMEM;
	split_page(page, MAX_PAGE_ORDER);
	for (unsigned int i = 0; i < MAX_ORDER_NR_PAGES; i += step)
		unit_add(s, pfn + i, min(step, MAX_ORDER_NR_PAGES - i), 0);
	return 0;
}

static int add_folio(struct stress *s, int nid, unsigned int order)
{
	struct page *page = alloc_pages_node(nid, SET_GFP | __GFP_COMP, order);

	if (!page)
		return -ENOMEM;
	unit_add(s, page_to_pfn(page), 1, order);
	return 0;
}

static int add_units(struct stress *s, unsigned long blocks, unsigned long folios)
{
	int nid = 0, err = 0;

	s->max_units = blocks * 2 * MAX_ORDER_NR_PAGES + folios;
	s->units = vcalloc(s->max_units, sizeof(*s->units));
	if (!s->units)
		return -ENOMEM;
	for (unsigned long i = 0; !err && i < 2 * blocks; i++) {
		nid = next_nid(nid);
		err = add_block(s, nid, i % 2 ? RUN_PAGES : 1);
	}
	for (unsigned long i = 0; !err && i < folios; i++) {
		nid = next_nid(nid);
		err = add_folio(s, nid, 1 + i % MAX_ORDER);
	}
	return err;
}

static unsigned long slot_key(unsigned int slot)
{
	unsigned long leaf = 1 + slot / SLOTS_PER_LEAF;

	/* Which level has the branch differs from leaf to leaf. */
	leaf <<= leaf % (KHO_TREE_MAX_DEPTH - 2) * KHO_TABLE_SIZE_LOG2;
	return leaf << KHO_BITMAP_SIZE_LOG2 | slot % SLOTS_PER_LEAF;
}

/* The reverse; NR_SLOTS for a key that is none of ours. */
static unsigned int key_slot(unsigned long key)
{
	unsigned long leaf = key >> KHO_BITMAP_SIZE_LOG2;
	unsigned int slot;

	while (leaf && !(leaf & (BIT(KHO_TABLE_SIZE_LOG2) - 1)))
		leaf >>= KHO_TABLE_SIZE_LOG2;
	if (!leaf || leaf > NR_LEAVES)
		return NR_SLOTS;
	slot = (leaf - 1) * SLOTS_PER_LEAF + (key & (SLOTS_PER_LEAF - 1));
	return slot_key(slot) == key ? slot : NR_SLOTS;
}

static u32 below(struct worker *w, u32 limit)
{
	return prandom_u32_state(&w->rnd) % limit;
}

/* How many of @nr things in a row are this worker's, and one of them. */
static unsigned long own_nr(const struct worker *w, unsigned long nr)
{
	const unsigned int step = w->stress->nr_workers;

	return nr / step + (w->id < nr % step);
}

static unsigned long own_index(const struct worker *w, unsigned long i)
{
	return w->id + i * w->stress->nr_workers;
}

static int unit_one_by_one(const struct unit *unit)
{
	int err = 0;

	for (unsigned int i = 0; i < unit->nr && !err; i++) {
		if (unit->on)
			kho_unpreserve_folio(unit_folio(unit, i));
		else
			err = kho_preserve_folio(unit_folio(unit, i));
	}
	return err;
}

static int unit_as_range(const struct unit *unit)
{
	if (!unit->on)
		return kho_preserve_folio_range(unit_folio(unit, 0), unit->nr);
	kho_unpreserve_folio_range(unit_folio(unit, 0), unit->nr);
	return 0;
}

static int flip_unit(struct worker *w)
{
	struct stress *s = w->stress;
	struct unit *unit = &s->units[own_index(w, below(w, own_nr(w, s->nr_units)))];
	int err = below(w, 2) ? unit_one_by_one(unit) : unit_as_range(unit);

	if (!err)
		unit->on = !unit->on;
	return err;
}

/*
 * In one call some of our units that are alike: up to @max folios from a random one
 * on, or all there are, which is enough to be spread over the nodes.
 */
static int flip_batch(struct worker *w, unsigned long max)
{
	struct stress *s = w->stress;
	const unsigned long own = own_nr(w, s->nr_units);
	const unsigned long first = max < s->nr_folios ? below(w, own) : 0;
	const bool on = below(w, 2);
	unsigned long nr = 0, end;
	int err = 0;

	for (end = first; end < own; end++) {
		const struct unit *unit = &s->units[own_index(w, end)];

		if (unit->on != on)
			continue;
		if (nr + unit->nr > max)
			break;
		for (unsigned int i = 0; i < unit->nr; i++)
			w->folios[nr++] = unit_folio(unit, i);
	}

	if (on)
		kho_unpreserve_folios(w->folios, nr);
	else
		err = kho_preserve_folios(w->folios, nr);
	for (unsigned long i = first; i < end && !err; i++)
		if (s->units[own_index(w, i)].on == on)
			s->units[own_index(w, i)].on = !on;
	return err;
}

static int flip_key(struct worker *w)
{
	struct stress *s = w->stress;
	unsigned long slot = own_index(w, below(w, own_nr(w, NR_SLOTS)));
	int err = 0;

	if (s->slots[slot])
		kho_radix_del_key(&s->tree, slot_key(slot));
	else
		err = kho_radix_add_key(&s->tree, slot_key(slot));
	if (!err)
		s->slots[slot] = !s->slots[slot];
	return err;
}

static int work_once(struct worker *w)
{
	u32 dice = below(w, 256);

	if (!dice)
		return flip_batch(w, w->stress->nr_folios);
	if (dice < 32)
		return flip_batch(w, BATCH);
	return dice < 160 ? flip_unit(w) : flip_key(w);
}

static int work(void *data)
{
	struct worker *w = data;

	while (!kthread_should_stop()) {
		if (!w->err)
			w->err = work_once(w);
		w->count++;
		cond_resched();
	}
	return 0;
}

/* What a walk has seen. */
struct walk {
	const struct stress *stress;
	unsigned long last, nr;
	bool exact;			/* nobody writes: what is seen is what is there */
};

static int seen_any(unsigned long key, void *data)
{
	struct walk *walk = data;

	if (key <= walk->last)
		return -ERANGE;
	walk->last = key;
	walk->nr++;
	return 0;
}

static int seen_own(unsigned long key, void *data)
{
	const struct walk *walk = data;
	unsigned int slot = key_slot(key);

	if (slot == NR_SLOTS || (walk->exact && !walk->stress->slots[slot]))
		return -EINVAL;
	return seen_any(key, data);
}

static int walk_own(struct stress *s, struct walk *walk)
{
	static const struct kho_radix_walk_cb cb = { .leaf = seen_own };

	return kho_radix_walk_tree(&s->tree, &cb, walk);
}

static int walk_outgoing(struct stress *s, struct walk *walk)
{
	static const struct kho_radix_walk_cb cb = { .leaf = seen_any };

	return s->outgoing.root ? kho_radix_walk_tree(&s->outgoing, &cb, walk) : 0;
}

static int walk_both(void *data)
{
	struct worker *w = data;

	while (!kthread_should_stop()) {
		struct walk own = { w->stress }, outgoing = { w->stress };

		w->err = w->err ?: walk_own(w->stress, &own);
		w->err = w->err ?: walk_outgoing(w->stress, &outgoing);
		w->count++;
		cond_resched();
	}
	return 0;
}

static int start(struct worker *w, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		bool is_worker = i < w->stress->nr_workers;
		struct task_struct *task;

		task = kthread_create(is_worker ? work : walk_both, &w[i], "kho_stress/%u", i);
		if (IS_ERR(task))
			return PTR_ERR(task);
		w[i].task = get_task_struct(task);
	}
	/* All at once, or the first one has made the nodes before the others come. */
	for (unsigned int i = 0; i < nr; i++)
		wake_up_process(w[i].task);
	return 0;
}

static int stop(struct worker *w, unsigned int nr)
{
	int err = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (!w[i].task)
			continue;
		kthread_stop_put(w[i].task);
		w[i].task = NULL;
		if (w[i].err && !err)
			err = report_err(w[i].err, "%s %u",
					 i < w->stress->nr_workers ? "worker" : "walker", i);
	}
	return err;
}

static unsigned long count_on(const struct stress *s)
{
	unsigned long nr = 0;

	for (unsigned long i = 0; i < s->nr_units; i++)
		nr += s->units[i].on ? s->units[i].nr : 0;
	return nr;
}

/* Nobody else is there any more: do the trees hold what they must? */
static int check(struct stress *s)
{
	struct walk own = { s, .exact = true }, outgoing = { s };
	unsigned long want = 0;
	int err = walk_own(s, &own);

	for (unsigned int i = 0; i < NR_SLOTS; i++)
		want += s->slots[i];
	if (err || own.nr != want)
		return report_err(err ?: -EIO, "our own tree has %lu keys, not %lu", own.nr, want);

	if (!s->outgoing.root)
		return 0;
	err = walk_outgoing(s, &outgoing);
	want = s->others + count_on(s);
	if (err || outgoing.nr != want)
		return report_err(err ?: -EIO, "the outgoing tree has %lu keys, not %lu",
				  outgoing.nr, want);
	return 0;
}

static int one_round(struct stress *s, struct worker *w)
{
	unsigned int nr = s->nr_workers + WALKERS;
	int err, stopped;

	memset(s->slots, 0, NR_SLOTS * sizeof(*s->slots));
	err = kho_radix_init_tree(&s->tree, NULL);
	if (err)
		return err;
	err = start(w, nr);
	if (!err)
		msleep(ROUND_MS);
	stopped = stop(w, nr);
	err = err ?: stopped ?: check(s);
	kho_radix_destroy_tree(&s->tree);
	return err;
}

static unsigned long sum_counts(const struct worker *w, unsigned int nr)
{
	unsigned long sum = 0;

	while (nr--)
		sum += w[nr].count;
	return sum;
}

static int run_rounds(struct stress *s, struct worker *w)
{
	unsigned long end = jiffies + arg_num("seconds", 10) * HZ, nr = 0;
	int err;

	do {
		err = one_round(s, w);
		nr++;
	} while (!err && time_before(jiffies, end));
	report("rounds=%lu\noperations=%lu\nwalks=%lu\n", nr, sum_counts(w, s->nr_workers),
	       sum_counts(w + s->nr_workers, WALKERS));
	return err;
}

static void free_workers(struct worker *w, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		vfree(w[i].folios);
	kfree(w);
}

static struct worker *make_workers(struct stress *s, u64 seed)
{
	unsigned int nr = s->nr_workers + WALKERS;
	struct worker *w = kcalloc(nr, sizeof(*w), GFP_KERNEL);

	for (unsigned int i = 0; w && i < nr; i++) {
		w[i].stress = s;
		w[i].id = i;
		prandom_seed_state(&w[i].rnd, seed + i);
		if (i >= s->nr_workers)
			continue;
		w[i].folios = vcalloc(s->nr_folios, sizeof(*w[i].folios));
		if (!w[i].folios) {
			free_workers(w, nr);
			return NULL;
		}
	}
	return w;
}

/*
 * Only the accelerated kernel can be asked where the tree is, by a function that is not
 * exported: a probe tells where that is.  A stock walk would keep the writers out.
 */
static int find_outgoing(struct stress *s)
{
	struct kprobe probe = { .symbol_name = "kho_fast_outgoing_root" };
	phys_addr_t (*root)(void);
	struct walk walk = { s };
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
		err = walk_outgoing(s, &walk);
	s->others = walk.nr;
	return err;
}

/* What is preserved goes to @set, the rest is freed. */
static int give_away(struct stress *s, struct set *set)
{
	unsigned long nr = 0;

	set->entries = vcalloc(count_on(s), sizeof(*set->entries));
	if (!set->entries)
		return -ENOMEM;
	for (unsigned long i = 0; i < s->nr_units; i++) {
		const struct unit *unit = &s->units[i];

		if (!unit->on) {
			unit_free(unit);
			continue;
		}
		for (unsigned int k = 0; k < unit->nr; k++)
			set->entries[nr++] = entry_make(folio_pfn(unit_folio(unit, k)),
							unit->order);
	}
	set->nr = nr;
	set->preserved = true;
	s->nr_units = 0;
	return 0;
}

static void drop_units(struct stress *s)
{
	for (unsigned long i = 0; i < s->nr_units; i++) {
		if (s->units[i].on)
			unit_one_by_one(&s->units[i]);
		unit_free(&s->units[i]);
	}
	vfree(s->units);
}

static int run(struct stress *s, struct set *set)
{
	struct worker *w;
	int err;

	err = find_outgoing(s);
	if (err)
		return err;
	w = make_workers(s, set->seed);
	if (!w)
		return -ENOMEM;
	err = run_rounds(s, w);
	free_workers(w, s->nr_workers + WALKERS);
	return err ?: give_away(s, set);
}

/* blocks= of 4 MiB, of pages and of runs each; folios= of orders from 1 up. */
int stress(struct set *set)
{
	struct stress s = { .nr_workers = arg_num("threads", 4) };
	int err = -ENOMEM;

	if (!s.nr_workers || s.nr_workers > MAX_WORKERS)
		return report_err(-EINVAL, "threads= is 1 to %d", MAX_WORKERS);
	s.slots = vcalloc(NR_SLOTS, sizeof(*s.slots));
	if (s.slots)
		err = add_units(&s, arg_num("blocks", 24), arg_num("folios", 1024));
	if (err)
		report_err(err, "no memory for the units");
	else if (s.nr_units < s.nr_workers)
		err = report_err(-EINVAL, "%lu units for %u threads", s.nr_units, s.nr_workers);
	else
		err = run(&s, set);
	drop_units(&s);
	vfree(s.slots);
	return err;
}
