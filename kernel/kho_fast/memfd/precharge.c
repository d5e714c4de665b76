// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Charging memory in advance
 *
 * A folio is charged to a memory cgroup when it is added to a file, and that
 * can fail. A file that is filled later is charged in advance, as a number of
 * pages without folios: mm has that for kernel memory, &struct obj_cgroup.
 * Before a folio is added its pages are returned, and it is charged itself,
 * which is not allowed to fail, and neither reclaims memory nor slows the task
 * down. Between the two another task can take the room, so the cgroup can be
 * above its limit, by no more than the folios that are being added at that
 * moment.
 *
 * Until then the pages are in ``kernel`` of memory.stat instead of ``shmem``.
 *
 * Lifecycle: kho_fast_precharge(), any number of kho_fast_precharge_return(),
 * kho_fast_precharge_put(); folios are added between kho_fast_precharge_enter()
 * and kho_fast_precharge_leave(). If the cgroup is removed meanwhile, they are
 * charged to its parent, like those that it leaves behind.
 *
 * Lock order: none.
 *
 * Failure: kho_fast_precharge() charges all or nothing.
 */
#include <linux/gfp.h>
#include <linux/memcontrol.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "page_cache.h"
#include "precharge.h"

/* Charging may reclaim as much, and cannot be killed meanwhile. */
#define KHO_PRECHARGE_PAGES	(SZ_64M / PAGE_SIZE)

/* The root is not limited, and not charged. */
static bool kho_is_precharged(const struct kho_fast_precharge *charge)
{
	return charge->objcg && !obj_cgroup_is_root(charge->objcg);
}

/* Those of the root, or of a kernel without memory cgroups: NULL */
static struct obj_cgroup *kho_get_objcg(void)
{
	struct mem_cgroup *memcg, *old;
	struct obj_cgroup *objcg;

	if (mem_cgroup_disabled())
		return NULL;

	/* Like mem_cgroup_charge() */
	memcg = get_mem_cgroup_from_mm(NULL);
	old = set_active_memcg(memcg);
	objcg = get_obj_cgroup_from_current();
	set_active_memcg(old);
	mem_cgroup_put(memcg);
	return objcg;
}

/**
 * kho_fast_precharge - Charge pages to the memory cgroup of the caller.
 * @charge: Receives the charge, to be freed by kho_fast_precharge_put().
 * @pages:  Number of pages.
 *
 * Context: process context, may sleep. Rather fails than have the OOM killer
 * end a task.
 * Return: 0; -ENOMEM if the cgroup has no room, -EINTR if the task is being
 * killed, and then nothing is charged.
 */
int kho_fast_precharge(struct kho_fast_precharge *charge, unsigned long pages)
{
	unsigned long done, nr;

	charge->objcg = kho_get_objcg();
	if (!kho_is_precharged(charge))
		return 0;

	for (done = 0; done < pages; done += nr) {
		int err;

		nr = min(pages - done, KHO_PRECHARGE_PAGES);
		err = fatal_signal_pending(current) ? -EINTR :
		      obj_cgroup_charge(charge->objcg,
					GFP_KERNEL | KHO_FAST_MEMFD_TRY,
					nr * PAGE_SIZE);
		if (err) {
			kho_fast_precharge_return(charge, done);
			kho_fast_precharge_put(charge);
			return err;
		}
	}

	return 0;
}

/**
 * kho_fast_precharge_return - Uncharge pages.
 * @charge: The charge.
 * @pages:  Number of pages.
 *
 * Context: process context.
 */
void kho_fast_precharge_return(struct kho_fast_precharge *charge,
			       unsigned long pages)
{
	unsigned long nr;

	if (!kho_is_precharged(charge))
		return;

	for (; pages; pages -= nr) {
		nr = min(pages, KHO_PRECHARGE_PAGES);
		obj_cgroup_uncharge(charge->objcg, nr * PAGE_SIZE);
	}
}

/**
 * kho_fast_precharge_put - Free a charge without pages.
 * @charge: The charge.
 *
 * Context: any.
 */
void kho_fast_precharge_put(struct kho_fast_precharge *charge)
{
	obj_cgroup_put(charge->objcg);
	charge->objcg = NULL;
}

/**
 * kho_fast_precharge_enter - Charge the memory cgroup of a charge for a while.
 * @charge: The charge.
 * @scope:  Receives what to restore by kho_fast_precharge_leave().
 *
 * If the cgroup was removed, the parent is charged that has its pages now.
 *
 * Context: process context.
 */
void kho_fast_precharge_enter(const struct kho_fast_precharge *charge,
			      struct kho_fast_precharge_scope *scope)
{
	scope->memcg = NULL;
	if (charge->objcg)
		scope->memcg = get_mem_cgroup_from_objcg(charge->objcg);
	scope->old = set_active_memcg(scope->memcg);
	scope->over_high = current->memcg_nr_pages_over_high;
}

/**
 * kho_fast_precharge_leave - Charge the memory cgroup of the task again.
 * @scope: From kho_fast_precharge_enter().
 *
 * The task does not slow down for memory.high: who retrieved the file has done
 * so for these pages.
 *
 * Context: process context.
 */
void kho_fast_precharge_leave(const struct kho_fast_precharge_scope *scope)
{
	current->memcg_nr_pages_over_high = scope->over_high;
	set_active_memcg(scope->old);
	mem_cgroup_put(scope->memcg);
}
