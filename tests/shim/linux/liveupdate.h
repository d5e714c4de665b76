/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: what a handler of files sees of LUO; the test calls its operations. */
#ifndef SHIM_LIVEUPDATE_H
#define SHIM_LIVEUPDATE_H

#include <linux/shmem_fs.h>

struct liveupdate_file_handler;

struct liveupdate_file_op_args {
	struct liveupdate_file_handler *handler;
	int retrieve_status;
	struct file *file;
	u64 serialized_data;
	void *private_data;
};

struct liveupdate_file_ops {
	bool (*can_preserve)(struct liveupdate_file_handler *handler, struct file *file);
	int (*preserve)(struct liveupdate_file_op_args *args);
	void (*unpreserve)(struct liveupdate_file_op_args *args);
	int (*freeze)(struct liveupdate_file_op_args *args);
	int (*retrieve)(struct liveupdate_file_op_args *args);
	void (*finish)(struct liveupdate_file_op_args *args);
	unsigned long (*get_id)(struct file *file);
	void *owner;
};

struct liveupdate_file_handler {
	const struct liveupdate_file_ops *ops;
	const char compatible[48];
};

/* Answers what the test wants. */
extern int shim_register_err;
extern struct liveupdate_file_handler *shim_file_handler;
int liveupdate_register_file_handler(struct liveupdate_file_handler *handler);

#endif /* SHIM_LIVEUPDATE_H */
