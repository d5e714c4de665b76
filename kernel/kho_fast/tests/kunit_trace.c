// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: KUnit tests of the trace events
 *
 * What they say is tested in userspace (tests/unit of the project), without the
 * tracepoints themselves. Here: that watching takes the hints away on all CPUs, and
 * that they come back.
 */
#include <kunit/test.h>

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "../outgoing/outgoing.h"
#include "../trace.h"
#include "../tree/tree.h"

#define NR_FOLIOS	23

/* Both functions below are smaller. */
#define FUNCTION_BYTES	64

/**
 * struct seen - What a probe was told.
 * @task:   Whose doings count.
 * @nr:     How many events there were.
 * @folio:  Those that come next, in this order.
 * @caller: Function that they come from.
 * @wrong:  How many were not as expected.
 */
struct seen {
	struct task_struct	*task;
	unsigned int		nr;
	struct folio		**folio;
	unsigned long		caller;
	unsigned int		wrong;
};

static noinline int preserve(struct folio *folio)
{
	int err = kho_preserve_folio(folio);

	OPTIMIZER_HIDE_VAR(err);
	return err;
}

static noinline void unpreserve(struct folio *folio)
{
	kho_unpreserve_folio(folio);
	barrier();
}

static void see(void *data, unsigned long pfn, unsigned long nr_pages,
		unsigned int order, int nid, unsigned long caller)
{
	struct seen *seen = data;
	struct folio *folio;

	if (current != seen->task)
		return;
	if (seen->nr++ >= NR_FOLIOS)
		return;

	folio = seen->folio[seen->nr - 1];
	seen->wrong += pfn != folio_pfn(folio) || order != folio_order(folio) ||
		       nr_pages != BIT(order) || nid != folio_nid(folio) ||
		       caller - seen->caller >= FUNCTION_BYTES;
}

static bool has_hint(struct folio *folio)
{
	return kho_fast_hinted_leaf(kho_fast_key(folio_pfn(folio),
						 folio_order(folio)));
}

static void preserve_all_watched(struct kunit *test, struct folio **folios)
{
	struct seen seen = {
		.task = current,
		.folio = folios,
		.caller = (unsigned long)preserve,
	};
	unsigned int i;

	if (register_trace_kho_preserve(see, &seen))
		kunit_skip(test, "there are no trace events");

	KUNIT_EXPECT_FALSE(test, has_hint(folios[0]));
	for (i = 0; i < NR_FOLIOS; i++)
		KUNIT_EXPECT_EQ(test, preserve(folios[i]), 0);
	unregister_trace_kho_preserve(see, &seen);
	tracepoint_synchronize_unregister();

	KUNIT_EXPECT_EQ(test, seen.nr, NR_FOLIOS);
	KUNIT_EXPECT_EQ(test, seen.wrong, 0);
}

static void unpreserve_all_watched(struct kunit *test, struct folio **folios)
{
	struct seen seen = {
		.task = current,
		.folio = folios,
		.caller = (unsigned long)unpreserve,
	};
	unsigned int i;

	KUNIT_EXPECT_EQ(test, register_trace_kho_unpreserve(see, &seen), 0);
	for (i = 0; i < NR_FOLIOS; i++)
		unpreserve(folios[i]);
	unregister_trace_kho_unpreserve(see, &seen);
	tracepoint_synchronize_unregister();

	KUNIT_EXPECT_EQ(test, seen.nr, NR_FOLIOS);
	KUNIT_EXPECT_EQ(test, seen.wrong, 0);
}

static void put_folio(void *folio)
{
	folio_put(folio);
}

static void each_folio_is_told_while_somebody_watches(struct kunit *test)
{
	struct folio *folios[NR_FOLIOS];
	unsigned int i;

	for (i = 0; i < NR_FOLIOS; i++) {
		folios[i] = folio_alloc(GFP_KERNEL, i % 4);
		KUNIT_ASSERT_NOT_NULL(test, folios[i]);
		KUNIT_ASSERT_EQ(test, 0,
				kunit_add_action_or_reset(test, put_folio,
							  folios[i]));
	}

	/* Now the CPU has hints. */
	KUNIT_EXPECT_EQ(test, preserve(folios[0]), 0);
	unpreserve(folios[0]);

	preserve_all_watched(test, folios);
	unpreserve_all_watched(test, folios);

	/* Nobody watches: the hint comes back with the next folio. */
	migrate_disable();
	KUNIT_EXPECT_EQ(test, preserve(folios[0]), 0);
	KUNIT_EXPECT_TRUE(test, has_hint(folios[0]));
	migrate_enable();
	unpreserve(folios[0]);
}

static int need_kho(struct kunit *test)
{
	if (!kho_is_enabled())
		kunit_skip(test, "KHO is off");
	return 0;
}

static struct kunit_case kho_fast_trace_cases[] = {
	KUNIT_CASE(each_folio_is_told_while_somebody_watches),
	{}
};

static struct kunit_suite kho_fast_trace_suite = {
	.name		= "kho_fast_trace",
	.init		= need_kho,
	.test_cases	= kho_fast_trace_cases,
};
kunit_test_suite(kho_fast_trace_suite);
