// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Checksums of the records of sessions and files
 *
 * A block of files has room for its seal, and the first one of a session for
 * the checksum of the record of that session: if it differs, that session is
 * lost and no other one. A session without files has none, and nothing to lose.
 * The checksum of the headers of all blocks of sessions is in the page of the
 * root record, which is sealed itself; see ../checksum.c. So is the number of
 * sessions with files: one that has become a session without any is noticed.
 *
 * Blocks are read and verified before one of them is restored: a link that
 * differs may lead to a block of another session.
 *
 * Lock order: no lock is taken. Records do not change.
 *
 * Failure: a record that differs is refused like one that is not valid. No
 * block of its chain is restored then.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/kho/abi/luo.h>
#include <linux/kho_block.h>
#include <linux/minmax.h>
#include <linux/printk.h>

#include "../checksum.h"
#include "checksum.h"
#include "records.h"

/* Files of a block at most; a page of FLBs has as many records. */
#define LUO_FILES_MAX							\
	((KHO_BLOCK_SIZE - sizeof(struct kho_block_header_ser)) /	\
	 sizeof(struct luo_file_ser))
static_assert(sizeof(struct kho_block_header_ser) +
	      LUO_FILES_MAX * sizeof(struct luo_file_ser) <=
	      KHO_FAST_SEALED_SIZE);
static_assert(sizeof(struct luo_flb_ser) == sizeof(struct luo_file_ser));

/* Word of the page of the root record */
#define LUO_WITH_FILES		(KHO_FAST_SUM - 1)
static_assert(sizeof(struct luo_ser) <= LUO_WITH_FILES * sizeof(u64));

/* Sessions without files are not known to have had none. */
static bool luo_files_are_missing;

/* A count that differs makes another size, and so another checksum. */
static size_t luo_files_size(const struct kho_block_header_ser *block)
{
	return sizeof(*block) + min_t(u64, block->count, LUO_FILES_MAX) *
				sizeof(struct luo_file_ser);
}

static u64 luo_session_sum(const struct luo_session_ser *session)
{
	return kho_fast_sum(session, sizeof(*session), 0);
}

static u64 *luo_session_sum_in(void *first_block)
{
	return (u64 *)first_block + KHO_FAST_SUM;
}

/**
 * luo_fast_session_seal - Seal the records of a session and of its files.
 * @session: Its record.
 * @files:   Blocks of its files.
 *
 * Context: within the freeze.
 */
void luo_fast_session_seal(const struct luo_session_ser *session,
			   struct kho_block_set *files)
{
	struct kho_block *block;

	if (!kho_fast_checksum_writes())
		return;

	list_for_each_entry(block, &files->blocks, list) {
		if (list_is_first(&block->list, &files->blocks))
			*luo_session_sum_in(block->ser) =
				luo_session_sum(session);
		kho_fast_seal(block->ser, luo_files_size(block->ser));
	}
}

/**
 * luo_fast_session_verify - Verify the record of a session.
 * @session: Its record.
 *
 * Nothing is restored.
 *
 * Return: 1 when it is as it was written; 0 when it has no checksum, or that
 * cannot be read; -EBADMSG when it differs.
 */
int luo_fast_session_verify(const struct luo_session_ser *session)
{
	const u64 files_pa = session->file_set_ser.files;
	void *first;

	if (!kho_fast_checksum_reads())
		return 0;
	if (!files_pa)
		return luo_files_are_missing ? -EBADMSG : 0;

	first = luo_fast_record_peek(files_pa, KHO_BLOCK_SIZE);
	if (!first)
		return 0;
	return *luo_session_sum_in(first) == luo_session_sum(session) ?
		       1 : -EBADMSG;
}

static int luo_seals_verify(const struct kho_block_set *files)
{
	const struct kho_block *block;

	list_for_each_entry(block, &files->blocks, list) {
		phys_addr_t phys = virt_to_phys(block->ser);

		if (kho_fast_is_intact(block->ser, luo_files_size(block->ser)))
			continue;

		pr_err("checksum of the files at %pa differs\n", &phys);
		return -EINVAL;
	}

	return 0;
}

/**
 * luo_fast_files_verify - Verify the records of the files of a session.
 * @files:   Set that their blocks will be restored to. One that is not empty
 *           was verified before memory for its other blocks was wanting.
 * @head_pa: Address of the first block, or 0.
 *
 * Nothing is restored.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL or -ENOSPC, with a message, when a checksum differs or the
 * chain is invalid; -ENOMEM, and the call can be repeated.
 */
int luo_fast_files_verify(const struct kho_block_set *files, u64 head_pa)
{
	struct kho_block_set found;
	int err;

	if (!kho_fast_checksum_reads() || files->nblocks)
		return 0;

	kho_block_set_init(&found, sizeof(struct luo_file_ser));
	err = luo_fast_blocks_peek(&found, head_pa);
	if (!err)
		err = luo_seals_verify(&found);
	luo_fast_blocks_leak(&found);
	return err;
}

static u64 luo_sessions_sum(const struct kho_block_set *sessions)
{
	const struct kho_block *block;
	u64 sum = 0;

	list_for_each_entry(block, &sessions->blocks, list)
		sum = kho_fast_sum(block->ser, sizeof(*block->ser), sum);
	return sum;
}

static u64 luo_count_with_files(const struct kho_block_set *sessions)
{
	const struct luo_session_ser *session;
	const struct kho_block *block;
	u64 i, nr = 0;

	list_for_each_entry(block, &sessions->blocks, list) {
		session = (const void *)(block->ser + 1);
		for (i = 0; i < block->ser->count; i++)
			nr += !!session[i].file_set_ser.files;
	}
	return nr;
}

/**
 * luo_fast_root_seal - Seal the root record, with the chain of sessions.
 * @root:     The root record, in a page of its own.
 * @sessions: Blocks of the sessions.
 *
 * Context: end of the freeze.
 */
void luo_fast_root_seal(struct luo_ser *root, struct kho_block_set *sessions)
{
	if (!kho_fast_checksum_writes())
		return;

	((u64 *)root)[KHO_FAST_SUM] = luo_sessions_sum(sessions);
	((u64 *)root)[LUO_WITH_FILES] = luo_count_with_files(sessions);
	kho_fast_seal(root, sizeof(*root));
}

/**
 * luo_fast_root_verify - Verify the checksum of the root record.
 * @phys: Its address; preserved memory.
 *
 * Return: 0; -EINVAL, with a message, when it differs, or cannot have one.
 */
int luo_fast_root_verify(phys_addr_t phys)
{
	if (!kho_fast_checksum_reads())
		return 0;

	if (!IS_ALIGNED(phys, PAGE_SIZE)) {
		pr_err("the root record at %pa is not in a page of its own\n",
		       &phys);
		return -EINVAL;
	}
	if (!kho_fast_is_intact(phys_to_virt(phys), sizeof(struct luo_ser))) {
		pr_err("checksum of the root record at %pa differs\n", &phys);
		return -EINVAL;
	}

	return 0;
}

/**
 * luo_fast_sessions_verify - Verify the chain of sessions.
 * @root: The root record, verified.
 *
 * Nothing is restored. A session that lacks its files is no error here: those
 * without files are refused by luo_fast_session_verify() then.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL or -ENOSPC, with a message, when its checksum differs or
 * it is invalid; -ENOMEM.
 */
int luo_fast_sessions_verify(const struct luo_ser *root)
{
	const u64 with_files = ((const u64 *)root)[LUO_WITH_FILES];
	const u64 sum = ((const u64 *)root)[KHO_FAST_SUM];
	struct kho_block_set found;
	int err;

	if (!kho_fast_checksum_reads())
		return 0;

	kho_block_set_init(&found, sizeof(struct luo_session_ser));
	err = luo_fast_blocks_peek(&found, root->sessions_pa);
	if (!err && luo_sessions_sum(&found) != sum) {
		pr_err("checksum of the sessions at %#llx differs\n",
		       root->sessions_pa);
		err = -EINVAL;
	}
	if (!err && luo_count_with_files(&found) < with_files) {
		pr_err("%llu sessions have files, %llu expected: those without any are refused\n",
		       luo_count_with_files(&found), with_files);
		luo_files_are_missing = true;
	}
	luo_fast_blocks_leak(&found);
	return err;
}
