// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Memory of records
 *
 * An address in a record of the previous kernel is used only after preserved
 * memory of the expected size was restored there. Memory can be restored once.
 * So one test rejects addresses that are unaligned, not memory, not preserved
 * or of another size, and addresses that are used twice, by a cycle or by two
 * records.
 *
 * Restored memory with invalid contents is not freed: it may belong to
 * something else. With checksums it is read and verified before it is restored.
 *
 * Lock order: rcu_read_lock() only.
 */
#include <linux/align.h>
#include <linux/io.h>
#include <linux/mm.h>

#include "../incoming/restore.h"
#include "../outgoing/outgoing.h"
#include "records.h"

/**
 * luo_fast_record_restore - Restore the memory of a record.
 * @pa:   Its address, from a record of the previous kernel.
 * @size: Its size, as passed to kho_alloc_preserve() by the previous kernel.
 *
 * Context: one caller at a time, from early_initcall on.
 * Return: The memory, or NULL if no memory of that size was preserved at @pa.
 */
void *luo_fast_record_restore(u64 pa, size_t size)
{
	struct folio *folio = kho_fast_try_restore_folio(pa, get_order(size));

	return folio ? folio_address(folio) : NULL;
}

/**
 * luo_fast_record_peek - Find the memory of a record without restoring it.
 * @pa:   Its address, from a record of the previous kernel.
 * @size: Its size, as passed to kho_alloc_preserve() by the previous kernel.
 *
 * Context: any.
 * Return: The memory, to be read only, or NULL if luo_fast_record_restore()
 * would not restore it.
 */
void *luo_fast_record_peek(u64 pa, size_t size)
{
	return kho_fast_incoming_has(pa, get_order(size)) ? phys_to_virt(pa) :
							    NULL;
}

/**
 * luo_fast_record_find - Find the memory of a record of this kernel.
 * @pa:   Its address, from a record that is handed over.
 * @size: Its size, as passed to kho_alloc_preserve().
 *
 * Context: any.
 * Return: The memory, or NULL if the next kernel would not find it.
 */
void *luo_fast_record_find(u64 pa, size_t size)
{
	const unsigned int order = get_order(size);

	if (!IS_ALIGNED(pa, PAGE_SIZE << order) ||
	    !kho_fast_outgoing_has(PHYS_PFN(pa), order))
		return NULL;

	return phys_to_virt(pa);
}

/**
 * luo_fast_record_free - Free the memory of a record.
 * @mem: The result of luo_fast_record_restore(), or NULL.
 */
void luo_fast_record_free(void *mem)
{
	if (mem)
		folio_put(virt_to_folio(mem));
}
