/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verdict on a live update, without making it.
 */
#ifndef _KERNEL_KHO_FAST_OUTGOING_VERDICT_H
#define _KERNEL_KHO_FAST_OUTGOING_VERDICT_H

struct seq_file;

int kho_fast_verdict_show(struct seq_file *m, void *v);

#endif /* _KERNEL_KHO_FAST_OUTGOING_VERDICT_H */
