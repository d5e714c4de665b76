// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Sections that the boot does not wait for
 *
 * Guest memory fills whole sections, which have no page to free. Their struct
 * pages are the largest part of what a host with much preserved memory writes,
 * and the boot does not wait for them: such a section is LATE until one of its
 * pages is restored, or a worker gets to it, see mm/kho_late_workers.c. So is
 * free memory that the boot does not need, see mm/kho_late_free.c.
 *
 * A late section is offline, as hot-added memory is before it is onlined, so
 * that pfn_to_online_page() returns NULL and whoever walks memory skips it:
 * compaction, isolation, kmemleak, /proc/kpageflags, /proc/kcore and others.
 * Those that do not use it have their sections initialised first:
 *
 * - page_owner, at boot: no section is late when it is enabled;
 * - offlining: kho_fast_finish_range();
 * - hibernation: a notifier.
 *
 * memory_failure() takes a page of a late section for one outside of the
 * kernel's control; the error is found again when the page is read.
 *
 * A kernel that crashes meanwhile has a vmcore in which the struct pages of
 * late sections are random. The zone is not contiguous as long as it has late
 * sections, which makes compaction a little slower.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/init.h>
#include <linux/irq_work.h>
#include <linux/memory_hotplug.h>
#include <linux/mmzone.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "mm_init.h"
#include "../kernel/kho_fast/incoming/trim.h"
#include "kho_late_pages.h"
#include "kho_late_sections.h"
#include "kho_page_owner.h"

/* Values of kho_late= */
enum kho_late_mode {
	KHO_LATE_ON,
	KHO_LATE_OFF,	/* initialise all sections at boot */
	KHO_LATE_CLAIM,	/* no workers */
};

static enum kho_late_mode kho_late_mode __initdata;

static int __init kho_parse_late(char *arg)
{
	if (arg && !strcmp(arg, "on"))
		kho_late_mode = KHO_LATE_ON;
	else if (arg && !strcmp(arg, "off"))
		kho_late_mode = KHO_LATE_OFF;
	else if (arg && !strcmp(arg, "claim"))
		kho_late_mode = KHO_LATE_CLAIM;
	else
		pr_warn("kho_late=%s is not one of on, off, claim: ignored\n",
			arg ?: "");

	return 0;
}
early_param("kho_late", kho_parse_late);

/**
 * kho_fast_may_postpone - Test if sections may be initialised later.
 *
 * Return: false without memory hotplug, as pfn_to_online_page() does not test
 * sections then; if page_owner will read all struct pages; and with
 * kho_late=off.
 */
bool __init kho_fast_may_postpone(void)
{
	return IS_ENABLED(CONFIG_MEMORY_HOTPLUG) &&
	       kho_late_mode != KHO_LATE_OFF && !kho_page_owner_enabled();
}

/**
 * kho_fast_late_has_workers - Test if workers initialise late sections.
 *
 * Return: false with kho_late=claim.
 */
bool __init kho_fast_late_has_workers(void)
{
	return kho_late_mode != KHO_LATE_CLAIM;
}

static void kho_late_work_fn(struct work_struct *work)
{
	struct zone *zone;

	get_online_mems();
	for_each_populated_zone(zone) {
		if (!zone->contiguous)
			set_zone_contiguous(zone);
	}
	put_online_mems();

	kho_fast_late_pages_end();
	kho_fast_schedule_trim();
}
static DECLARE_WORK(kho_late_work, kho_late_work_fn);

static void kho_late_irq_fn(struct irq_work *work)
{
	schedule_work(&kho_late_work);
}
static DEFINE_IRQ_WORK(kho_late_irq_work, kho_late_irq_fn);

/**
 * kho_fast_late_done - The last late section is initialised.
 *
 * Context: any, after kho_fast_init_all(), once; not if none was late then.
 */
void kho_fast_late_done(void)
{
	/* This may be an allocation under the lock of a workqueue. */
	irq_work_queue(&kho_late_irq_work);
}
