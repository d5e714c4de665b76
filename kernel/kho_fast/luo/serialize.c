// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The last words of all sessions
 *
 * Within reboot(2), that is in the blackout: sessions are frozen side by side, by
 * at most one worker per CPU. The records of sessions get their places first, so
 * that their order is that of creation whoever is faster.
 *
 * The result is that of one session after the other. Sessions are begun in order
 * and none is begun after an error, so whatever comes before the first failing
 * one, in order, was begun before it, and the first failing one is among those
 * that were begun: it tells the error.
 *
 * Lock order: luo_fast_update, for writing, the lock of the outgoing table; in a
 * worker the mutex of one session. See core.c.
 *
 * Failure: sessions that were frozen are unfrozen, the last first, and everything
 * goes on. After success luo_fast_update is kept for ever.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "../timeline/clock.h"
#include "../timeline/record.h"
#include "../trace.h"
#include "flb.h"
#include "freeze.h"
#include "query.h"
#include "serialize.h"
#include "session_table.h"
#include "trace.h"

/* Fewer are not worth waking a worker. */
#define SESSIONS_PER_WORKER	8

/**
 * struct job - A freeze of all sessions.
 * @list:  The sessions.
 * @lock:  Protects what follows.
 * @next:  The next to begin, or the head of the list.
 * @begun: How many were begun.
 * @first: Index of the first that failed, or ULONG_MAX.
 * @err:   Its error.
 */
struct job {
	struct list_head	*list;
	spinlock_t		lock;	/* see above */
	struct list_head	*next;
	unsigned long		begun;
	unsigned long		first;
	int			err;
};

struct worker {
	struct work_struct	work;
	struct job		*job;
};

static struct luo_fast_session *begin(struct job *job)
{
	struct luo_fast_session *session;

	guard(spinlock)(&job->lock);

	if (job->err || job->next == job->list)
		return NULL;

	session = list_entry(job->next, struct luo_fast_session, list);
	job->next = job->next->next;
	session->index = job->begun++;
	return session;
}

static void fail(struct job *job, unsigned long index, int err)
{
	guard(spinlock)(&job->lock);

	if (index < job->first) {
		job->first = index;
		job->err = err;
	}
}

static int freeze_and_write(struct luo_fast_session *session)
{
	const u64 began = kho_fast_clock();
	int err;

	guard(mutex)(&session->mutex);

	err = luo_fast_set_freeze(&session->set);
	if (err)
		return err;

	memcpy(session->ser->name, session->name, sizeof(session->ser->name));
	luo_fast_set_write(&session->set, &session->ser->file_set_ser);
	kho_fast_span(KHO_SPAN_SESSION, began, kho_fast_clock(), NUMA_NO_NODE,
		      session->name);
	return 0;
}

static int freeze(struct luo_fast_session *session)
{
	const u64 began = kho_fast_trace_begin(kho_session);
	int err = freeze_and_write(session);

	luo_fast_trace_session(session->name, "freeze", began, err);
	return err;
}

/* Does nothing to a session that is not frozen. */
static void unfreeze(struct luo_fast_session *session)
{
	const u64 began = kho_fast_trace_begin(kho_session);

	guard(mutex)(&session->mutex);

	if (list_empty(&session->set.frozen))
		return;

	luo_fast_set_unfreeze(&session->set);
	kho_block_set_clear(&session->set.blocks);
	luo_fast_trace_session(session->name, "unfreeze", began, 0);
}

static void work(struct job *job)
{
	struct luo_fast_session *session;

	while ((session = begin(job))) {
		int err = freeze(session);

		if (err)
			fail(job, session->index, err);
	}
}

static void work_fn(struct work_struct *w)
{
	work(container_of(w, struct worker, work)->job);
}

/* Returns how many there are besides the caller. */
static unsigned int start_workers(struct worker **workers, struct job *job,
				  unsigned long nr_sessions)
{
	unsigned int nr, i;

	nr = min_t(unsigned long, num_online_cpus(),
		   nr_sessions / SESSIONS_PER_WORKER);
	if (nr < 2)
		return 0;

	*workers = kcalloc(--nr, sizeof(**workers), GFP_KERNEL);
	if (!*workers)
		return 0;

	for (i = 0; i < nr; i++) {
		(*workers)[i].job = job;
		INIT_WORK(&(*workers)[i].work, work_fn);
		queue_work(system_dfl_long_wq, &(*workers)[i].work);
	}

	return nr;
}

static int freeze_all(struct luo_fast_table *table)
{
	struct job job = {
		.list = &table->list,
		.next = table->list.next,
		.first = ULONG_MAX,
	};
	struct worker *workers = NULL;
	struct luo_fast_session *session;
	unsigned int nr;

	spin_lock_init(&job.lock);
	nr = start_workers(&workers, &job, table->count);
	work(&job);
	while (nr)
		flush_work(&workers[--nr].work);
	kfree(workers);
	if (!job.err)
		return 0;

	list_for_each_entry_reverse(session, &table->list, list)
		unfreeze(session);
	return job.err;
}

static int reserve_places(struct luo_fast_table *table)
{
	struct luo_fast_session *session;
	struct kho_block_set_it it;

	kho_block_set_it_init(&it, &table->blocks);
	list_for_each_entry(session, &table->list, list) {
		session->ser = kho_block_set_it_reserve_entry(&it);
		/* There is room since the session was created. */
		if (WARN_ON_ONCE(!session->ser))
			return -ENOSPC;
	}

	return 0;
}

static int freeze_and_tell(u64 *sessions_pa)
{
	struct luo_fast_table *table = &luo_fast_outgoing;
	int err;

	guard(mutex)(&table->lock);

	*sessions_pa = 0;
	err = luo_fast_query_allows(table);
	if (!err)
		err = reserve_places(table);
	if (!err)
		err = freeze_all(table);
	if (err) {
		kho_block_set_clear(&table->blocks);
		return err;
	}

	luo_fast_flb_serialize();
	*sessions_pa = kho_block_set_head_pa(&table->blocks);
	return 0;
}

/**
 * luo_fast_serialize - Freeze all sessions and write them down.
 * @sessions_pa: Where to store the address of their records, 0 if there are none.
 *
 * Context: process context, may sleep.
 * Return: 0, and whatever would change a session waits for ever; or the error of
 * the first session that could not be frozen, and all is as before.
 */
int luo_fast_serialize(u64 *sessions_pa)
{
	int err;

	down_write(&luo_fast_update);
	err = freeze_and_tell(sessions_pa);
	if (err)
		up_write(&luo_fast_update);
	return err;
}
