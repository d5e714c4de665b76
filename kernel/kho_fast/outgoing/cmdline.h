/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the command line of the next kernel says about a handover.
 */
#ifndef _KERNEL_KHO_FAST_OUTGOING_CMDLINE_H
#define _KERNEL_KHO_FAST_OUTGOING_CMDLINE_H

#include <linux/types.h>

#include "memory.h"

struct kimage;

/**
 * enum kho_fast_switch - A parameter of the next kernel.
 * @KHO_FAST_UNSET: Not on its command line: its default is not known.
 * @KHO_FAST_OFF:   Off.
 * @KHO_FAST_ON:    On.
 */
enum kho_fast_switch { KHO_FAST_UNSET, KHO_FAST_OFF, KHO_FAST_ON };

/**
 * struct kho_fast_cmdline - A command line.
 * @kho:         kho=.
 * @liveupdate:  liveupdate=.
 * @memtest:     memtest= is on it, and not 0.
 * @mem:         mem= is on it.
 * @memmap:      memmap= is on it.
 * @no_scan:     memory_corruption_check=0 is on it.
 * @scanned:     memory_corruption_check_size=, in bytes: free memory below is
 *               overwritten. 0 without it.
 * @ram:         Ranges that @mem, @memmap and @scanned leave to the memory map,
 *               in ascending order; all page frames without them.
 * @nr_ram:      Number of ranges.
 * @nr_exactmap: While it is parsed, number of memmap=exactmap that are to come.
 */
struct kho_fast_cmdline {
	enum kho_fast_switch		kho;
	enum kho_fast_switch		liveupdate;
	bool				memtest;
	bool				mem;
	bool				memmap;
	bool				no_scan;
	unsigned int			scanned;
	struct kho_fast_pfn_range	*ram;
	unsigned int			nr_ram;
	unsigned int			nr_exactmap;
};

int kho_fast_cmdline_parse(struct kho_fast_cmdline *cmdline, const char *text);
void kho_fast_cmdline_destroy(struct kho_fast_cmdline *cmdline);
bool kho_fast_cmdline_is_ram(const struct kho_fast_cmdline *cmdline,
			     unsigned long pfn, unsigned long nr_pages);
const struct kho_fast_cmdline *
kho_fast_cmdline_add(const struct kimage *image);
const struct kho_fast_cmdline *kho_fast_cmdline_of(const struct kimage *image);
const char *kho_fast_cmdline_culprit(const struct kho_fast_cmdline *cmdline);

#endif /* _KERNEL_KHO_FAST_OUTGOING_CMDLINE_H */
