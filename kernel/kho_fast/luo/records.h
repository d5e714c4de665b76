/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of the previous kernel. Independent of the rest of LUO, so that
 * userspace can test it with any input.
 */
#ifndef _KERNEL_KHO_FAST_LUO_RECORDS_H
#define _KERNEL_KHO_FAST_LUO_RECORDS_H

#include <linux/kho/abi/luo.h>
#include <linux/kho_block.h>
#include <linux/types.h>

/* 40 MiB of records with 4 KiB pages; a stock kernel reads no more. */
#define LUO_FAST_MAX_BLOCKS	10000

/* Records of a type in a set of blocks at most */
#define LUO_FAST_MAX_RECORDS(type)					\
	(LUO_FAST_MAX_BLOCKS *						\
	 ((KHO_BLOCK_SIZE - sizeof(struct kho_block_header_ser)) /	\
	  sizeof(type)))

/**
 * struct luo_fast_root - Contents of the root record.
 * @number:      Number of live updates so far.
 * @sessions_pa: Address of the first block of sessions, or 0.
 * @flbs_pa:     Address of the page of FLBs, or 0.
 */
struct luo_fast_root {
	u64	number;
	u64	sessions_pa;
	u64	flbs_pa;
};

/* Bytes of a text that tells why a session cannot be read */
#define LUO_FAST_FAULT_SIZE	96

/**
 * struct luo_fast_reader - Callbacks for sessions and files.
 * @session: Called for each session with a name, before its files. Sets @files
 *           to a block set for the records of files. Returns 0, -EBADMSG if the
 *           checksum of the record differs, or an error.
 * @file:    Called for each file of the session. Returns 0 or an error.
 * @blocks:  Called for the records of files: kho_block_set_restore(), or
 *           luo_fast_blocks_read() for those that this kernel hands over.
 * @end:     Called when all of a session was parsed, or with @fault, if it
 *           cannot be, which is not an error then. Returns 0 or an error. NULL:
 *           a fault ends parsing.
 * @files:   See @session.
 * @skip:    Number of sessions that are not parsed, as they were before.
 * @fault:   Why the session cannot be parsed.
 *
 * Each record is valid by itself; the reader checks that names and tokens are
 * unique. -ENOMEM is no fault: it ends parsing.
 */
struct luo_fast_reader {
	int (*session)(struct luo_fast_reader *reader,
		       const struct luo_session_ser *ser);
	int (*file)(struct luo_fast_reader *reader,
		    const struct luo_file_ser *ser);
	int (*blocks)(struct kho_block_set *bs, u64 head_pa);
	int (*end)(struct luo_fast_reader *reader,
		   const struct luo_session_ser *ser, const char *fault);
	struct kho_block_set *files;
	u64 skip;
	char fault[LUO_FAST_FAULT_SIZE];
};

/* restore.c */
void *luo_fast_record_restore(u64 pa, size_t size);
void *luo_fast_record_peek(u64 pa, size_t size);
void *luo_fast_record_find(u64 pa, size_t size);
void luo_fast_record_free(void *mem);

/* block.c */
void luo_fast_blocks_leak(struct kho_block_set *bs);
int luo_fast_blocks_read(struct kho_block_set *bs, u64 head_pa);
int luo_fast_blocks_peek(struct kho_block_set *bs, u64 head_pa);
int luo_fast_blocks_restore(struct kho_block_set *bs, u64 head_pa, u64 *bad_pa);

/* deserialize.c */
int luo_fast_parse_root(const struct luo_ser *ser, size_t size,
			struct luo_fast_root *root);
int luo_fast_parse_sessions(struct kho_block_set *sessions,
			    struct luo_fast_reader *reader);
int luo_fast_check_flbs(const struct luo_flb_header_ser *header, size_t size);

#endif /* _KERNEL_KHO_FAST_LUO_RECORDS_H */
