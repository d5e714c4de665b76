// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Live Update Orchestrator
 *
 * This directory replaces kernel/liveupdate/luo_*.c and kho_block.c behind the
 * same headers, the same /dev/liveupdate and the same wire format, luo-v5. One
 * concept per file:
 *
 * - enable.c, device.c, ioctl.c: liveupdate=, /dev/liveupdate, and its ioctls;
 * - gate.c: the gate between operations on sessions and the freeze;
 * - session.c, session_table.c: a session and its file; the tables of all
 *   sessions;
 * - sessions.c, session_load.c: sessions of the previous kernel; their files;
 * - file.c, lookup.c, deps.c, deps_api.c: a preserved file, lookup of files,
 *   dependencies between files, and the functions that handlers call for them;
 * - registry.c, handlers.c: registered handlers and FLBs; handlers of files;
 * - flb.c, flb_users.c, flb_records.c: file-lifecycle-bound objects, their
 *   users, and their records;
 * - freeze.c, serialize.c: freezing and serializing file sets, and all
 *   sessions;
 * - deserialize.c, block.c, restore.c: the records of the previous kernel;
 * - unretrieved.c: sessions of the previous kernel that are not retrieved;
 * - query.c, debugfs.c: files in sysfs, and state in debugfs.
 *
 * Lifecycle: the root record is deserialized at early_initcall, before the
 * first FLB may be used; everything else starts at late_initcall. Sessions of
 * the previous kernel are deserialized when the device is first opened, since
 * most handlers are registered by then.
 *
 * Lock order: the gate (gate.c), &luo_fast_table.lock (incoming, outgoing),
 * &luo_fast_session.mutex, luo_fast_registry_rwsem, the lock of an FLB; and the
 * gate, &luo_fast_table.lock, luo_next_lock (query.c), luo_fast_registry_rwsem.
 *
 * - Each ioctl, and each close of a session, is inside the gate; the freeze
 *   closes it. After a successful freeze it is never opened, so that no session
 *   changes before the kexec.
 * - &luo_fast_table.lock protects lookups and changes of a table. It is not
 *   held over callbacks of handlers except in the freeze, with the gate closed.
 * - &luo_fast_session.mutex is held over callbacks for files of the session.
 *   Callbacks of different sessions run in parallel.
 * - luo_fast_registry_rwsem is held for reading while FLBs are preserved and
 *   finished.
 *
 * Failure: what cannot be read of a session costs that session (sessions.c).
 * When the root record, the chain of sessions or the FLBs cannot be read, the
 * handover is refused: one message describes the fault, /dev/liveupdate cannot
 * be opened (-EIO), and FLBs are not found (-EIO). Stock panics instead, since
 * memory with private data could be reused. Here such memory is never restored
 * and so stays reserved until the next boot: a panic is not necessary.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec.h>
#include <linux/kexec_handover.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "../outgoing/kimage.h"
#include "../timeline/record.h"
#include "checksum.h"
#include "debugfs.h"
#include "device.h"
#include "enable.h"
#include "flb_records.h"
#include "lookup.h"
#include "luo.h"
#include "preflight.h"
#include "query.h"
#include "records.h"
#include "serialize.h"
#include "session_table.h"
#include "sessions.h"

static u64 luo_liveupdate_num __ro_after_init; /* live updates so far */
static struct luo_ser *luo_root_ser __ro_after_init;

static int __init luo_root_deserialize(phys_addr_t phys, size_t size)
{
	struct luo_fast_root root;
	struct luo_ser *ser;
	int err;

	err = luo_fast_root_verify(phys);
	if (!err)
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

	err = luo_fast_sessions_verify(ser);
	if (!err)
		err = luo_fast_sessions_restore(root.sessions_pa);
	if (!err)
		err = luo_fast_flb_restore(root.flbs_pa);
	/* The root record is leaked: it may be part of something else. */
	if (err)
		return err;

	luo_fast_record_free(ser);
	return 0;
}

/**
 * luo_fast_deserialize - Deserialize the root record and what it refers to.
 *
 * Context: early_initcall. Handlers and FLBs may be registered from the next
 * level of initcalls on.
 * Return: 0, or the error of the handover.
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
		pr_warn("LUO is disabled: preserved memory will not be restored, see liveupdate=\n");
		return 0;
	}

	if (!err)
		err = luo_root_deserialize(phys, size);
	luo_fast_set_incoming_error(err);
	if (err)
		pr_err("handover refused: preserved memory stays reserved until the next boot\n");
	return err;
}

/* Create the root record. */
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

/* The next kernel would read it, and nobody seals it. */
static void __init luo_root_exit(void)
{
	kho_remove_subtree(luo_root_ser);
	luo_fast_flb_exit();
	kho_unpreserve_free(luo_root_ser);
	luo_root_ser = NULL;
}

/* Userspace may use the device at once, so it is registered last. */
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
	if (!err) {
		err = luo_fast_device_init();
		if (err)
			luo_root_exit();
	}
	if (err) {
		pr_err("initialisation failed, live update is disabled: %pe\n",
		       ERR_PTR(err));
		luo_fast_disable();
		return err;
	}

	if (luo_fast_query_init(luo_liveupdate_num))
		pr_warn("cannot create /sys/kernel/liveupdate\n");
	luo_fast_debugfs_init();
	return 0;
}
late_initcall(luo_late_init);

/**
 * liveupdate_reboot - Freeze and serialize all sessions.
 *
 * Context: process context, may sleep. Last step of a kexec that may fail.
 * Return: 0, and no session changes any more; or an error, and everything is as
 * before: the error of a handler; -EOPNOTSUPP if the next kernel cannot restore
 * what is preserved, or was loaded without the handover; -EBUSY if sessions of
 * the previous kernel would be lost; that of luo_fast_preflight(); -ETIMEDOUT
 * if a session is in use for too long; -EINTR if the task is being killed.
 */
int liveupdate_reboot(void)
{
	int err;

	kho_phase_begin(KHO_PHASE_FREEZE);
	if (liveupdate_enabled())
		err = luo_fast_serialize(kexec_image,
					 &luo_root_ser->sessions_pa);
	else
		err = kho_fast_kimage_check(kexec_image, NULL) ?:
		      luo_fast_preflight(kexec_image);
	if (err)
		kho_fast_phase_abort();
	else if (liveupdate_enabled())
		luo_fast_root_seal(luo_root_ser, &luo_fast_outgoing.blocks);
	return err;
}
