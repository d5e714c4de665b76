/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * File-lifecycle-bound objects.
 */
#ifndef _KERNEL_KHO_FAST_LUO_FLB_H
#define _KERNEL_KHO_FAST_LUO_FLB_H

#include <linux/liveupdate.h>
#include <linux/types.h>

int luo_fast_flb_preserve(struct liveupdate_file_handler *fh);
void luo_fast_flb_unpreserve(struct liveupdate_file_handler *fh);
void luo_fast_flb_finish(struct liveupdate_file_handler *fh);
void luo_fast_flb_unregister_all(struct liveupdate_file_handler *fh);
bool luo_fast_flb_is_preserved(struct liveupdate_flb *flb);

#endif /* _KERNEL_KHO_FAST_LUO_FLB_H */
