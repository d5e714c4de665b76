/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * File-lifecycle-bound objects.
 */
#ifndef _KERNEL_KHO_FAST_LUO_FLB_H
#define _KERNEL_KHO_FAST_LUO_FLB_H

#include <linux/liveupdate.h>
#include <linux/types.h>

struct luo_flb_set;

/* flb_users.c */
int luo_fast_flb_add_handler(struct liveupdate_file_handler *fh);
void luo_fast_flb_del_handler(struct liveupdate_file_handler *fh);
int luo_fast_flb_preserve(struct liveupdate_file_handler *fh,
			  struct luo_flb_set **setp);
void luo_fast_flb_unpreserve(struct luo_flb_set *set);
void luo_fast_flb_set_files_known(void);
void luo_fast_flb_add_unknown(void);
void luo_fast_flb_del_unknown(void);
bool luo_fast_flb_in_use(const struct liveupdate_flb *flb);
void luo_fast_flb_add_file(struct liveupdate_file_handler *fh);
bool luo_fast_flb_del_file(struct liveupdate_file_handler *fh);
void luo_fast_flb_finish(struct liveupdate_file_handler *fh);

/* flb.c */
struct luo_flb_private *luo_fast_flb_priv(struct liveupdate_flb *flb);
int luo_fast_flb_refuse(const struct liveupdate_flb *flb, const char *why);
int luo_fast_flb_get_or_preserve(struct liveupdate_flb *flb);
void luo_fast_flb_finish_unused(struct liveupdate_flb *flb);
bool luo_fast_flb_is_preserved(struct liveupdate_flb *flb);

#endif /* _KERNEL_KHO_FAST_LUO_FLB_H */
