/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations on files of the Live Update Orchestrator */
#ifndef FILES_H
#define FILES_H

#include <linux/types.h>

#define OP_LEN		16
#define NAME_LEN	64

struct file_op {
	__u64 token;		/* 0: not known, on stock */
	__u64 ns;		/* duration */
	__s32 err;
	char op[OP_LEN];	/* preserve, freeze, retrieve, ... */
	char handler[NAME_LEN];
};

#endif /* FILES_H */
