// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Freezing and serializing all sessions
 *
 * Part of the blackout, within reboot(2): sessions are frozen in parallel by up
 * to one worker per CPU. Records of sessions are reserved before, so that they
 * are in order of creation.
 *
 * When all of them are frozen, their files are checked in the same way, and a
 * single session is worth a worker: the time is in proportion to its memory.
 *
 * The result is that of a sequential freeze. Sessions are started in order, and
 * none after an error. So all sessions before the first failing one were
 * started before it, and its error is the result.
 *
 * Lock order: with the gate closed the lock of the outgoing table; in a worker
 * the mutex of one session. See core.c.
 *
 * Failure: frozen sessions are unfrozen in reverse order, also when the next
 * kernel would refuse the handover (preflight.c). After success the gate is
 * never opened.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "../cpu_jobs.h"
#include "../outgoing/kimage.h"
#include "../timeline/clock.h"
#include "../timeline/record.h"
#include "../trace.h"
#include "checksum.h"
#include "flb_records.h"
#include "freeze.h"
#include "gate.h"
#include "preflight.h"
#include "query.h"
#include "serialize.h"
#include "session_table.h"
#include "trace.h"
#include "unretrieved.h"

/* A task that freezes fewer sessions is not worth its wakeup. */
#define LUO_FROZEN_PER_TASK	8

/* Checking takes time per folio: one session may have a terabyte of them. */
#define LUO_CHECKED_PER_TASK	1

/**
 * struct luo_freeze_job - A freeze or a check of all sessions.
 * @cpu_job: Its tasks.
 * @run:     Freezes or checks a session.
 * @list:    The sessions.
 * @lock:    Protects the fields below.
 * @next:    The next session to start, or the head of the list.
 * @begun:   Number of sessions that were started.
 * @first:   Index of the first session that failed, or ULONG_MAX.
 * @err:     Its error.
 */
struct luo_freeze_job {
	struct kho_fast_cpu_job	cpu_job;
	int			(*run)(struct luo_fast_session *session);
	struct list_head	*list;
	spinlock_t		lock;	/* see above */
	struct list_head	*next;
	unsigned long		begun;
	unsigned long		first;
	int			err;
};

static struct luo_fast_session *luo_freeze_next(struct luo_freeze_job *job)
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

static void luo_freeze_fail(struct luo_freeze_job *job, unsigned long index,
			    int err)
{
	guard(spinlock)(&job->lock);

	if (index < job->first) {
		job->first = index;
		job->err = err;
	}
}

static int luo_session_serialize(struct luo_fast_session *session)
{
	const u64 began = kho_fast_clock();
	int err;

	guard(mutex)(&session->mutex);

	err = luo_fast_file_set_freeze(&session->file_set);
	if (err) {
		pr_err("live update refused: session '%*pE' cannot be frozen: %pe\n",
		       (int)strlen(session->name), session->name, ERR_PTR(err));
		return err;
	}

	memcpy(session->ser->name, session->name, sizeof(session->ser->name));
	luo_fast_file_set_write(&session->file_set,
				&session->ser->file_set_ser);
	luo_fast_session_seal(session->ser, &session->file_set.blocks);
	kho_fast_span(KHO_SPAN_SESSION, began, kho_fast_clock(), NUMA_NO_NODE,
		      session->name);
	return 0;
}

static int luo_session_freeze(struct luo_fast_session *session)
{
	const u64 began = kho_fast_trace_begin(kho_session);
	int err = luo_session_serialize(session);

	luo_fast_trace_session(session->name, "freeze", began, err);
	return err;
}

/* Sessions that are not frozen are skipped. */
static void luo_session_unfreeze(struct luo_fast_session *session)
{
	const u64 began = kho_fast_trace_begin(kho_session);

	guard(mutex)(&session->mutex);

	if (list_empty(&session->file_set.frozen))
		return;

	luo_fast_file_set_unfreeze(&session->file_set);
	kho_block_set_clear(&session->file_set.blocks);
	luo_fast_trace_session(session->name, "unfreeze", began, 0);
}

static bool luo_freeze_run(struct kho_fast_cpu_job *cpu_job)
{
	struct luo_freeze_job *job =
		container_of(cpu_job, struct luo_freeze_job, cpu_job);
	struct luo_fast_session *session = luo_freeze_next(job);
	int err;

	if (!session)
		return false;

	err = job->run(session);
	if (err)
		luo_freeze_fail(job, session->index, err);
	return true;
}

static void luo_unfreeze_all(struct luo_fast_table *table)
{
	struct luo_fast_session *session;

	list_for_each_entry_reverse(session, &table->list, list)
		luo_session_unfreeze(session);
}

static int luo_run_all(struct luo_fast_table *table,
		       int (*run)(struct luo_fast_session *session),
		       unsigned long per_task)
{
	struct luo_freeze_job job = {
		.cpu_job.run = luo_freeze_run,
		.run = run,
		.list = &table->list,
		.next = table->list.next,
		.first = ULONG_MAX,
	};

	spin_lock_init(&job.lock);
	kho_fast_cpu_job_run(&job.cpu_job, table->count / per_task);
	return job.err;
}

static int luo_freeze_all(struct luo_fast_table *table)
{
	int err = luo_run_all(table, luo_session_freeze, LUO_FROZEN_PER_TASK);

	if (err)
		luo_unfreeze_all(table);
	return err;
}

static int luo_reserve_records(struct luo_fast_table *table)
{
	struct luo_fast_session *session;
	struct kho_block_set_it it;

	kho_block_set_it_init(&it, &table->blocks);
	list_for_each_entry(session, &table->list, list) {
		session->ser = kho_block_set_it_reserve_entry(&it);
		/* Creating the session made room for it. */
		if (WARN_ON_ONCE(!session->ser))
			return -ENOSPC;
	}

	return 0;
}

/* Checks that need no file to be frozen. */
static int luo_check_next_kernel(const struct kimage *image,
				 struct luo_fast_table *table)
{
	const struct luo_fast_session *first =
		list_first_entry_or_null(&table->list, struct luo_fast_session,
					 list);
	int err = 0;

	if (image)
		err = kho_fast_kimage_check(image, first ? first->name : NULL);
	return err ?: luo_fast_query_allows(table);
}

/* With everything frozen, nothing is preserved any more. */
static int luo_check_handover(const struct kimage *image,
			      struct luo_fast_table *table)
{
	const u64 sessions_pa = kho_block_set_head_pa(&table->blocks);
	int err = luo_fast_flb_serialize();

	if (!err)
		err = luo_fast_check_sessions(sessions_pa);
	if (!err && image)
		err = luo_fast_preflight(image);
	if (!err)
		err = luo_run_all(table, luo_fast_check_files,
				  LUO_CHECKED_PER_TASK);
	if (err)
		luo_unfreeze_all(table);
	return err;
}

static int luo_serialize(const struct kimage *image, u64 *sessions_pa)
{
	struct luo_fast_table *table = &luo_fast_outgoing;
	int err;

	guard(mutex)(&table->lock);

	err = luo_check_next_kernel(image, table);
	if (!err)
		err = luo_reserve_records(table);
	if (!err)
		err = luo_freeze_all(table);
	if (!err)
		err = luo_check_handover(image, table);
	if (err) {
		kho_block_set_clear(&table->blocks);
		return err;
	}

	*sessions_pa = kho_block_set_head_pa(&table->blocks);
	return 0;
}

/**
 * luo_fast_serialize - Freeze and serialize all sessions.
 * @image:       The next kernel; NULL in tests.
 * @sessions_pa: Receives the address of their records, or 0.
 *
 * Context: process context, may sleep.
 * Return: 0, and changes of sessions block until the kexec; -EOPNOTSUPP if the
 * next kernel cannot restore what is preserved; -EBUSY if sessions of the
 * previous kernel would be lost; an error of luo_fast_gate_close() or
 * luo_fast_preflight(); or that of the first session that cannot be frozen.
 * After an error everything is as before.
 */
int luo_fast_serialize(const struct kimage *image, u64 *sessions_pa)
{
	int err;

	*sessions_pa = 0;
	err = luo_fast_gate_close();
	if (err)
		return err;

	err = luo_fast_check_unretrieved();
	if (!err)
		err = luo_serialize(image, sessions_pa);
	if (err)
		luo_fast_gate_open();
	return err;
}
