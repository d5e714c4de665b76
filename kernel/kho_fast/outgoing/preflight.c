// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Preflight
 *
 * The next kernel refuses an invalid handover as a whole, with all guests
 * paused and this kernel gone. So its checks run here too, by the same code
 * (../incoming/map.c): at the end of the freeze, when everything is preserved
 * and reboot(2) can still fail; and for a warning when the next kernel is
 * loaded.
 *
 * Pages in scratch and pages that are not RAM there are refused when they are
 * preserved (memory.c). What can only be found in the complete tree is found
 * here: keys that overlap, or cover a page of the tree, because a client has
 * freed memory without unpreserving it; blobs that are not preserved; a tree
 * that was overwritten.
 *
 * What mem= and memmap= on the command line of the next kernel take away
 * (cmdline.c) is not RAM there. It cannot know crashkernel= at an address, nor
 * find a page that two clients preserve as folios of the same order: that is
 * one key.
 *
 * Memory that is in quarantine here (../incoming/quarantine.c) is not handed
 * over, and so free in the next kernel. That is no reason to refuse a live
 * update, since nothing preserved is lost, but it is not silent.
 *
 * Cost: that of the walk in the next kernel, see ../incoming/map.c.
 *
 * Clients that are not paused may change the tree during the walk. Pages of it
 * are only ever added, and bits of a leaf are those of some moment, but memory
 * that changes hands meanwhile may appear under two orders: then the kexec
 * fails, and can be repeated.
 *
 * Lock order: kho_out_fdt_lock. One caller at a time: that of kexec_file_load()
 * or of reboot(2), which exclude each other.
 *
 * Failure: nothing is changed.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kexec.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "../checksum.h"
#include "../incoming/map.h"
#include "../incoming/trim.h"
#include "../incoming/view.h"
#include "cmdline.h"
#include "memory.h"
#include "outgoing.h"
#include "preflight.h"

/**
 * struct kho_next - The check in progress.
 * @fault:   Receives the reason of a refusal.
 * @cmdline: Command line of the next kernel.
 * @taken:   Start of the last range that was not usable because of @cmdline.
 */
struct kho_next {
	struct kho_fast_fault		*fault;
	const struct kho_fast_cmdline	*cmdline;
	unsigned long			taken;
};

static struct kho_next kho_next;

static bool kho_next_is_usable(unsigned long pfn, unsigned long nr_pages)
{
	if (!kho_fast_memory_has(pfn, nr_pages))
		return false;
	if (kho_fast_cmdline_is_ram(kho_next.cmdline, pfn, nr_pages))
		return true;

	kho_next.taken = pfn;
	return false;
}

/* Intersect the ranges of memory.c with those of the command line. */
static bool kho_next_next_range(u64 *i, unsigned long *start,
				unsigned long *end)
{
	const struct kho_fast_cmdline *cmdline = kho_next.cmdline;
	struct kho_fast_pfn_range range;

	for (; cmdline->nr_ram; (*i)++) {
		const struct kho_fast_pfn_range *ram =
			&cmdline->ram[*i % cmdline->nr_ram];

		if (!kho_fast_memory_nth(*i / cmdline->nr_ram, &range))
			return false;

		*start = max(range.start, ram->start);
		*end = min(range.end, ram->end);
		if (*start < *end) {
			(*i)++;
			return true;
		}
	}

	return false;
}

static void kho_next_refuse(phys_addr_t phys, struct va_format *why)
{
	struct kho_fast_fault *fault = kho_next.fault;
	size_t len;

	fault->phys = phys;
	fault->by_cmdline = phys && PHYS_PFN(phys) == kho_next.taken;
	vsnprintf(fault->reason, sizeof(fault->reason), why->fmt, *why->va);
	if (!fault->by_cmdline)
		return;

	len = strlen(fault->reason);
	snprintf(fault->reason + len, sizeof(fault->reason) - len,
		 ", by %s on its command line",
		 kho_fast_cmdline_culprit(kho_next.cmdline));
}

static const struct kho_fast_view kho_next_view = {
	.nr_pages	= kho_fast_memory_nr_pages,
	.is_usable	= kho_next_is_usable,
	.next_range	= kho_next_next_range,
	.refuse		= kho_next_refuse,
};

static int kho_preflight(void)
{
	struct kho_fast_map map;
	u64 root_pa;
	int err;

	err = kho_fast_subtree_preflight_root(&kho_next_view, &root_pa);
	if (!err)
		err = kho_fast_map_check(&map, root_pa, &kho_next_view);
	if (err)
		return err;

	err = kho_fast_subtree_preflight(&map, &kho_next_view);
	if (!err)
		kho_fast_checksum_prepare(map.tree_pages.nr);
	kho_fast_map_destroy(&map);
	return err;
}

static void kho_warn_of_quarantine(void)
{
	unsigned long nr_pages = kho_fast_count_quarantined();

	if (nr_pages)
		pr_warn("%lu MiB in quarantine are free memory for the next kernel: reset devices that may still write there, or reboot without kexec\n",
			nr_pages >> (20 - PAGE_SHIFT));
}

/**
 * kho_fast_preflight - Check what is handed over as the next kernel does.
 * @image: The image of the next kernel.
 * @fault: Receives the reason after an error.
 *
 * Context: process context, may sleep; under the lock of kexec.
 * Return: 0, also for an image without the handover; -EINVAL if the next kernel
 * would refuse it; -ENOMEM.
 */
int kho_fast_preflight(const struct kimage *image, struct kho_fast_fault *fault)
{
	int err;

	if (!kho_is_enabled() || !image->kho.fdt)
		return 0;

	kho_next = (struct kho_next){
		.fault = fault,
		.cmdline = kho_fast_cmdline_of(image),
		.taken = ULONG_MAX,
	};
	err = kho_preflight();
	kho_next = (struct kho_next){};
	if (!err)
		kho_warn_of_quarantine();
	return err;
}
