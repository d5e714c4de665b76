// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Checksums of the records of sessions and files
 *
 * A block of files has room for its seal. One of sessions has not, so that the
 * checksum of all of them is in the page of the root record, which is sealed
 * itself; see ../checksum.c.
 *
 * Lock order: no lock is taken. Records do not change.
 *
 * Failure: a record that differs is refused like one that is not valid.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/kho/abi/luo.h>
#include <linux/kho_block.h>
#include <linux/printk.h>

#include "../checksum.h"
#include "checksum.h"
#include "records.h"

/* Bytes of a block of files; a page of FLBs has as many records. */
#define LUO_FILES_SIZE							\
	(sizeof(struct kho_block_header_ser) +				\
	 (KHO_BLOCK_SIZE - sizeof(struct kho_block_header_ser)) /	\
	 sizeof(struct luo_file_ser) * sizeof(struct luo_file_ser))
static_assert(KHO_FAST_SEAL * sizeof(u64) >= LUO_FILES_SIZE);
static_assert(sizeof(struct luo_flb_ser) == sizeof(struct luo_file_ser));
static_assert(sizeof(struct luo_ser) <= KHO_FAST_SEALED_SIZE);

/**
 * luo_fast_files_seal - Seal the records of the files of a session.
 * @files: Their blocks.
 *
 * Context: within the freeze.
 */
void luo_fast_files_seal(struct kho_block_set *files)
{
	struct kho_block *block;

	list_for_each_entry(block, &files->blocks, list)
		kho_fast_seal(block->ser);
}

/**
 * luo_fast_files_verify - Verify the records of the files of a session.
 * @files: Their blocks, restored; empty after an error.
 *
 * Context: process context.
 * Return: 0; -EINVAL, with a message, when a checksum differs: then the blocks
 * are leaked.
 */
int luo_fast_files_verify(struct kho_block_set *files)
{
	struct kho_block *block;

	list_for_each_entry(block, &files->blocks, list) {
		phys_addr_t phys = virt_to_phys(block->ser);

		if (kho_fast_is_intact(block->ser))
			continue;

		pr_err("checksum of the files at %pa differs\n", &phys);
		luo_fast_blocks_leak(files);
		return -EINVAL;
	}

	return 0;
}

static u64 luo_sessions_sum(struct kho_block_set *sessions)
{
	struct kho_block *block;
	u64 sum = 0;

	list_for_each_entry(block, &sessions->blocks, list)
		sum = kho_fast_sum(block->ser, KHO_BLOCK_SIZE, sum);
	return sum;
}

/**
 * luo_fast_root_seal - Seal the root record, with the records of sessions.
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
	kho_fast_seal(root);
}

/**
 * luo_fast_root_verify - Verify the checksum of the root record.
 * @phys: Its address; preserved memory.
 *
 * Return: 0; -EINVAL, with a message, when it differs.
 */
int luo_fast_root_verify(phys_addr_t phys)
{
	if (!kho_fast_checksum_reads() ||
	    (IS_ALIGNED(phys, PAGE_SIZE) &&
	     kho_fast_is_intact(phys_to_virt(phys))))
		return 0;

	pr_err("checksum of the root record at %pa differs\n", &phys);
	return -EINVAL;
}

/**
 * luo_fast_sessions_verify - Verify the checksum of the records of sessions.
 * @root:     The root record, verified.
 * @sessions: Blocks of the sessions.
 *
 * Return: 0; -EINVAL, with a message, when it differs.
 */
int luo_fast_sessions_verify(const struct luo_ser *root,
			     struct kho_block_set *sessions)
{
	if (!kho_fast_checksum_reads() ||
	    ((const u64 *)root)[KHO_FAST_SUM] == luo_sessions_sum(sessions))
		return 0;

	pr_err("checksum of the sessions at %#llx differs\n",
	       sessions->head_pa);
	return -EINVAL;
}
