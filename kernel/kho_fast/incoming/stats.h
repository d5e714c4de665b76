/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot-time statistics.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_STATS_H
#define _KERNEL_KHO_FAST_INCOMING_STATS_H

#include <linux/types.h>

struct seq_file;

/**
 * struct kho_fast_section_result - Result of initialising a section.
 * @nid:   NUMA node, the last one if there are several.
 * @freed: Number of pages freed.
 * @late:  Its struct pages are still to be initialised.
 */
struct kho_fast_section_result {
	int		nid;
	unsigned long	freed;
	bool		late;
};

void kho_fast_stats_walk(u64 cycles, unsigned long tree_pages);
void kho_fast_stats_walk_show(struct seq_file *m);
void kho_fast_stats_init(void);
void kho_fast_stats_add(const struct kho_fast_section_result *section,
			u64 began, u64 ended, u64 clock);
void kho_fast_stats_spans(void);
void kho_fast_stats_show(struct seq_file *m);

#endif /* _KERNEL_KHO_FAST_INCOMING_STATS_H */
