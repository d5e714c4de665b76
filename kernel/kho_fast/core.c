// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Accelerated Kexec HandOver
 *
 * This directory stands in for kernel/liveupdate/kexec_handover.c behind the
 * same headers and the same wire format:
 *
 * - tree/: the radix tree of preserved memory and its keys;
 * - outgoing/: the state that this kernel hands over;
 * - incoming/: the state that the previous kernel handed over, from the early
 *   boot to the last restored page;
 * - memfd/: memfds, for LUO;
 * - timeline/: timestamps of the phases of a live update, in both kernels;
 * - luo/: the Live Update Orchestrator;
 * - tests/: KUnit suites;
 * - mm/deferred_kho.c, mm/kho_*.c: struct pages and the buddy allocator.
 *
 * This file switches the whole on and off.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/cache.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/kstrtox.h>
#include <linux/printk.h>

#include "debugfs.h"
#include "enable.h"
#include "incoming/boot.h"
#include "incoming/handover.h"
#include "kexec_metadata.h"
#include "outgoing/outgoing.h"
#include "scratch.h"
#include "timeline/timeline.h"

static bool enabled __ro_after_init =
	IS_ENABLED(CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT);

/**
 * kho_is_enabled - Can this kernel hand memory over?
 *
 * Context: any, after early parameters were parsed.
 * Return: true unless switched off by kho= or for want of scratch memory.
 */
bool kho_is_enabled(void)
{
	return enabled;
}
EXPORT_SYMBOL_GPL(kho_is_enabled);

/**
 * kho_fast_disable - Give up handing memory over.
 */
void __init kho_fast_disable(void)
{
	enabled = false;
}

static int __init parse_kho(char *arg)
{
	return kstrtobool(arg, &enabled);
}
early_param("kho", parse_kho);

static int __init outgoing_init(void)
{
	int err;

	kho_fast_debugfs_init();
	if (is_kho_boot())
		kho_fast_debugfs_incoming(kho_fast_in_fdt());

	err = kho_fast_outgoing_init();
	if (err)
		return err;

	err = kho_fast_subtree_init();
	if (err)
		goto err_preserve_exit;

	err = kho_fast_metadata_init();
	if (err)
		goto err_subtree_exit;

	/* Nothing depends on it. */
	if (kho_fast_timeline_init())
		pr_warn("the timeline of a live update will lack this kernel's end\n");
	return 0;

err_subtree_exit:
	kho_fast_subtree_exit();
err_preserve_exit:
	kho_fast_outgoing_exit();
	return err;
}

/*
 * fs_initcall: page_alloc_init_late() has finished every section, and the
 * users of KHO start at later levels.
 */
static int __init kho_init(void)
{
	int err = 0;

	if (enabled)
		err = outgoing_init();
	if (err) {
		pr_err("cannot prepare a handover (%pe), disabling it\n",
		       ERR_PTR(err));
		kho_fast_disable();
	}

	/* kho=off switches off handing over, not what was handed over. */
	if (is_kho_boot())
		kho_fast_incoming_init();
	else
		kho_fast_scratch_release(enabled);

	return err;
}
fs_initcall(kho_init);
