// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Timeline of a live update
 *
 * No tracer works from the freeze in one kernel to the first process of the
 * next. So both kernels keep a record: phases, without a gap, and spans within
 * or after them, such as the freeze of a session. A timestamp costs one reading
 * of the clock and a few stores. The clock is the cycle counter of the CPU,
 * which continues across kexec.
 *
 * Entries before start_kernel() of the next kernel are stored in a preserved
 * page (handover.c), later ones in a record of the next kernel. show.c combines
 * the two.
 *
 * There is always room for the phases. A span without room is only counted, in
 * the totals of its kind.
 *
 * Phases are trace events as well.
 *
 * Lock order: kho_timeline_lock, a raw spinlock, is the innermost.
 *
 * Failure: without memory for the page the last phases of this kernel are lost.
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

#include "../checksum.h"
#include "../trace.h"
#include "clock.h"
#include "record.h"

/* Entries reserved for phases. */
#define KEPT_FOR_PHASES	(KHO_NR_PHASES + 1)

/* The boot of this kernel, and what it retrieves and finishes. */
static struct kho_timeline_ser kho_timeline_here;

/* The last phases of this kernel, handed over; NULL until allocated. */
static struct kho_timeline_ser *kho_timeline_out;

static DEFINE_RAW_SPINLOCK(kho_timeline_lock);	/* of both records */

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
 * kho_fast_phase_name - Name of a phase or span.
 * @what: Phase or span, unchecked.
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
 * kho_fast_timeline_clear - Initialise an empty record.
 * @record: Filled in.
 */
void kho_fast_timeline_clear(struct kho_timeline_ser *record)
{
	memset(record, 0, sizeof(*record));
	strscpy(record->compatible, KHO_TIMELINE_COMPATIBLE);
}

/* The phase without an end, or NULL. */
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

/* Returns the phase that was ended. */
static enum kho_phase kho_timeline_end_phase(struct kho_timeline_ser *record,
					     u64 now)
{
	struct kho_timeline_entry *open = kho_timeline_open_phase(record);

	if (!open)
		return KHO_PHASE_NONE;

	open->end = now;
	return open->what;
}

/* Returns the new entry, or NULL without room. */
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

/* Returns the phase that ended. */
static enum kho_phase kho_timeline_begin_phase(enum kho_phase phase)
{
	struct kho_timeline_ser *record;
	enum kho_phase ended;
	u64 now;

	guard(raw_spinlock_irqsave)(&kho_timeline_lock);

	record = kho_timeline_record_of(phase);
	if (!record)
		return KHO_PHASE_NONE;

	/* The first phase; remove the entries of a failed live update. */
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
 * kho_phase_begin - Begin a phase, and end the current one.
 * @phase: The phase.
 *
 * Context: any; one caller at a time.
 */
void kho_phase_begin(enum kho_phase phase)
{
	kho_timeline_trace_end(kho_timeline_begin_phase(phase));
	trace_kho_phase_begin(kho_phase_names[phase]);
	if (phase == KHO_PHASE_JUMP)
		kho_fast_checksum_jump();
}

/**
 * kho_fast_phase_abort - Discard the phases of an aborted live update.
 *
 * Context: any.
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
 * kho_fast_span - Record a span.
 * @what:  Kind of span.
 * @begin: kho_fast_clock() at its begin.
 * @end:   kho_fast_clock() at its end.
 * @node:  NUMA node, or %NUMA_NO_NODE.
 * @label: Name of the session, or NULL.
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
 * kho_fast_timeline_hand_over - Set the outgoing record.
 * @record: Empty record in preserved memory.
 */
void __init kho_fast_timeline_hand_over(struct kho_timeline_ser *record)
{
	kho_timeline_out = record;
}

/**
 * kho_fast_timeline_copy - Copy the record of this kernel.
 * @to: Destination.
 */
void kho_fast_timeline_copy(struct kho_timeline_ser *to)
{
	guard(raw_spinlock_irqsave)(&kho_timeline_lock);
	*to = kho_timeline_here;
}

/**
 * kho_fast_timeline_began - Begin of this kernel.
 *
 * Return: kho_fast_clock() in start_kernel().
 */
u64 __init kho_fast_timeline_began(void)
{
	return kho_timeline_here.entries[0].begin;
}

/*
 * Last step of the first process in the kernel, after the page of its first
 * instruction is mapped.
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
 * kho_phase_exec - End the last phase at exec.
 * @err: Result of the exec; 0 on success.
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
