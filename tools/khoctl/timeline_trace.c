// SPDX-License-Identifier: GPL-2.0-only
/*
 * A timeline as Trace Event JSON. Each kernel is a process: its first track has the phases, in a
 * slice around all of them, the others have the spans, a name each. So is the VMM of a guest, whose
 * steps are around the phases.
 */
#include <stdlib.h>

#include "khoctl.h"
#include "trace_event.h"

enum {
	PID_OLD = 1,
	PID_NEW,
	PID_VMM,
	TID_PHASES = 1,
	TID_SPANS,
};

static int pid_of(const struct timeline_item *item)
{
	return item->old ? PID_OLD : PID_NEW;
}

/* Phases [begin, end), all of one kernel. */
static void add_kernel(struct json_object *trace, const struct timeline_item *begin,
		       const struct timeline_item *end)
{
	const struct timeline_item *p;
	int pid = pid_of(begin);

	trace_process(trace, pid, begin->old ? "old kernel" : "new kernel");
	trace_thread(trace, pid, TID_PHASES, "phases");
	trace_slice(trace, pid, TID_PHASES, "live update", begin->begin_ns, end[-1].end_ns);
	for (p = begin; p < end; p++)
		trace_slice(trace, pid, TID_PHASES, p->name, p->begin_ns, p->end_ns);
}

static void add_steps(struct json_object *trace, const struct timeline *t)
{
	const struct timeline_item *p = t->phases, *end = p + t->nr_phases;

	trace_process(trace, PID_VMM, "VMM");
	trace_thread(trace, PID_VMM, TID_PHASES, "steps");
	trace_slice(trace, PID_VMM, TID_PHASES, "guest stands still", p->begin_ns, end[-1].end_ns);
	for (; p < end; p++) {
		if (p->vmm)
			trace_slice(trace, PID_VMM, TID_PHASES, p->name, p->begin_ns, p->end_ns);
	}
}

/* The last phase of the old kernel is the jump: from there on it does not run. */
static void add_phases(struct json_object *trace, const struct timeline *t)
{
	const struct timeline_item *begin = t->phases, *end = begin + t->nr_phases, *p;

	if (begin->vmm)
		add_steps(trace, t);
	while (begin->vmm)
		begin++;
	while (end[-1].vmm)
		end--;
	for (p = begin; p < end && p->old; p++)
		;
	if (p > begin) {
		add_kernel(trace, begin, p);
		trace_instant(trace, PID_OLD, TID_PHASES, "jump", p[-1].begin_ns);
	}
	if (p < end)
		add_kernel(trace, p, end);
}

static void add_spans(struct json_object *trace, const struct timeline *t)
{
	struct row_span *rows = rows_of_spans(t), *r;

	for (r = rows; r < rows + t->nr_spans; r++) {
		char *name = item_text(r->span);

		if (r->first)
			trace_thread(trace, pid_of(r->span), TID_SPANS + r->row, r->span->name);
		trace_slice(trace, pid_of(r->span), TID_SPANS + r->row, name, r->span->begin_ns,
			    r->span->end_ns);
		free(name);
	}
	free(rows);
}

bool timeline_trace(FILE *out, const struct timeline *t)
{
	struct json_object *trace = trace_new();

	add_phases(trace, t);
	add_spans(trace, t);
	return trace_write(out, trace);
}
