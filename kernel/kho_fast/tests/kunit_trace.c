// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: KUnit tests of the trace events
 *
 * Their contents are tested in userspace (tests/unit of the project), without
 * tracepoints. Here: enabled events empty the leaf caches of all CPUs, which
 * work again afterwards.
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

/* Upper bound for both functions below. */
#define FUNCTION_BYTES	64

/**
 * struct kho_trace_test_seen - Events of a probe.
 * @task:   Task whose events count.
 * @nr:     Number of events.
 * @folio:  Expected folios, in this order.
 * @caller: Expected caller.
 * @wrong:  Number of unexpected events.
 */
struct kho_trace_test_seen {
	struct task_struct	*task;
	unsigned int		nr;
	struct folio		**folio;
	unsigned long		caller;
	unsigned int		wrong;
};

static noinline int kho_trace_test_preserve(struct folio *folio)
{
	int err = kho_preserve_folio(folio);

	OPTIMIZER_HIDE_VAR(err);
	return err;
}

static noinline void kho_trace_test_unpreserve(struct folio *folio)
{
	kho_unpreserve_folio(folio);
	barrier();
}

static void kho_trace_test_probe(void *data, unsigned long pfn,
				 unsigned long nr_pages, unsigned int order,
				 int nid, unsigned long caller)
{
	struct kho_trace_test_seen *seen = data;
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

static bool kho_trace_test_has_cached_leaf(struct folio *folio)
{
	return kho_fast_leaf_cache_find(kho_fast_key(folio_pfn(folio),
						     folio_order(folio)));
}

static void kho_trace_test_preserve_all(struct kunit *test,
					struct folio **folios)
{
	struct kho_trace_test_seen seen = {
		.task = current,
		.folio = folios,
		.caller = (unsigned long)kho_trace_test_preserve,
	};
	unsigned int i;

	if (register_trace_kho_preserve(kho_trace_test_probe, &seen))
		kunit_skip(test, "no trace events");

	KUNIT_EXPECT_FALSE(test, kho_trace_test_has_cached_leaf(folios[0]));
	for (i = 0; i < NR_FOLIOS; i++)
		KUNIT_EXPECT_EQ(test, kho_trace_test_preserve(folios[i]), 0);
	unregister_trace_kho_preserve(kho_trace_test_probe, &seen);
	tracepoint_synchronize_unregister();

	KUNIT_EXPECT_EQ(test, seen.nr, NR_FOLIOS);
	KUNIT_EXPECT_EQ(test, seen.wrong, 0);
}

static void kho_trace_test_unpreserve_all(struct kunit *test,
					  struct folio **folios)
{
	struct kho_trace_test_seen seen = {
		.task = current,
		.folio = folios,
		.caller = (unsigned long)kho_trace_test_unpreserve,
	};
	unsigned int i;

	KUNIT_EXPECT_EQ(test, 0,
			register_trace_kho_unpreserve(kho_trace_test_probe,
						      &seen));
	for (i = 0; i < NR_FOLIOS; i++)
		kho_trace_test_unpreserve(folios[i]);
	unregister_trace_kho_unpreserve(kho_trace_test_probe, &seen);
	tracepoint_synchronize_unregister();

	KUNIT_EXPECT_EQ(test, seen.nr, NR_FOLIOS);
	KUNIT_EXPECT_EQ(test, seen.wrong, 0);
}

static void kho_trace_test_put(void *folio)
{
	folio_put(folio);
}

static void kho_trace_test_one_event_per_folio(struct kunit *test)
{
	struct folio *folios[NR_FOLIOS];
	unsigned int i;

	for (i = 0; i < NR_FOLIOS; i++) {
		folios[i] = folio_alloc(GFP_KERNEL, i % 4);
		KUNIT_ASSERT_NOT_NULL(test, folios[i]);
		KUNIT_ASSERT_EQ(test, 0,
				kunit_add_action_or_reset(test,
							  kho_trace_test_put,
							  folios[i]));
	}

	/* Fill the leaf cache of this CPU. */
	KUNIT_EXPECT_EQ(test, kho_trace_test_preserve(folios[0]), 0);
	kho_trace_test_unpreserve(folios[0]);

	kho_trace_test_preserve_all(test, folios);
	kho_trace_test_unpreserve_all(test, folios);

	/* No event is enabled: the next folio enters the leaf cache. */
	migrate_disable();
	KUNIT_EXPECT_EQ(test, kho_trace_test_preserve(folios[0]), 0);
	KUNIT_EXPECT_TRUE(test, kho_trace_test_has_cached_leaf(folios[0]));
	migrate_enable();
	kho_trace_test_unpreserve(folios[0]);
}

static int kho_trace_test_init(struct kunit *test)
{
	if (!kho_is_enabled())
		kunit_skip(test, "KHO is off");
	return 0;
}

static struct kunit_case kho_trace_test_cases[] = {
	KUNIT_CASE(kho_trace_test_one_event_per_folio),
	{}
};

static struct kunit_suite kho_trace_test_suite = {
	.name		= "kho_fast_trace",
	.init		= kho_trace_test_init,
	.test_cases	= kho_trace_test_cases,
};
kunit_test_suite(kho_trace_test_suite);
