// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Live Update Orchestrator
 *
 * This directory stands in for kernel/liveupdate/luo_*.c and kho_block.c behind
 * the same headers, the same /dev/liveupdate and the same wire format, luo-v5. A
 * file per noun:
 *
 * - enable.c, device.c, ioctl.c: liveupdate=, /dev/liveupdate, and its ioctls;
 * - session.c, session_table.c, sessions.c: a session and its file; the tables of
 *   all of them; those of the previous kernel;
 * - file.c, lookup.c, deps.c, deps_api.c: a preserved file, how it is found, the
 *   files it needs, and how its handler says so;
 * - registry.c, handlers.c: what is registered; handlers of files;
 * - flb.c, flb_records.c: objects that live as long as files that use them, and
 *   their records;
 * - freeze.c, serialize.c: the last words of a set of files, and of all sessions;
 * - deserialize.c, block.c, restore.c: the records of the previous kernel;
 * - query.c, debugfs.c: what can be taken over, and what there is.
 *
 * Lifecycle: the root record is read at early_initcall, when FLBs may be wanted
 * first. Everything else starts at late_initcall. The sessions that were handed
 * over are read when the device is opened first, when all handlers are there.
 *
 * Lock order: luo_fast_serialize_rwsem, &luo_fast_table.lock (incoming, outgoing),
 * &luo_fast_session.mutex, luo_fast_registry_rwsem, the lock of an FLB; and
 * luo_fast_serialize_rwsem, &luo_fast_table.lock, luo_next_lock (query.c),
 * luo_fast_registry_rwsem.
 *
 * - luo_fast_serialize_rwsem is held for reading by whatever userspace does, for writing
 *   by the freeze. After a freeze that succeeded it is held for ever: nothing
 *   changes any more.
 * - &luo_fast_table.lock covers a lookup or a change of the table, never a
 *   callback of a handler, but for the freeze, with luo_fast_serialize_rwsem for writing.
 * - &luo_fast_session.mutex is held over the callbacks for files of the session.
 *   Those of different sessions run in parallel.
 * - luo_fast_registry_rwsem is held for reading while FLBs are preserved and finished.
 *
 * Failure: what the previous kernel handed over is taken over whole or not at
 * all. If not, one message says what is wrong, /dev/liveupdate cannot be opened
 * (-EIO), and FLBs are not found (-EIO). Stock panics instead, as going on could
 * give memory with private data to somebody else. Here that cannot happen, as
 * memory that nobody claims stays held until a cold boot, so nothing panics.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "../timeline/record.h"
#include "debugfs.h"
#include "device.h"
#include "enable.h"
#include "flb_records.h"
#include "lookup.h"
#include "luo.h"
#include "query.h"
#include "records.h"
#include "serialize.h"
#include "session_table.h"
#include "sessions.h"

static u64 luo_liveupdate_num __ro_after_init; /* of live updates until here */
static struct luo_ser *luo_root_ser __ro_after_init;

static int __init luo_root_deserialize(phys_addr_t phys, size_t size)
{
	struct luo_fast_root root;
	struct luo_ser *ser;
	int err;

	err = luo_fast_parse_root(phys_to_virt(phys), size, &root);
	if (err)
		return err;

	ser = luo_fast_record_restore(phys, sizeof(*ser));
	if (!ser) {
		pr_err("the root record is not preserved by itself\n");
		return -EINVAL;
	}

	luo_liveupdate_num = root.number;
	pr_info("Retrieved live update data, liveupdate number: %llu\n",
		luo_liveupdate_num);

	err = luo_fast_sessions_restore(root.sessions_pa);
	if (!err)
		err = luo_fast_flb_restore(root.flbs_pa);
	/* Who knows what else it is. */
	if (err)
		return err;

	luo_fast_record_free(ser);
	return 0;
}

/**
 * luo_fast_deserialize - Take over the root record and what it leads to.
 *
 * Context: early_initcall; handlers and FLBs may be registered from the next
 * level of initcalls on.
 * Return: 0, or what was wrong with the handover.
 */
int __init luo_fast_deserialize(void)
{
	phys_addr_t phys;
	size_t size;
	int err;

	if (liveupdate_enabled() && !kho_is_enabled()) {
		pr_warn("Disabling liveupdate because KHO is disabled\n");
		luo_fast_disable();
	}
	if (!kho_is_enabled())
		return 0;

	err = kho_retrieve_subtree(LUO_KHO_ENTRY_NAME, &phys, &size);
	if (err == -ENOENT)
		return 0;

	if (!liveupdate_enabled()) {
		pr_warn("what the previous kernel preserved stays held, for want of liveupdate=on\n");
		return 0;
	}

	if (!err)
		err = luo_root_deserialize(phys, size);
	luo_fast_set_incoming_error(err);
	if (err)
		pr_err("handover refused: what was preserved stays held\n");
	return err;
}

/* Make the root record; who hands it over is to be called last. */
static int __init luo_root_init(void)
{
	struct luo_ser *ser = kho_alloc_preserve(sizeof(*ser));
	int err;

	if (IS_ERR(ser))
		return PTR_ERR(ser);

	strscpy(ser->compatible, LUO_ABI_COMPATIBLE);
	ser->liveupdate_num = luo_liveupdate_num + 1;
	err = luo_fast_flb_init(&ser->flbs_pa);
	if (err)
		goto err_free;

	err = kho_add_subtree(LUO_KHO_ENTRY_NAME, ser, sizeof(*ser));
	if (err)
		goto err_exit_flb;

	luo_root_ser = ser;
	return 0;

err_exit_flb:
	luo_fast_flb_exit();
err_free:
	kho_unpreserve_free(ser);
	return err;
}

/* The device comes last: with it, userspace. */
static int __init luo_late_init(void)
{
	int err;

	if (!liveupdate_enabled())
		return 0;

	err = luo_fast_lookup_init();
	if (!err)
		err = luo_fast_sessions_init();
	if (!err)
		err = luo_root_init();
	if (!err)
		err = luo_fast_device_init();
	if (err) {
		pr_err("cannot be set up, live update is off: %pe\n", ERR_PTR(err));
		luo_fast_disable();
		return err;
	}

	if (luo_fast_query_init())
		pr_warn("no /sys/kernel/liveupdate\n");
	luo_fast_debugfs_init();
	return 0;
}
late_initcall(luo_late_init);

/**
 * liveupdate_reboot - Freeze everything and write it down for the next kernel.
 *
 * Context: process context, may sleep; the last thing in a kexec that may fail.
 * Return: 0, and no session changes any more; or an error, and all is as before:
 * what the handler of a file returned, or -EOPNOTSUPP when the next kernel said
 * that it does not take what is preserved.
 */
int liveupdate_reboot(void)
{
	int err;

	kho_phase_begin(KHO_PHASE_FREEZE);
	if (!liveupdate_enabled())
		return 0;

	err = luo_fast_serialize(&luo_root_ser->sessions_pa);
	if (err)
		kho_fast_phase_abort();
	return err;
}
