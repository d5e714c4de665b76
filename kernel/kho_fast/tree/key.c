// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Keys of the preserved memory tree
 *
 * A key stands for 2^order naturally aligned pages. It is the page frame number
 * shifted right by the order, with one more bit set above the widest number of
 * that order: the position of the highest set bit tells the order. The format
 * is that of kho-v4, see include/linux/kho/abi/kexec_handover.h.
 */
#include <linux/bitops.h>
#include <linux/errno.h>

#include "tree.h"

/**
 * kho_fast_key_order - Order of a key.
 * @key: The key, possibly from an incoming tree.
 *
 * Return: the order; -ERANGE for a key that kho_fast_key() never returns.
 */
int kho_fast_key_order(unsigned long key)
{
	int order = KHO_FAST_ORDER0_BIT - (fls64(key) - 1);

	return order < 0 || order > KHO_FAST_MAX_ORDER ? -ERANGE : order;
}

/**
 * kho_fast_key_pfn - First page frame of a key.
 * @key:   The key.
 * @order: Its order, from kho_fast_key_order().
 *
 * Return: the page frame number.
 */
unsigned long kho_fast_key_pfn(unsigned long key, unsigned int order)
{
	return (key ^ BIT(KHO_FAST_ORDER0_BIT - order)) << order;
}
