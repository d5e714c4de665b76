// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Accelerated Kexec HandOver
 *
 * This directory replaces kernel/liveupdate/kexec_handover.c behind the same
 * headers and the same handover formats:
 *
 * - tree/: radix tree of preserved memory, and its keys;
 * - outgoing/: state that this kernel hands over;
 * - incoming/: state from the previous kernel, from early boot to the last
 *   restored page;
 * - memfd/: memfds, for LUO;
 * - timeline/: timestamps of the phases of a live update, in both kernels;
 * - tsc.c: frequency of the TSC, on x86;
 * - luo/: the Live Update Orchestrator;
 * - tests/: KUnit suites;
 * - mm/deferred_kho.c, mm/kho_*.c: struct pages and the buddy allocator.
 *
 * This file has the order of initialisation, and nothing else.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/printk.h>

#include "debugfs.h"
#include "enable.h"
#include "incoming/boot.h"
#include "incoming/debugfs.h"
#include "kexec_metadata.h"
#include "luo/luo.h"
#include "outgoing/outgoing.h"
#include "scratch.h"
#include "timeline/handover.h"
#include "timeline/show.h"
#include "tsc.h"

static int __init kho_outgoing_init(void)
{
	struct dentry *root = kho_fast_debugfs_init();
	int err;

	if (root) {
		kho_fast_timeline_debugfs(root);
		kho_fast_tsc_debugfs(root);
	}
	if (is_kho_boot())
		kho_fast_debugfs_incoming(root);

	err = kho_fast_outgoing_init();
	if (err)
		return err;

	err = kho_fast_subtree_init();
	if (err)
		goto err_preserve_exit;

	err = kho_fast_metadata_init();
	if (err)
		goto err_subtree_exit;

	kho_fast_subtree_debugfs();
	/* Only the timeline depends on it. */
	if (kho_fast_timeline_init())
		pr_warn("no timeline for the next kernel\n");
	/* The next kernel would calibrate the TSC itself. */
	if (kho_fast_tsc_init())
		pr_warn("no TSC frequency for the next kernel\n");
	return 0;

err_subtree_exit:
	kho_fast_subtree_exit();
err_preserve_exit:
	kho_fast_outgoing_exit();
	return err;
}

/*
 * LUO is the first to restore its blob, so debugfs copies all blobs before it.
 */
static int __init kho_early_init(void)
{
	kho_fast_debugfs_copy();
	return luo_fast_deserialize();
}
early_initcall(kho_early_init);

/*
 * fs_initcall: page_alloc_init_late() has initialised all sections, and the
 * users of KHO start at later levels.
 */
static int __init kho_init(void)
{
	int err = 0;

	if (kho_is_enabled())
		err = kho_outgoing_init();
	if (err) {
		pr_err("cannot prepare a handover (%pe): KHO is disabled\n",
		       ERR_PTR(err));
		kho_fast_disable();
	}

	/* kho=off disables the outgoing side only. */
	if (is_kho_boot())
		kho_fast_incoming_init();
	else
		kho_fast_scratch_release(kho_is_enabled());

	return err;
}
fs_initcall(kho_init);
