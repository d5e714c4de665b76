/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: the kernel's, for handlers of files; the test calls their operations. */
#ifndef SHIM_LIVEUPDATE_H
#define SHIM_LIVEUPDATE_H

#define CONFIG_LIVEUPDATE
#include_next <linux/liveupdate.h>
#undef CONFIG_LIVEUPDATE

#include <linux/shmem_fs.h>

/* Answers what the test wants. */
extern int shim_register_err;
extern struct liveupdate_file_handler *shim_file_handler;
extern struct luo_fast_check *shim_file_check;

void luo_fast_retrieve_again(struct liveupdate_file_op_args *args);

#endif /* SHIM_LIVEUPDATE_H */
