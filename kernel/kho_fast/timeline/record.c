// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Where the time of a live update goes
 *
 * No tracer works from the freeze in one kernel to the first process of the next.
 * So both kernels keep a record: phases, which follow one another without a gap,
 * and spans within them or after them, such as the freeze of a session. A stamp
 * is a reading of the clock and a few stores. The clock is the CPU's cycle counter,
 * which goes on across kexec.
 *
 * Up to start_kernel() of the next kernel entries go to a page that is handed over
 * (handover.c), from there on to a record of the kernel's own. show.c
 * puts what was handed over and that together.
 *
 * Phases have room always. A span that finds none is counted, in the total of its
 * kind.
 *
 * Phases are trace events as well, for who can watch at that time.
 *
 * Lock order: kho_timeline_lock, a raw spinlock, is the innermost.
 *
 * Failure: without a page to hand over the phases of this kernel get lost.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/array_size.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/minmax.h>
#include <linux/pagemap.h>
#include <linux/printk.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/task_work.h>

#include "../trace.h"
#include "clock.h"
#include "record.h"

/* Entries that only phases may use. */
#define KEPT_FOR_PHASES	(KHO_NR_PHASES + 1)

/* The start of this kernel, and what is taken over since. */
static struct kho_timeline_ser kho_timeline_here;

/* Its end, handed over; NULL before there is a page. */
static struct kho_timeline_ser *kho_timeline_out;

static DEFINE_RAW_SPINLOCK(kho_timeline_lock);	/* protects both */

static const char *const kho_phase_names[] = {
	[KHO_PHASE_FREEZE]	 = "freeze",
	[KHO_PHASE_SHUTDOWN]	 = "shutdown",
	[KHO_PHASE_CPUS_OFFLINE] = "cpus-offline",
	[KHO_PHASE_JUMP]	 = "jump",
	[KHO_PHASE_EARLY]	 = "early",
	[KHO_PHASE_WALK]	 = "walk",
	[KHO_PHASE_MEMORY]	 = "memory",
	[KHO_PHASE_MEMBLOCK]	 = "memblock",
	[KHO_PHASE_CORE]	 = "core",
	[KHO_PHASE_SMP]		 = "smp",
	[KHO_PHASE_DEFERRED]	 = "deferred",
	[KHO_PHASE_INITCALLS]	 = "initcalls",
	[KHO_PHASE_USERSPACE]	 = "userspace",
	[KHO_SPAN_SESSION]	 = "session",
	[KHO_SPAN_DISCOVERY]	 = "discovery",
	[KHO_SPAN_NODE]		 = "node",
	[KHO_SPAN_RETRIEVE]	 = "retrieve",
	[KHO_SPAN_FINISH]	 = "finish",
};

/**
 * kho_fast_phase_name - What a phase or a span is called.
 * @what: Which; may be any number.
 *
 * Return: the name, or NULL when there is no such phase or span.
 */
const char *kho_fast_phase_name(enum kho_phase what)
{
	return (unsigned int)what < ARRAY_SIZE(kho_phase_names) ?
	       kho_phase_names[what] : NULL;
}

static struct kho_timeline_ser *kho_timeline_record_of(enum kho_phase what)
{
	return what <= KHO_PHASE_JUMP || what == KHO_SPAN_SESSION ?
	       kho_timeline_out : &kho_timeline_here;
}

/**
 * kho_fast_timeline_clear - Make an empty record.
 * @record: Filled in.
 */
void kho_fast_timeline_clear(struct kho_timeline_ser *record)
{
	memset(record, 0, sizeof(*record));
	strscpy(record->compatible, KHO_TIMELINE_COMPATIBLE);
}

/* The phase that goes on, NULL if there is none. */
static struct kho_timeline_entry *
kho_timeline_open_phase(struct kho_timeline_ser *record)
{
	u32 i = record->nr;

	while (i--) {
		if (record->entries[i].what < KHO_NR_PHASES)
			return record->entries[i].end ? NULL :
			       &record->entries[i];
	}

	return NULL;
}

/* Returns which one it was. */
static enum kho_phase kho_timeline_end_phase(struct kho_timeline_ser *record,
					     u64 now)
{
	struct kho_timeline_entry *open = kho_timeline_open_phase(record);

	if (!open)
		return KHO_PHASE_NONE;

	open->end = now;
	return open->what;
}

/* Returns the new entry, NULL if there is no room. */
static struct kho_timeline_entry *
kho_timeline_add(struct kho_timeline_ser *record, enum kho_phase what,
		 u64 begin, u64 end)
{
	u32 room = KHO_TIMELINE_ENTRIES;
	struct kho_timeline_entry *entry;

	if (what >= KHO_NR_PHASES)
		room -= KEPT_FOR_PHASES;
	if (record->nr >= room)
		return NULL;

	entry = &record->entries[record->nr++];
	*entry = (struct kho_timeline_entry) {
		.what = what,
		.begin = begin,
		.end = end,
		.node = NUMA_NO_NODE,
	};
	return entry;
}

static void kho_timeline_count(struct kho_timeline_total *total, u64 ticks)
{
	total->nr++;
	total->sum += ticks;
	total->max = max(total->max, ticks);
}

/* Returns the phase that it ends. */
static enum kho_phase kho_timeline_begin_phase(enum kho_phase phase)
{
	struct kho_timeline_ser *record;
	enum kho_phase ended;
	u64 now;

	guard(raw_spinlock_irqsave)(&kho_timeline_lock);

	record = kho_timeline_record_of(phase);
	if (!record)
		return KHO_PHASE_NONE;

	/* The first of one kernel. What an attempt left that failed goes. */
	if (phase == KHO_PHASE_FREEZE || phase == KHO_PHASE_EARLY)
		kho_fast_timeline_clear(record);
	now = kho_fast_clock();
	ended = kho_timeline_end_phase(record, now);
	kho_timeline_add(record, phase, now, 0);
	record->khz = kho_fast_clock_khz();
	return ended;
}

static void kho_timeline_trace_end(enum kho_phase phase)
{
	if (phase)
		trace_kho_phase_end(kho_phase_names[phase]);
}

/**
 * kho_phase_begin - A phase of a live update begins, and with it the last one ends.
 * @phase: The phase.
 *
 * Context: any; one caller at a time.
 */
void kho_phase_begin(enum kho_phase phase)
{
	kho_timeline_trace_end(kho_timeline_begin_phase(phase));
	trace_kho_phase_begin(kho_phase_names[phase]);
}

/**
 * kho_fast_phase_abort - The live update will not be.
 */
void kho_fast_phase_abort(void)
{
	scoped_guard(raw_spinlock_irqsave, &kho_timeline_lock) {
		if (kho_timeline_out)
			kho_fast_timeline_clear(kho_timeline_out);
	}
	kho_timeline_trace_end(KHO_PHASE_FREEZE);
}

/**
 * kho_fast_span - Something within a phase, or after all of them, is done.
 * @what:  What it was.
 * @begin: kho_fast_clock() before.
 * @end:   kho_fast_clock() after.
 * @node:  The NUMA node that it was about, or NUMA_NO_NODE.
 * @label: The session that it was about, or NULL.
 *
 * Context: any.
 */
void kho_fast_span(enum kho_phase what, u64 begin, u64 end, int node,
		   const char *label)
{
	struct kho_timeline_entry *entry;
	struct kho_timeline_ser *record;

	guard(raw_spinlock_irqsave)(&kho_timeline_lock);

	record = kho_timeline_record_of(what);
	if (!record)
		return;

	kho_timeline_count(&record->totals[what - KHO_SPAN_SESSION],
			   end - begin);
	entry = kho_timeline_add(record, what, begin, end);
	if (!entry) {
		record->lost++;
		return;
	}
	entry->node = node;
	if (label)
		strscpy(entry->label, label);
}

/**
 * kho_fast_timeline_hand_over - Record the end of this kernel.
 * @record: Where to; empty, preserved.
 */
void __init kho_fast_timeline_hand_over(struct kho_timeline_ser *record)
{
	kho_timeline_out = record;
}

/**
 * kho_fast_timeline_copy - What this kernel has recorded of itself.
 * @to: Where to.
 */
void kho_fast_timeline_copy(struct kho_timeline_ser *to)
{
	guard(raw_spinlock_irqsave)(&kho_timeline_lock);
	*to = kho_timeline_here;
}

/**
 * kho_fast_timeline_began - When did this kernel begin?
 *
 * Return: kho_fast_clock() at start_kernel().
 */
u64 __init kho_fast_timeline_began(void)
{
	return kho_timeline_here.entries[0].begin;
}

/*
 * The last thing that the first process does in the kernel, once the page of its
 * first instruction is there.
 */
static void kho_timeline_userspace(struct callback_head *unused)
{
	enum kho_phase ended;

	fault_in_readable((void __user *)instruction_pointer(current_pt_regs()),
			  1);
	scoped_guard(raw_spinlock_irqsave, &kho_timeline_lock)
		ended = kho_timeline_end_phase(&kho_timeline_here,
					       kho_fast_clock());
	kho_timeline_trace_end(ended);
}

/**
 * kho_phase_exec - The first process was tried to be executed.
 * @err: 0 if it is.
 *
 * Context: the first process.
 * Return: @err.
 */
int kho_phase_exec(int err)
{
	static struct callback_head work;

	if (!err) {
		init_task_work(&work, kho_timeline_userspace);
		if (task_work_add(current, &work, TWA_RESUME))
			kho_timeline_userspace(&work);
	}

	return err;
}
