// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Records of FLBs
 *
 * A page for the next kernel and a page of the previous one, each a &struct
 * luo_flb_header_ser and the records. The page of the previous kernel stays in
 * memory, since FLBs may be requested at any time.
 *
 * Lock order: luo_fast_registry_rwsem, for reading, in the freeze.
 *
 * Failure: a page with invalid records is refused as a whole, and not freed.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/list_private.h>
#include <linux/liveupdate.h>
#include <linux/printk.h>
#include <linux/refcount.h>
#include <linux/string.h>

#include "../checksum.h"
#include "enable.h"
#include "flb_records.h"
#include "records.h"
#include "registry.h"

static struct luo_flb_header_ser *luo_flb_outgoing_ser __ro_after_init;
static const struct luo_flb_header_ser *luo_flb_incoming_ser __ro_after_init;

/**
 * luo_fast_flb_init - Allocate the outgoing page.
 * @flbs_pa: Receives its address.
 *
 * Return: 0, or the error of kho_alloc_preserve().
 */
int __init luo_fast_flb_init(u64 *flbs_pa)
{
	struct luo_flb_header_ser *ser = kho_alloc_preserve(PAGE_SIZE);

	if (IS_ERR(ser))
		return PTR_ERR(ser);

	ser->pgcnt = 1;
	*flbs_pa = virt_to_phys(ser);
	luo_flb_outgoing_ser = ser;
	return 0;
}

/**
 * luo_fast_flb_exit - Undo luo_fast_flb_init().
 */
void __init luo_fast_flb_exit(void)
{
	kho_unpreserve_free(luo_flb_outgoing_ser);
	luo_flb_outgoing_ser = NULL;
}

/**
 * luo_fast_flb_restore - Restore the page of the previous kernel.
 * @flbs_pa: Its address, or 0.
 *
 * The page is not freed: FLBs may be requested at any time.
 *
 * Return: 0; -EINVAL, with a message, if the page or a record is invalid.
 */
int __init luo_fast_flb_restore(u64 flbs_pa)
{
	const struct luo_flb_header_ser *ser;
	int err;

	if (!flbs_pa)
		return 0;

	ser = luo_fast_record_restore(flbs_pa, PAGE_SIZE);
	if (!ser) {
		pr_err("FLBs: %#llx is not preserved, or restored already\n",
		       flbs_pa);
		return -EINVAL;
	}

	if (!kho_fast_is_intact(ser, KHO_FAST_SEALED_SIZE)) {
		pr_err("checksum of the FLBs at %#llx differs\n", flbs_pa);
		return -EINVAL;
	}

	err = luo_fast_check_flbs(ser, PAGE_SIZE);
	if (!err)
		luo_flb_incoming_ser = ser;
	return err;
}

/**
 * luo_fast_flb_find_record - Find the record of an FLB.
 * @name: The compatible string of the FLB.
 *
 * Return: The record; ERR_PTR(-EIO) if the handover was refused, -ENODATA if it
 * has no FLBs, -ENOENT if it has other FLBs only.
 */
const struct luo_flb_ser *luo_fast_flb_find_record(const char *name)
{
	const struct luo_flb_header_ser *header = luo_flb_incoming_ser;
	const struct luo_flb_ser *ser;
	u64 i;

	if (luo_fast_incoming_error())
		return ERR_PTR(-EIO);
	if (!header)
		return ERR_PTR(-ENODATA);

	ser = (const void *)(header + 1);
	for (i = 0; i < header->count; i++) {
		if (!strcmp(ser[i].name, name))
			return &ser[i];
	}

	return ERR_PTR(-ENOENT);
}

/**
 * luo_fast_flb_serialize - Write the records of all preserved FLBs.
 *
 * Context: within the freeze, with nothing left to change.
 * Return: 0; -EINVAL, with a message, if the next kernel would refuse them.
 */
int luo_fast_flb_serialize(void)
{
	struct luo_flb_ser *ser = (void *)(luo_flb_outgoing_ser + 1);
	struct luo_flb_private_state *state;
	struct liveupdate_flb *flb;
	u64 nr = 0;

	guard(rwsem_read)(&luo_fast_registry_rwsem);

	list_private_for_each_entry(flb, &luo_fast_flbs, private.list) {
		state = &ACCESS_PRIVATE(flb, private).outgoing;
		if (!refcount_read(&state->count))
			continue;

		strscpy_pad(ser[nr].name, flb->compatible);
		ser[nr].data = state->data;
		ser[nr].count = refcount_read(&state->count);
		nr++;
	}

	luo_flb_outgoing_ser->count = nr;
	kho_fast_seal(luo_flb_outgoing_ser, KHO_FAST_SEALED_SIZE);
	return luo_fast_check_flbs(luo_flb_outgoing_ser, PAGE_SIZE);
}
