// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Trace events
 *
 * include/trace/events/kho.h says what they are, trace.h how they are fired.
 *
 * Preserving a folio whose bitmap has a hint takes some 40 instructions, and not
 * even a patched-out jump is to be added to them. So there is none: as long as
 * somebody watches folios being preserved or given up, no CPU has a hint
 * (outgoing/tree.c), each folio takes the slow path, and only that has the events.
 *
 * Lock order: called under tracepoints_mutex, which serialises the callbacks.
 */
#define CREATE_TRACE_POINTS
#include <trace/events/kho.h>

#include "outgoing/outgoing.h"

/* Of the events that need the slow path, how many are watched. */
static unsigned int kho_trace_nr_users;

/**
 * kho_fast_trace_reg - Somebody begins to watch folios.
 *
 * Context: before the event is switched on.
 * Return: 0.
 */
int kho_fast_trace_reg(void)
{
	if (!kho_trace_nr_users++)
		kho_fast_hints_suspend();
	return 0;
}

/**
 * kho_fast_trace_unreg - The last one who watched an event is gone.
 *
 * Context: after the event was switched off.
 */
void kho_fast_trace_unreg(void)
{
	if (!--kho_trace_nr_users)
		kho_fast_hints_resume();
}
