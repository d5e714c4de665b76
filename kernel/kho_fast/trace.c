// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Trace events
 *
 * Defined in include/trace/events/kho.h, emitted through trace.h.
 *
 * Preserving a folio whose bitmap is in the leaf cache takes some 40
 * instructions, without even a patched-out jump for a trace event. While
 * kho_preserve or kho_unpreserve is enabled the leaf caches are kept empty
 * (outgoing/tree.c), so every folio takes the slow path, where the events are.
 *
 * Lock order: tracepoints_mutex, held by the callers, serialises the callbacks.
 */
#define CREATE_TRACE_POINTS
#include <trace/events/kho.h>

#include "outgoing/outgoing.h"

/* Enabled events that need the slow path. */
static unsigned int kho_trace_nr_users;

/**
 * kho_fast_trace_reg - Suspend the leaf caches for an event.
 *
 * Context: before the event is enabled.
 * Return: 0.
 */
int kho_fast_trace_reg(void)
{
	if (!kho_trace_nr_users++)
		kho_fast_leaf_cache_suspend();
	return 0;
}

/**
 * kho_fast_trace_unreg - Undo kho_fast_trace_reg().
 *
 * Context: after the event was disabled.
 */
void kho_fast_trace_unreg(void)
{
	if (!--kho_trace_nr_users)
		kho_fast_leaf_cache_resume();
}
