// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Blocks of records
 *
 * Records of one size in preserved pages that are chained by physical address.
 * Replaces kernel/liveupdate/kho_block.c with the same interface, the same
 * format and the limit of the next kernel.
 *
 * Lifecycle: a set is grown, filled and possibly shrunk in this kernel;
 * restored, read and destroyed in the next one. Restoring takes each page once,
 * so a chain with a cycle, or one that leads to other memory, is refused.
 *
 * Lock order: no lock is taken; the owner of a set serializes access.
 *
 * Failure: growing is undone. Restoring goes on where it has failed for want of
 * memory. Pages of a refused chain are leaked on purpose, since they may belong
 * to something else.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/err.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho_block.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../account.h"
#include "records.h"

/**
 * kho_block_set_init - Initialise an empty set.
 * @bs:         The set.
 * @entry_size: Bytes of a record; a block must have room for one.
 */
void kho_block_set_init(struct kho_block_set *bs, size_t entry_size)
{
	*bs = (struct kho_block_set)KHO_BLOCK_SET_INIT(*bs, entry_size);
}

static void *luo_block_entry(const struct kho_block_set_it *it)
{
	return (void *)(it->block->ser + 1) + it->i * it->bs->entry_size;
}

static struct kho_block *luo_block_last(struct kho_block_set *bs)
{
	return list_last_entry_or_null(&bs->blocks, struct kho_block, list);
}

static void luo_block_append(struct kho_block_set *bs, struct kho_block *block,
			     struct kho_block_header_ser *ser)
{
	block->ser = ser;
	list_add_tail(&block->list, &bs->blocks);
	bs->nblocks++;
}

static void luo_block_del(struct kho_block_set *bs, struct kho_block *block)
{
	list_del(&block->list);
	bs->nblocks--;
	kfree(block);
}

static void luo_block_set_next(struct kho_block_set *bs,
			       struct kho_block *block, u64 pa)
{
	if (block)
		block->ser->next = pa;
	else
		bs->head_pa = pa;
}

static int luo_block_grow(struct kho_block_set *bs)
{
	struct kho_block *was_last = luo_block_last(bs);
	struct kho_block_header_ser *ser;
	struct kho_block *block;

	if (bs->nblocks >= LUO_FAST_MAX_BLOCKS)
		return -ENOSPC;

	block = kzalloc_obj(*block, KHO_FAST_GFP_ACCOUNT);
	if (!block)
		return -ENOMEM;

	ser = kho_alloc_preserve(KHO_BLOCK_SIZE);
	if (IS_ERR(ser)) {
		kfree(block);
		return PTR_ERR(ser);
	}

	luo_block_append(bs, block, ser);
	luo_block_set_next(bs, was_last, virt_to_phys(ser));
	return 0;
}

static void luo_block_shrink(struct kho_block_set *bs, long nr)
{
	while (bs->nblocks > nr) {
		struct kho_block *block = luo_block_last(bs);

		if (bs->incoming)
			luo_fast_record_free(block->ser);
		else
			kho_unpreserve_free(block->ser);
		luo_block_del(bs, block);
		luo_block_set_next(bs, luo_block_last(bs), 0);
	}
}

/**
 * kho_block_set_grow - Make room for records.
 * @bs:    The set.
 * @count: Number of records, existing ones included.
 *
 * Context: process context, may sleep. The caller holds the lock of the set.
 * Return: 0; -ENOMEM; -ENOSPC if the next kernel would not read that many
 * records; -EINVAL, with a message, if the set is one of the previous kernel or
 * a record does not fit in a block; or the error of kho_alloc_preserve(). On
 * error the set is unchanged.
 */
int kho_block_set_grow(struct kho_block_set *bs, u64 count)
{
	const long before = bs->nblocks;
	int err = 0;

	if (bs->incoming || !bs->count_per_block) {
		pr_err_ratelimited("%pS: cannot add records of %zu bytes to a chain of %s\n",
				   (void *)_RET_IP_, bs->entry_size,
				   bs->incoming ? "the previous kernel" :
						  "smaller blocks");
		return -EINVAL;
	}

	while (!err && count > bs->nblocks * bs->count_per_block)
		err = luo_block_grow(bs);
	if (err)
		luo_block_shrink(bs, before);
	return err;
}

/**
 * kho_block_set_shrink - Free blocks that are not needed.
 * @bs:    The set.
 * @count: Number of records that must still fit. Records behind them are lost.
 *
 * Context: The caller holds the lock of the set.
 */
void kho_block_set_shrink(struct kho_block_set *bs, u64 count)
{
	while (bs->nblocks &&
	       count <= (bs->nblocks - 1) * bs->count_per_block)
		luo_block_shrink(bs, bs->nblocks - 1);
}

/**
 * luo_fast_blocks_leak - Empty a set without freeing its blocks.
 * @bs: A set of the previous kernel with memory that cannot be trusted.
 */
void luo_fast_blocks_leak(struct kho_block_set *bs)
{
	while (bs->nblocks)
		luo_block_del(bs, luo_block_last(bs));
	bs->head_pa = 0;
}

/*
 * Stock makes room before it finds that a name is in use, and keeps the room:
 * zeroes, as it was allocated. So is a block with records that was overwritten.
 */
static bool luo_block_is_spare(const struct kho_block_header_ser *ser, u64 pa)
{
	if (memchr_inv(ser, 0, KHO_BLOCK_SIZE))
		return false;

	pr_warn("the block at %#llx, the last one of a chain, is empty: left by stock, or overwritten\n",
		pa);
	return true;
}

/* Get the memory of the block at @pa; NULL, with a message, if it is bad. */
static struct kho_block_header_ser *
luo_block_get(const struct kho_block_set *bs, u64 pa,
	      void *(*get)(u64 pa, size_t size))
{
	struct kho_block_header_ser *ser = get(pa, KHO_BLOCK_SIZE);

	if (!ser) {
		pr_err("block %ld of a chain: %#llx is not preserved, or restored already\n",
		       bs->nblocks, pa);
		return NULL;
	}

	if (ser->count > bs->count_per_block ||
	    (!ser->count && !luo_block_is_spare(ser, pa))) {
		pr_err("the block at %#llx has %llu records, not 1 to %llu\n",
		       pa, ser->count, bs->count_per_block);
		return NULL;
	}

	return ser;
}

/*
 * Append the block at *@pa, of which @get returns the memory; then set *@pa to
 * the next one.
 */
static int luo_block_read(struct kho_block_set *bs, u64 *pa,
			  void *(*get)(u64 pa, size_t size))
{
	struct kho_block_header_ser *ser;
	struct kho_block *block;

	if (bs->nblocks >= LUO_FAST_MAX_BLOCKS) {
		pr_err("a chain continues at %#llx after %d blocks\n", *pa,
		       LUO_FAST_MAX_BLOCKS);
		return -ENOSPC;
	}

	block = kzalloc_obj(*block);
	if (!block)
		return -ENOMEM;

	ser = luo_block_get(bs, *pa, get);
	if (!ser) {
		kfree(block);
		return -EINVAL;
	}

	*pa = ser->next;
	luo_block_append(bs, block, ser);
	return 0;
}

/* *@bad_pa: the block that cannot be read, or 0 */
static int luo_blocks_read(struct kho_block_set *bs, u64 head_pa,
			   void *(*get)(u64 pa, size_t size), u64 *bad_pa)
{
	const struct kho_block *last = luo_block_last(bs);
	u64 pa = last ? last->ser->next : head_pa;
	int err = 0;

	bs->incoming = true;
	bs->head_pa = head_pa;
	while (!err && pa)
		err = luo_block_read(bs, &pa, get);
	*bad_pa = err ? pa : 0;
	if (err && err != -ENOMEM)
		luo_fast_blocks_leak(bs);
	return err;
}

/**
 * luo_fast_blocks_restore - Restore blocks, and tell which one cannot be.
 * @bs:      As for kho_block_set_restore().
 * @head_pa: As for kho_block_set_restore().
 * @bad_pa:  Receives the address of the block that cannot be restored, or 0.
 *
 * Context: process context, may sleep. One caller at a time.
 * Return: that of kho_block_set_restore().
 */
int luo_fast_blocks_restore(struct kho_block_set *bs, u64 head_pa, u64 *bad_pa)
{
	return luo_blocks_read(bs, head_pa, luo_fast_record_restore, bad_pa);
}

/**
 * kho_block_set_restore - Restore the blocks of the previous kernel.
 * @bs:      A set for records of that size, empty at first.
 * @head_pa: Address of the first block, or 0 for none.
 *
 * Context: process context, may sleep. One caller at a time.
 * Return: 0; -EINVAL, with a message, if the chain is invalid; -ENOSPC, with a
 * message, if it is too long; then the set is empty, and the blocks restored so
 * far are leaked. -ENOMEM: they are in the set, and the same call can be
 * repeated.
 */
int kho_block_set_restore(struct kho_block_set *bs, u64 head_pa)
{
	u64 bad_pa;

	return luo_fast_blocks_restore(bs, head_pa, &bad_pa);
}

/**
 * luo_fast_blocks_read - Read the blocks that this kernel hands over.
 * @bs:      An empty set for records of that size; to be emptied with
 *           luo_fast_blocks_leak(), as the blocks belong to another set.
 * @head_pa: Address of the first block, or 0 for none.
 *
 * A chain with a cycle is too long.
 *
 * Context: process context, may sleep. Blocks do not change.
 * Return: 0; or the error that kho_block_set_restore() would return in the next
 * kernel.
 */
int luo_fast_blocks_read(struct kho_block_set *bs, u64 head_pa)
{
	u64 bad_pa;

	return luo_blocks_read(bs, head_pa, luo_fast_record_find, &bad_pa);
}

/**
 * luo_fast_blocks_peek - Read blocks of the previous kernel, restoring none.
 * @bs:      An empty set for records of that size; to be emptied with
 *           luo_fast_blocks_leak(), as the blocks stay preserved.
 * @head_pa: Address of the first block, or 0 for none.
 *
 * A chain with a cycle is too long.
 *
 * Context: process context, may sleep.
 * Return: 0; or the error that kho_block_set_restore() would return; -ENOMEM,
 * with part of the blocks in the set.
 */
int luo_fast_blocks_peek(struct kho_block_set *bs, u64 head_pa)
{
	u64 bad_pa;

	return luo_blocks_read(bs, head_pa, luo_fast_record_peek, &bad_pa);
}

/**
 * kho_block_set_destroy - Free all blocks of a set.
 * @bs: The set; empty afterwards.
 */
void kho_block_set_destroy(struct kho_block_set *bs)
{
	luo_block_shrink(bs, 0);
	bs->head_pa = 0;
}

/**
 * kho_block_set_clear - Remove all records, but no blocks.
 * @bs: The set.
 */
void kho_block_set_clear(struct kho_block_set *bs)
{
	struct kho_block *block;

	list_for_each_entry(block, &bs->blocks, list) {
		u64 next = block->ser->next;

		memset(block->ser, 0, KHO_BLOCK_SIZE);
		block->ser->next = next;
	}
}

/**
 * kho_block_set_it_init - Start at the first record.
 * @it: The iterator.
 * @bs: The set.
 */
void kho_block_set_it_init(struct kho_block_set_it *it,
			   struct kho_block_set *bs)
{
	it->bs = bs;
	it->block = list_first_entry_or_null(&bs->blocks, struct kho_block,
					     list);
	it->i = 0;
}

static bool luo_block_it_next(struct kho_block_set_it *it)
{
	if (it->block->list.next == &it->bs->blocks)
		return false;

	it->block = list_next_entry(it->block, list);
	it->i = 0;
	return true;
}

/**
 * kho_block_set_it_reserve_entry - Reserve the next record for writing.
 * @it: The iterator.
 *
 * Return: The record, which is part of the set from now on, or NULL if the set
 * has no room.
 */
void *kho_block_set_it_reserve_entry(struct kho_block_set_it *it)
{
	void *entry;

	if (!it->block)
		return NULL;
	if (it->i == it->bs->count_per_block && !luo_block_it_next(it))
		return NULL;

	entry = luo_block_entry(it);
	it->block->ser->count = ++it->i;
	return entry;
}

/**
 * kho_block_set_it_read_entry - Read the next record.
 * @it: The iterator.
 *
 * Return: The record, or NULL after the last one.
 */
void *kho_block_set_it_read_entry(struct kho_block_set_it *it)
{
	void *entry;

	if (!it->block)
		return NULL;

	while (it->i >= it->block->ser->count) {
		if (!luo_block_it_next(it))
			return NULL;
	}

	entry = luo_block_entry(it);
	it->i++;
	return entry;
}

/**
 * kho_block_set_it_prev - Go back by one record.
 * @it: The iterator. All blocks of its set but the last must be full.
 *
 * Return: The previous record, or NULL at the first one.
 */
void *kho_block_set_it_prev(struct kho_block_set_it *it)
{
	if (!it->block)
		return NULL;

	if (!it->i) {
		if (it->block->list.prev == &it->bs->blocks)
			return NULL;
		it->block = list_prev_entry(it->block, list);
		it->i = it->bs->count_per_block;
	}

	it->i--;
	return luo_block_entry(it);
}
