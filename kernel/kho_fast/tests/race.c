// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Race with deferred initialisation
 *
 * With kho_fast_race on the command line a kernel thread initialises preserved
 * sections from the end of memory, as restoring early does, while the threads
 * of deferred initialisation start at the other end. Nothing is restored, so
 * that a test can verify all preserved memory afterwards.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "../../../mm/deferred_kho.h"
#include "../incoming/bitmap.h"
#include "../incoming/map.h"
#include "../incoming/sections.h"

static bool kho_race_enabled __initdata;

static int __init kho_race_parse(char *arg)
{
	kho_race_enabled = true;
	return 0;
}
early_param("kho_fast_race", kho_race_parse);

/* Returns true when the section was not initialised yet. */
static bool kho_race_init_section(unsigned long nr)
{
	const struct kho_fast_map *map = &kho_fast_incoming;
	bool first;

	guard(rcu)();

	/* Pairs with the release in kho_fast_init_all(). */
	if (smp_load_acquire(&map->initialised) ||
	    !kho_fast_map_has_preserved(map, section_nr_to_pfn(nr)))
		return false;

	first = READ_ONCE(map->sections[nr].state) != KHO_FAST_DONE;
	kho_fast_ensure_initialised(section_nr_to_pfn(nr), 1);
	return first;
}

static int kho_race_thread(void *unused)
{
	unsigned long nr = kho_fast_incoming.nr_sections, won = 0;

	/* Without other CPUs there is no race. */
	while (num_online_cpus() < 2)
		schedule_timeout_uninterruptible(1);

	while (nr--)
		won += kho_race_init_section(nr);
	pr_info("race: met %lu uninitialised sections\n", won);

	return 0;
}

static int __init kho_race_init(void)
{
	struct task_struct *task;

	if (!kho_race_enabled || !kho_fast_incoming.root)
		return 0;

	task = kthread_run(kho_race_thread, NULL, "kho_fast_race");
	return PTR_ERR_OR_ZERO(task);
}
early_initcall(kho_race_init);
