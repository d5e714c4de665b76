/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel on whose behalf a tree of preserved memory is checked.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_VIEW_H
#define _KERNEL_KHO_FAST_INCOMING_VIEW_H

#include <linux/compiler.h>
#include <linux/types.h>

struct va_format;

/**
 * struct kho_fast_view - The kernel that reads a tree.
 * @nr_pages:   Page frames from 0 to the end of its memory.
 * @is_usable:  Is all of a range of pages memory that is neither scratch nor
 *              reserved?
 * @next_range: Find the next range of memory that is not reserved, of which
 *              @start and @end are page frames; *@i is 0 for the first. False
 *              after the last.
 * @contain:    A fault costs the sections that it concerns, and bad keys are
 *              dropped from the tree; false: the handover is refused.
 * @refuse:     Called once, when the handover is refused: a page that it is
 *              refused for, or 0, and why, without a newline.
 *
 * There are two: the kernel that boots (view.c), and the next kernel, as far as
 * this one knows it (../outgoing/preflight.c).
 */
struct kho_fast_view {
	unsigned long	(*nr_pages)(void);
	bool		(*is_usable)(unsigned long pfn, unsigned long nr_pages);
	bool		(*next_range)(u64 *i, unsigned long *start,
				      unsigned long *end);
	bool		contain;
	void		(*refuse)(phys_addr_t phys, struct va_format *why);
};

extern const struct kho_fast_view kho_fast_boot_view;

__printf(3, 4) int kho_fast_view_refuse(const struct kho_fast_view *view,
					phys_addr_t phys, const char *fmt, ...);

#endif /* _KERNEL_KHO_FAST_INCOMING_VIEW_H */
