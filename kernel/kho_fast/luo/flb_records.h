/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of FLBs.
 */
#ifndef _KERNEL_KHO_FAST_LUO_FLB_RECORDS_H
#define _KERNEL_KHO_FAST_LUO_FLB_RECORDS_H

#include <linux/kho/abi/luo.h>
#include <linux/mm.h>
#include <linux/types.h>

/* One page: the header and the records */
#define LUO_FAST_MAX_FLBS						\
	((PAGE_SIZE - sizeof(struct luo_flb_header_ser)) /		\
	 sizeof(struct luo_flb_ser))

int luo_fast_flb_init(u64 *flbs_pa);
void luo_fast_flb_exit(void);
int luo_fast_flb_restore(u64 flbs_pa);
int luo_fast_flb_serialize(void);
const struct luo_flb_ser *luo_fast_flb_find_record(const char *name);

#endif /* _KERNEL_KHO_FAST_LUO_FLB_RECORDS_H */
