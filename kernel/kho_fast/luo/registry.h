/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registered file handlers and FLBs.
 */
#ifndef _KERNEL_KHO_FAST_LUO_REGISTRY_H
#define _KERNEL_KHO_FAST_LUO_REGISTRY_H

#include <linux/list.h>
#include <linux/rwsem.h>

extern struct rw_semaphore luo_fast_registry_rwsem;
extern struct list_head luo_fast_handlers;
extern struct list_head luo_fast_flbs;

#endif /* _KERNEL_KHO_FAST_LUO_REGISTRY_H */
