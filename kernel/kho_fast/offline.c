// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Memory blocks with preserved pages
 *
 * Preserved pages cannot move, so a memory block that has some cannot go
 * offline. In most zones it fails at once, as for any page that is not movable.
 * In ZONE_MOVABLE all pages are taken for movable, and offlining would go on
 * trying to migrate them until its task gets a signal.
 *
 * So it is refused before anything is migrated: for pages that are preserved
 * for the next kernel, and for those of the previous one, until they are
 * restored. A page that is preserved later, while its block is going offline,
 * is still waited for.
 *
 * Late sections are initialised before, see mm/kho_late_sections.c.
 *
 * Lock order: that of memory hotplug, then that of trim.c.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/printk.h>

#include "incoming/trim.h"
#include "outgoing/outgoing.h"

static int kho_refuse_offline(unsigned long start, unsigned long pfn,
			      const char *why)
{
	const phys_addr_t block = PFN_PHYS(start), phys = PFN_PHYS(pfn);

	pr_warn_ratelimited("memory at %pa stays online: page %pa %s\n", &block,
			    &phys, why);
	return notifier_from_errno(-EBUSY);
}

static int kho_offline_notify(struct notifier_block *nb, unsigned long action,
			      void *arg)
{
	const struct memory_notify *range = arg;
	unsigned long start, end, pfn;

	if (action != MEM_GOING_OFFLINE)
		return NOTIFY_OK;

	start = range->start_pfn;
	end = start + range->nr_pages;
	pfn = kho_fast_outgoing_find(start, end);
	if (pfn < end)
		return kho_refuse_offline(start, pfn,
					  "is preserved for the next kernel: unpreserve it, or close its session");

	pfn = kho_fast_incoming_find(start, end);
	if (pfn < end)
		return kho_refuse_offline(start, pfn,
					  "is preserved by the previous kernel, of its tree, or in quarantine: retrieve or finish all of its sessions, and wait until its memfds are filled");

	return NOTIFY_OK;
}

static int __init kho_offline_init(void)
{
	return hotplug_memory_notifier(kho_offline_notify,
				       DEFAULT_CALLBACK_PRI);
}
late_initcall(kho_offline_init);
