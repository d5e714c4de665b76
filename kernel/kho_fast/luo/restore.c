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
#include <linux/mm.h>

#include "../incoming/restore.h"
#include "records.h"

/**
 * luo_fast_record_restore - Take memory over that holds a record.
 * @pa:   Where the previous kernel says it is.
 * @size: Bytes that the previous kernel allocated with kho_alloc_preserve().
 *
 * Context: one caller at a time, from early_initcall on.
 * Return: the memory, or NULL when there is none of that size to be claimed.
 */
void *luo_fast_record_restore(u64 pa, size_t size)
{
	struct folio *folio = kho_fast_try_restore_folio(pa, get_order(size));

	return folio ? folio_address(folio) : NULL;
}

/**
 * luo_fast_record_free - Free what was claimed.
 * @mem: What luo_fast_record_restore() returned, or NULL.
 */
void luo_fast_record_free(void *mem)
{
	if (mem)
		folio_put(virt_to_folio(mem));
}
