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

#include "tree.h"

/**
 * kho_fast_key_order - The order of a key.
 * @key: The key, possibly from a foreign tree.
 *
 * Return: the order; -ERANGE for a key that kho_fast_key() never makes.
 */
int kho_fast_key_order(unsigned long key)
{
	int order = KHO_FAST_ORDER0_BIT - (fls64(key) - 1);

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
	return (key ^ BIT(KHO_FAST_ORDER0_BIT - order)) << order;
}
