// SPDX-License-Identifier: GPL-2.0-only
/*
 * A data race, for a test of the rig: plain stores to a word of a bitmap in
 * which a thread of kernel/kho_fast adds and removes keys.
 */
#include <linux/err.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/kho_radix_tree.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "kho_workload.h"

#define KEY	BIT(40)		/* the plain stores are to the next bit */

static int race_flip_key(void *tree)
{
	while (!kthread_should_stop()) {
		kho_radix_add_key(tree, KEY);
		kho_radix_del_key(tree, KEY);
		cond_resched();
	}
	return 0;
}

/* The only leaf is last in a walk. */
static int race_note_node(phys_addr_t phys, void *data)
{
	*(unsigned long **)data = phys_to_virt(phys);
	return 0;
}

static void race_store_for(unsigned long *word, unsigned long seconds)
{
	unsigned long end = jiffies + seconds * HZ;

	while (time_before(jiffies, end)) {
		*word ^= BIT(1);
		cond_resched();
	}
}

int race(void)
{
	static const struct kho_radix_walk_cb cb = { .node = race_note_node };
	struct kho_radix_tree tree;
	struct task_struct *task;
	unsigned long *word;
	int err;

	err = kho_radix_init_tree(&tree, NULL);
	if (err)
		return err;
	err = kho_radix_add_key(&tree, KEY)
		      ?: kho_radix_walk_tree(&tree, &cb, &word);
	if (err)
		goto out;
	task = kthread_run(race_flip_key, &tree, "kho_race");
	err = PTR_ERR_OR_ZERO(task);
	if (err)
		goto out;
	race_store_for(word, arg_num("seconds", 5));
	kthread_stop(task);
out:
	kho_radix_destroy_tree(&tree);
	return err;
}
