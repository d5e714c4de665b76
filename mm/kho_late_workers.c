// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Workers for late sections
 *
 * Late sections (see mm/kho_late_sections.c) are initialised by a thread per
 * CPU that is not isolated, when the CPU has nothing else to do: first the
 * sections of its node, then those of the others, so that nodes without CPUs
 * have workers, too.
 *
 * Lock order: kho_fast_ensure_initialised() with rcu_read_lock() only.
 *
 * Failure: with fewer workers it takes longer, and without any, restoring pages
 * initialises their sections.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/kho_fast.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/isolation.h>
#include <linux/suspend.h>
#include <linux/topology.h>
#include <uapi/linux/sched/types.h>

#include "../kernel/kho_fast/incoming/map.h"
#include "deferred_kho.h"
#include "kho_late_sections.h"

/* Next section of each node, and one past the last section of all. */
static atomic_long_t kho_next_section[MAX_NUMNODES];
static unsigned long kho_last_section;

/* Returns false when no section is late any more, or not from @nr on. */
static bool kho_finish_late_section(unsigned long nr)
{
	const struct kho_fast_map *map = &kho_fast_incoming;

	guard(rcu)();

	/* Pairs with the release in kho_put_late(). */
	if (smp_load_acquire(&map->initialised) || nr >= map->nr_sections)
		return false;

	kho_fast_ensure_initialised(section_nr_to_pfn(nr), 1);
	return true;
}

/**
 * kho_fast_finish_range - Initialise the late sections of a range.
 * @pfn:      First page frame of any memory, preserved or not.
 * @nr_pages: Number of pages.
 *
 * Context: may sleep, after kho_fast_init_all().
 */
void kho_fast_finish_range(unsigned long pfn, unsigned long nr_pages)
{
	unsigned long nr = pfn_to_section_nr(pfn);
	const unsigned long last = pfn_to_section_nr(pfn + nr_pages - 1);

	while (nr <= last && kho_finish_late_section(nr++))
		cond_resched();
}

static void kho_finish_node(int nid)
{
	const unsigned long end_pfn = pgdat_end_pfn(NODE_DATA(nid));
	const unsigned long end =
		min(pfn_to_section_nr(SECTION_ALIGN_UP(end_pfn)),
		    kho_last_section);
	unsigned long nr;

	while ((nr = atomic_long_fetch_inc(&kho_next_section[nid])) < end) {
		if (!kho_finish_late_section(nr))
			break;
		cond_resched();
	}
}

/* First the sections of the own node, then those of the nodes behind it. */
static int kho_late_thread(void *own_node)
{
	const int own = (long)own_node;
	unsigned int i;

	for (i = 0; i < nr_node_ids; i++) {
		int nid = (own + i) % nr_node_ids;

		if (node_state(nid, N_MEMORY))
			kho_finish_node(nid);
	}

	return 0;
}

static int kho_late_main(void *own_node);

static struct task_struct *kho_late_create(bool is_main, int nid)
{
	static const struct sched_param param;
	struct task_struct *task;

	task = kthread_create_on_node(is_main ? kho_late_main : kho_late_thread,
				      (void *)(long)nid, nid, "kho_late/%d",
				      nid);
	if (IS_ERR(task))
		return task;

	sched_setscheduler_nocheck(task, SCHED_IDLE, &param);
	return task;
}

/* A thread per CPU; starting them takes a while and is not left to init. */
static int kho_late_main(void *own_node)
{
	const struct cpumask *cpus = housekeeping_cpumask(HK_TYPE_DOMAIN);
	int cpu;

	for_each_cpu_and(cpu, cpu_online_mask, cpus) {
		struct task_struct *task;

		if (!kho_fast_nr_late())
			break;
		task = kho_late_create(false, cpu_to_node(cpu));
		if (IS_ERR(task))
			break;
		wake_up_process(task);
	}

	return kho_late_thread(own_node);
}

static int kho_late_pm_notify(struct notifier_block *nb, unsigned long action,
			      void *unused)
{
	if (action == PM_HIBERNATION_PREPARE)
		kho_fast_finish_range(0, section_nr_to_pfn(kho_last_section));

	return NOTIFY_OK;
}

static struct notifier_block kho_late_pm_nb = {
	.notifier_call = kho_late_pm_notify,
};

static int __init kho_late_init(void)
{
	const unsigned long nr = kho_fast_nr_late();
	struct task_struct *task;
	int nid;

	if (!kho_fast_has_preserved() || !nr)
		return 0;

	kho_last_section = kho_fast_incoming.nr_sections;
	for_each_node_state(nid, N_MEMORY) {
		unsigned long pfn = NODE_DATA(nid)->node_start_pfn;

		atomic_long_set(&kho_next_section[nid], pfn_to_section_nr(pfn));
	}
	register_pm_notifier(&kho_late_pm_nb);
	pr_info("%lu sections are initialised in the background\n", nr);
	if (!kho_fast_late_has_workers())
		return 0;

	task = kho_late_create(true, numa_node_id());
	if (IS_ERR(task))
		pr_warn("no worker for late sections (%pe): restoring initialises them\n",
			task);
	else
		wake_up_process(task);

	return 0;
}
fs_initcall_sync(kho_late_init);
