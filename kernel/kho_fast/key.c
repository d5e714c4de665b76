// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Keys of the preserved memory tree
 *
 * A key names a naturally aligned run of 2^order pages. It is the page frame
 * number shifted right by the order, with one more bit set above the widest
 * number of that order, so the position of the highest set bit tells the
 * order. The format is kho-v4's; see include/linux/kho/abi/kexec_handover.h.
 */
#include <linux/bitops.h>
#include <linux/errno.h>

#include "internal.h"

/* Position of the bit that marks order 0: right above the widest pfn. */
#define ORDER0_BIT	(64 - PAGE_SHIFT)

/**
 * kho_fast_key - Build the key of a run of pages.
 * @pfn:   First page frame; a multiple of 2^@order.
 * @order: Log2 of the number of pages, at most %KHO_FAST_MAX_ORDER.
 *
 * Return: the key.
 */
unsigned long kho_fast_key(unsigned long pfn, unsigned int order)
{
	return BIT(ORDER0_BIT - order) | (pfn >> order);
}

/**
 * kho_fast_key_order - The order of a key.
 * @key: The key, possibly from a foreign tree.
 *
 * Return: the order; -ERANGE for a key that kho_fast_key() never makes.
 */
int kho_fast_key_order(unsigned long key)
{
	int order = ORDER0_BIT - (fls64(key) - 1);

	return order < 0 || order > KHO_FAST_MAX_ORDER ? -ERANGE : order;
}

/**
 * kho_fast_key_pfn - The first page frame of a key.
 * @key:   The key.
 * @order: Its order, as kho_fast_key_order() returned it.
 *
 * Return: the page frame number.
 */
unsigned long kho_fast_key_pfn(unsigned long key, unsigned int order)
{
	return (key ^ BIT(ORDER0_BIT - order)) << order;
}
