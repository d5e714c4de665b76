/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_KHO_ABI_KHO_TIMELINE_H
#define _LINUX_KHO_ABI_KHO_TIMELINE_H

#include <linux/build_bug.h>
#include <linux/types.h>

/**
 * DOC: Live update timeline ABI
 *
 * The outgoing kernel passes one struct kho_timeline_ser to the next kernel, in
 * a preserved page that is the KHO subtree %KHO_TIMELINE_NODE_NAME. The
 * incoming kernel copies the record and frees the page. A kernel that does not
 * know the subtree ignores it.
 *
 * This interface is a contract. Any change to the fields or the layout of a
 * structure below, to a limit, or to a value of &enum kho_phase up to
 * %KHO_PHASE_JUMP or from %KHO_SPAN_SESSION on requires a new version in
 * %KHO_TIMELINE_COMPATIBLE. A kernel ignores a record of another version: a
 * timeline is lost, a live update is not. The fields are in the byte order of
 * the machine, which both kernels share.
 */
#define KHO_TIMELINE_NODE_NAME	"kho-fast-timeline"
#define KHO_TIMELINE_COMPATIBLE	"kho-fast-timeline-v1"

#define KHO_TIMELINE_COMPAT_LEN	32
#define KHO_TIMELINE_LABEL_LEN	16

/**
 * enum kho_phase - Phases and spans of a live update.
 * @KHO_PHASE_NONE:         No phase.
 * @KHO_PHASE_FREEZE:       Freezing and serializing sessions.
 * @KHO_PHASE_SHUTDOWN:     Shutting down devices.
 * @KHO_PHASE_CPUS_OFFLINE: Stopping all CPUs but one.
 * @KHO_PHASE_JUMP:         Purgatory and decompression, to start_kernel().
 * @KHO_PHASE_EARLY:        Architecture setup.
 * @KHO_PHASE_WALK:         Reading the tree of preserved memory.
 * @KHO_PHASE_MEMORY:       Nodes, zones and the first struct pages.
 * @KHO_PHASE_MEMBLOCK:     Freeing memblock memory to the buddy allocator.
 * @KHO_PHASE_CORE:         Core initialisation on the boot CPU.
 * @KHO_PHASE_SMP:          Starting the other CPUs.
 * @KHO_PHASE_DEFERRED:     Deferred initialisation of struct pages.
 * @KHO_PHASE_INITCALLS:    Initcalls of drivers and subsystems.
 * @KHO_PHASE_USERSPACE:    From the last initcall to the first instruction of
 *                          /init.
 * @KHO_NR_PHASES:          Number of phases, with KHO_PHASE_NONE.
 * @KHO_SPAN_SESSION:       Freezing a session.
 * @KHO_SPAN_DISCOVERY:     Checking the handover.
 * @KHO_SPAN_NODE:          Initialising the sections of a node that have
 *                          preserved pages.
 * @KHO_SPAN_RETRIEVE:      Retrieving a file.
 * @KHO_SPAN_FINISH:        Finishing a session.
 * @KHO_SPAN_END:           One more than the last span.
 *
 * Phases follow one another without a gap. Spans lie within phases or after
 * them, and may overlap.
 */
enum kho_phase {
	KHO_PHASE_NONE,
	KHO_PHASE_FREEZE,
	KHO_PHASE_SHUTDOWN,
	KHO_PHASE_CPUS_OFFLINE,
	KHO_PHASE_JUMP,
	KHO_PHASE_EARLY,
	KHO_PHASE_WALK,
	KHO_PHASE_MEMORY,
	KHO_PHASE_MEMBLOCK,
	KHO_PHASE_CORE,
	KHO_PHASE_SMP,
	KHO_PHASE_DEFERRED,
	KHO_PHASE_INITCALLS,
	KHO_PHASE_USERSPACE,
	KHO_NR_PHASES,

	KHO_SPAN_SESSION = 32,
	KHO_SPAN_DISCOVERY,
	KHO_SPAN_NODE,
	KHO_SPAN_RETRIEVE,
	KHO_SPAN_FINISH,
	KHO_SPAN_END,
};

#define KHO_NR_SPANS	(KHO_SPAN_END - KHO_SPAN_SESSION)

/**
 * struct kho_timeline_entry - A phase or a span.
 * @begin: Clock at the begin.
 * @end:   Clock at the end; 0 for a phase that has not ended.
 * @what:  One of enum kho_phase.
 * @node:  NUMA node, or -1.
 * @label: Session name, truncated and NUL-terminated, or an empty string.
 */
struct kho_timeline_entry {
	__u64	begin;
	__u64	end;
	__u32	what;
	__s32	node;
	char	label[KHO_TIMELINE_LABEL_LEN];
};

/**
 * struct kho_timeline_total - All spans of a kind.
 * @nr:  Number of spans, those without an entry included.
 * @sum: Ticks of all spans.
 * @max: Ticks of the longest span.
 */
struct kho_timeline_total {
	__u64	nr;
	__u64	sum;
	__u64	max;
};

/* The record fits into a page of 4 KiB: (4096 - 168) / 40. */
#define KHO_TIMELINE_ENTRIES	98

/**
 * struct kho_timeline_ser - Timeline of one kernel.
 * @compatible: %KHO_TIMELINE_COMPATIBLE, padded with NULs.
 * @khz:        Clock rate (TSC on x86), 0 if unknown.
 * @nr:         Number of entries in use.
 * @lost:       Number of spans without an entry.
 * @totals:     Totals by kind, from %KHO_SPAN_SESSION on.
 * @entries:    Phases and spans in the order of recording.
 */
struct kho_timeline_ser {
	char				compatible[KHO_TIMELINE_COMPAT_LEN];
	__u64				khz;
	__u32				nr;
	__u32				lost;
	struct kho_timeline_total	totals[KHO_NR_SPANS];
	struct kho_timeline_entry	entries[KHO_TIMELINE_ENTRIES];
};

static_assert(KHO_PHASE_FREEZE == 1 && KHO_PHASE_JUMP == 4);
static_assert(KHO_SPAN_SESSION == 32 && KHO_NR_SPANS == 5);
static_assert(sizeof(struct kho_timeline_entry) == 40);
static_assert(sizeof(struct kho_timeline_total) == 24);
static_assert(sizeof(struct kho_timeline_ser) == 168 + 98 * 40);
static_assert(sizeof(struct kho_timeline_ser) <= 4096);

#endif /* _LINUX_KHO_ABI_KHO_TIMELINE_H */
