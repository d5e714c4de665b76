/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The records of the previous kernel, apart from what is made of them: these
 * files need nothing of the rest, so userspace can feed them anything.
 */
#ifndef _KERNEL_KHO_FAST_LUO_RECORDS_H
#define _KERNEL_KHO_FAST_LUO_RECORDS_H

#include <linux/kho/abi/luo.h>
#include <linux/kho_block.h>
#include <linux/types.h>

/**
 * struct luo_fast_root - What the root record says.
 * @number:      How many live updates there were.
 * @sessions_pa: First block of sessions, or 0.
 * @flbs_pa:     The FLBs, or 0.
 */
struct luo_fast_root {
	u64	number;
	u64	sessions_pa;
	u64	flbs_pa;
};

/**
 * struct luo_fast_reader - Who wants to know about sessions and files.
 * @session: Called with each session, before its files. Sets @files to an empty
 *           block set for the records of files; returns 0 or an error.
 * @file:    Called with each file of the session; returns 0 or an error.
 * @files:   See @session.
 *
 * Records are sound by themselves when they are passed on. That names and
 * tokens are unique is for the reader to see.
 */
struct luo_fast_reader {
	int (*session)(struct luo_fast_reader *reader,
		       const struct luo_session_ser *ser);
	int (*file)(struct luo_fast_reader *reader,
		    const struct luo_file_ser *ser);
	struct kho_block_set *files;
};

/* restore.c */
void *luo_fast_record_restore(u64 pa, size_t size);
void luo_fast_record_free(void *mem);

/* block.c */
void luo_fast_blocks_leak(struct kho_block_set *bs);

/* deserialize.c */
int luo_fast_parse_root(const struct luo_ser *ser, size_t size,
			struct luo_fast_root *root);
int luo_fast_parse_sessions(struct kho_block_set *sessions,
			    struct luo_fast_reader *reader);
int luo_fast_check_flbs(const struct luo_flb_header_ser *header, size_t size);

#endif /* _KERNEL_KHO_FAST_LUO_RECORDS_H */
