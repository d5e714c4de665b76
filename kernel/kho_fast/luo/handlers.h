/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * File handlers.
 */
#ifndef _KERNEL_KHO_FAST_LUO_HANDLERS_H
#define _KERNEL_KHO_FAST_LUO_HANDLERS_H

#include <linux/liveupdate.h>
#include <linux/types.h>

struct file;

struct liveupdate_file_handler *luo_fast_handler_get(struct file *file);
struct liveupdate_file_handler *luo_fast_handler_find(const char *compatible);
bool luo_fast_handler_request(const char *compatible);
void luo_fast_handler_put(struct liveupdate_file_handler *fh);

#ifdef CONFIG_LIVEUPDATE_TEST
void liveupdate_test_register(struct liveupdate_file_handler *fh);
#else
static inline void liveupdate_test_register(struct liveupdate_file_handler *fh)
{
}
#endif

#endif /* _KERNEL_KHO_FAST_LUO_HANDLERS_H */
