/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events of kexec handover and live update. Tools read the fields by
 * name and BPF programs take the arguments in this order.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kho

#if !defined(_TRACE_KHO_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_KHO_H

#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/types.h>
#include <uapi/linux/liveupdate.h>

/* kernel/kho_fast/trace.c: enable and disable an event per folio. */
int kho_fast_trace_reg(void);
void kho_fast_trace_unreg(void);

DECLARE_EVENT_CLASS(kho_range,

	TP_PROTO(unsigned long pfn, unsigned long nr_pages, unsigned int order,
		 int nid, unsigned long caller),

	TP_ARGS(pfn, nr_pages, order, nid, caller),

	TP_STRUCT__entry(
		__field(unsigned long,	pfn)
		__field(unsigned long,	nr_pages)
		__field(unsigned int,	order)
		__field(int,		nid)
		__field(unsigned long,	caller)
	),

	TP_fast_assign(
		__entry->pfn = pfn;
		__entry->nr_pages = nr_pages;
		__entry->order = order;
		__entry->nid = nid;
		__entry->caller = caller;
	),

	TP_printk("pfn=0x%lx nr_pages=%lu order=%u nid=%d caller=%pS",
		  __entry->pfn, __entry->nr_pages, __entry->order,
		  __entry->nid, (void *)__entry->caller)
);

/* After a call that preserved a folio, adjacent folios, or a range of pages. */
DEFINE_EVENT_FN(kho_range, kho_preserve,
	TP_PROTO(unsigned long pfn, unsigned long nr_pages, unsigned int order,
		 int nid, unsigned long caller),
	TP_ARGS(pfn, nr_pages, order, nid, caller),
	kho_fast_trace_reg, kho_fast_trace_unreg);

/* After a call that unpreserved a folio, adjacent folios, or a range. */
DEFINE_EVENT_FN(kho_range, kho_unpreserve,
	TP_PROTO(unsigned long pfn, unsigned long nr_pages, unsigned int order,
		 int nid, unsigned long caller),
	TP_ARGS(pfn, nr_pages, order, nid, caller),
	kho_fast_trace_reg, kho_fast_trace_unreg);

/* After a call that restored a folio or a range of pages. */
DEFINE_EVENT(kho_range, kho_restore,
	TP_PROTO(unsigned long pfn, unsigned long nr_pages, unsigned int order,
		 int nid, unsigned long caller),
	TP_ARGS(pfn, nr_pages, order, nid, caller));

/* A section with preserved pages is initialised; both counts are of pages. */
TRACE_EVENT(kho_section,

	TP_PROTO(int nid, unsigned long section, unsigned long preserved,
		 unsigned long freed, u64 ns),

	TP_ARGS(nid, section, preserved, freed, ns),

	TP_STRUCT__entry(
		__field(int,		nid)
		__field(unsigned long,	section)
		__field(unsigned long,	preserved)
		__field(unsigned long,	freed)
		__field(u64,		ns)
	),

	TP_fast_assign(
		__entry->nid = nid;
		__entry->section = section;
		__entry->preserved = preserved;
		__entry->freed = freed;
		__entry->ns = ns;
	),

	TP_printk("nid=%d section=%lu preserved=%lu freed=%lu ns=%llu",
		  __entry->nid, __entry->section, __entry->preserved,
		  __entry->freed, __entry->ns)
);

/* After an operation on a session. @name may lack the terminating NUL. */
TRACE_EVENT(kho_session,

	TP_PROTO(const char *name, const char *op, u64 ns, int err),

	TP_ARGS(name, op, ns, err),

	TP_STRUCT__entry(
		__string_len(name, name,
			     strnlen(name, LIVEUPDATE_SESSION_NAME_LENGTH))
		__string(op,		op)
		__field(u64,		ns)
		__field(int,		err)
	),

	TP_fast_assign(
		__assign_str(name);
		__assign_str(op);
		__entry->ns = ns;
		__entry->err = err;
	),

	TP_printk("name=%s op=%s ns=%llu err=%d", __get_str(name),
		  __get_str(op), __entry->ns, __entry->err)
);

/* After an operation on a file of a session; @ns includes its handler. */
TRACE_EVENT(kho_file,

	TP_PROTO(const char *handler, u64 token, const char *op, u64 ns,
		 int err),

	TP_ARGS(handler, token, op, ns, err),

	TP_STRUCT__entry(
		__string(handler,	handler)
		__field(u64,		token)
		__string(op,		op)
		__field(u64,		ns)
		__field(int,		err)
	),

	TP_fast_assign(
		__assign_str(handler);
		__entry->token = token;
		__assign_str(op);
		__entry->ns = ns;
		__entry->err = err;
	),

	TP_printk("handler=%s token=0x%llx op=%s ns=%llu err=%d",
		  __get_str(handler), __entry->token, __get_str(op),
		  __entry->ns, __entry->err)
);

/* After an operation on a batch of folios of a memfd. */
TRACE_EVENT(kho_memfd,

	TP_PROTO(const char *op, unsigned long folios, unsigned long pages,
		 u64 ns, int err),

	TP_ARGS(op, folios, pages, ns, err),

	TP_STRUCT__entry(
		__string(op,		op)
		__field(unsigned long,	folios)
		__field(unsigned long,	pages)
		__field(u64,		ns)
		__field(int,		err)
	),

	TP_fast_assign(
		__assign_str(op);
		__entry->folios = folios;
		__entry->pages = pages;
		__entry->ns = ns;
		__entry->err = err;
	),

	TP_printk("op=%s folios=%lu pages=%lu ns=%llu err=%d", __get_str(op),
		  __entry->folios, __entry->pages, __entry->ns, __entry->err)
);

DECLARE_EVENT_CLASS(kho_phase,

	TP_PROTO(const char *phase),

	TP_ARGS(phase),

	TP_STRUCT__entry(
		__string(phase,		phase)
	),

	TP_fast_assign(
		__assign_str(phase);
	),

	TP_printk("phase=%s", __get_str(phase))
);

/* Begin of a phase of a live update. */
DEFINE_EVENT(kho_phase, kho_phase_begin,
	TP_PROTO(const char *phase),
	TP_ARGS(phase));

/* End of a phase of a live update. */
DEFINE_EVENT(kho_phase, kho_phase_end,
	TP_PROTO(const char *phase),
	TP_ARGS(phase));

#endif /* _TRACE_KHO_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
