// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Memory of records
 *
 * An address in a record of the previous kernel means nothing until preserved
 * memory of the right size is claimed there. A claim succeeds once, so one test
 * finds what is not aligned, not memory, not preserved, of another size, and what
 * is pointed to a second time: by a cycle, or by two records.
 *
 * What was claimed and turns out to be garbage is not freed: it may be somebody
 * else's.
 *
 * Lock order: rcu_read_lock() only.
 */
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>

#include "../incoming/map.h"
#include "../tree/tree.h"
#include "records.h"

/* Without the warning of a claim that fails. */
static bool is_held(unsigned long pfn, unsigned int order)
{
	const unsigned long key = kho_fast_key(pfn, order);
	const struct kho_radix_node *root;
	struct kho_radix_leaf *leaf;

	guard(rcu)();

	root = READ_ONCE(kho_fast_incoming.root);
	if (!root)
		return false;

	leaf = kho_fast_leaf(root, key);
	return leaf && test_bit(kho_fast_bit(key), leaf->bitmap);
}

/**
 * luo_fast_claim - Take memory over that holds a record.
 * @pa:   Where the previous kernel says it is.
 * @size: Bytes that the previous kernel allocated with kho_alloc_preserve().
 *
 * Context: one caller at a time, from early_initcall on.
 * Return: the memory, or NULL when there is none of that size to be claimed.
 */
void *luo_fast_claim(u64 pa, size_t size)
{
	unsigned int order = get_order(size);
	struct folio *folio;

	if (!IS_ALIGNED(pa, PAGE_SIZE << order) || !is_held(PHYS_PFN(pa), order))
		return NULL;

	folio = kho_restore_folio(pa);
	return folio ? folio_address(folio) : NULL;
}

/**
 * luo_fast_release - Free what was claimed.
 * @mem: What luo_fast_claim() returned, or NULL.
 */
void luo_fast_release(void *mem)
{
	if (mem)
		folio_put(virt_to_folio(mem));
}
