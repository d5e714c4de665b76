/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record of a live update that travels with it: one page, handed over as the
 * KHO subtree KHO_TIMELINE_NODE_NAME. A kernel that does not know it leaves it
 * alone, and so must one that finds another version.
 */
#ifndef _LINUX_KHO_ABI_KHO_TIMELINE_H
#define _LINUX_KHO_ABI_KHO_TIMELINE_H

#include <linux/types.h>

#define KHO_TIMELINE_NODE_NAME	"kho-fast-timeline"
#define KHO_TIMELINE_COMPATIBLE	"kho-fast-timeline-v1"

#define KHO_TIMELINE_COMPAT_LEN	32
#define KHO_TIMELINE_LABEL_LEN	16

/**
 * enum kho_phase - What takes time in a live update.
 * @KHO_PHASE_NONE:         Nothing.
 * @KHO_PHASE_FREEZE:       Sessions are frozen and written down.
 * @KHO_PHASE_SHUTDOWN:     Devices are shut down.
 * @KHO_PHASE_CPUS_OFFLINE: All CPUs but one stop.
 * @KHO_PHASE_JUMP:         Purgatory and decompression, to start_kernel().
 * @KHO_PHASE_EARLY:        The architecture finds out what the machine has.
 * @KHO_PHASE_WALK:         The tree of preserved memory is read.
 * @KHO_PHASE_MEMORY:       Nodes, zones and the first struct pages are set up.
 * @KHO_PHASE_MEMBLOCK:     Memory goes from memblock to the buddy allocator.
 * @KHO_PHASE_CORE:         What needs memory but no other CPU.
 * @KHO_PHASE_SMP:          The other CPUs start.
 * @KHO_PHASE_DEFERRED:     The rest of the struct pages is initialised.
 * @KHO_PHASE_INITCALLS:    Drivers and subsystems start.
 * @KHO_PHASE_USERSPACE:    On the way to the first instruction of /init.
 * @KHO_NR_PHASES:          One more than the last phase.
 * @KHO_SPAN_SESSION:       A session is frozen.
 * @KHO_SPAN_DISCOVERY:     The handover is looked at.
 * @KHO_SPAN_NODE:          Sections of a node that hold preserved pages are
 *                          finished.
 * @KHO_SPAN_RETRIEVE:      A file is retrieved.
 * @KHO_SPAN_FINISH:        A session is finished.
 * @KHO_SPAN_END:           One more than the last span.
 *
 * Phases follow one another without a gap. Spans are within phases or after
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
 * @begin: Clock at its begin.
 * @end:   Clock at its end; 0 for the phase that has not ended.
 * @what:  enum kho_phase
 * @node:  The NUMA node that it is about, or -1.
 * @label: The session that it is about, cut, or nothing; ends with a 0.
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
 * @nr:  How many there were, with those that found no room.
 * @sum: Ticks of all of them.
 * @max: Ticks of the longest.
 */
struct kho_timeline_total {
	__u64	nr;
	__u64	sum;
	__u64	max;
};

/* As many as fit into a page of 4 KiB. */
#define KHO_TIMELINE_ENTRIES	98

/**
 * struct kho_timeline_ser - What one kernel has to say of a live update.
 * @compatible: KHO_TIMELINE_COMPATIBLE
 * @khz:        Ticks of the clock in a millisecond: of the TSC on x86.
 * @nr:         Entries in use.
 * @lost:       Spans that found no room.
 * @totals:     By kind, from KHO_SPAN_SESSION on.
 * @entries:    In the order in which they were made.
 */
struct kho_timeline_ser {
	char				compatible[KHO_TIMELINE_COMPAT_LEN];
	__u64				khz;
	__u32				nr;
	__u32				lost;
	struct kho_timeline_total	totals[KHO_NR_SPANS];
	struct kho_timeline_entry	entries[KHO_TIMELINE_ENTRIES];
};

#endif /* _LINUX_KHO_ABI_KHO_TIMELINE_H */
