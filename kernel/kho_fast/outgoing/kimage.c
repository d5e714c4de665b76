// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The image of the next kernel
 *
 * kexec_file_load() places all segments of the next kernel in scratch, adds the
 * array of scratch areas as one more segment, and stores the address of the
 * root FDT for the architecture to pass on. Crash kernels have reserved memory
 * and get no handover.
 *
 * An image of kexec_load(2) gets none either. Before the freeze it is refused
 * if anything would be lost.
 *
 * When an image is loaded, what would be refused at the freeze (preflight.c) is
 * reported already. Its command line (cmdline.c) cannot change any more, so one
 * that takes scratch or preserved memory away, or overwrites it, is refused
 * then; one that leaves nobody to restore sessions is refused before the
 * freeze, if there are any.
 *
 * Lock order: none; all of it is under the lock of kexec.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/errno.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/kexec_handover.h>
#include <linux/liveupdate.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../../kexec_internal.h"
#include "../scratch.h"
#include "cmdline.h"
#include "kimage.h"
#include "outgoing.h"
#include "preflight.h"

static bool kho_hands_over(const struct kimage *image)
{
	return kho_is_enabled() && image->type != KEXEC_TYPE_CRASH;
}

/* What leaves nobody to restore sessions; NULL when nothing is sure to. */
static const char *kho_cmdline_off(const struct kho_fast_cmdline *cmdline)
{
	if (cmdline->kho == KHO_FAST_OFF)
		return "with kho=off";

	return cmdline->liveupdate == KHO_FAST_OFF ? "with liveupdate=off" :
						     NULL;
}

/* It may be built into the next kernel, or be the default there. */
static const char *kho_cmdline_missing(const struct kho_fast_cmdline *cmdline)
{
	if (cmdline->kho == KHO_FAST_UNSET &&
	    !IS_ENABLED(CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT))
		return "kho=on";

	return cmdline->liveupdate == KHO_FAST_UNSET ? "liveupdate=on" : NULL;
}

/* Sessions may be preserved later. */
static void kho_warn_of_switches(const struct kho_fast_cmdline *cmdline)
{
	const char *off = kho_cmdline_off(cmdline);
	const char *missing = kho_cmdline_missing(cmdline);

	if (!liveupdate_enabled())
		return;

	if (off)
		pr_warn("the next kernel is loaded %s: a live update with sessions will be refused\n",
			off);
	else if (missing)
		pr_warn("the next kernel is loaded without %s: unless it is built in, sessions will be lost\n",
			missing);
}

/* Without its scratch areas the next kernel would hang before any message. */
static int kho_check_scratch(const struct kho_fast_cmdline *cmdline)
{
	unsigned int i;

	for (i = 0; i < kho_scratch_cnt; i++) {
		const struct kho_scratch *area = &kho_scratch[i];

		if (!area->size ||
		    kho_fast_cmdline_is_ram(cmdline, PHYS_PFN(area->addr),
					    PHYS_PFN(area->size)))
			continue;

		pr_err("next kernel not loaded: %s on its command line takes scratch memory away (%pa bytes at %pa); leave it out\n",
		       kho_fast_cmdline_culprit(cmdline), &area->size,
		       &area->addr);
		return -EINVAL;
	}

	return 0;
}

/* Memory may be preserved later. */
static int kho_check_overwritten(const struct kho_fast_cmdline *cmdline)
{
	if (!cmdline->memtest)
		return 0;

	pr_err("next kernel not loaded: memtest= on its command line overwrites preserved memory; leave it out\n");
	return -EINVAL;
}

/*
 * There is time to find the culprit until reboot(2), but a command line stays
 * as it is.
 */
static int kho_check_preserved(const struct kimage *image)
{
	struct kho_fast_fault fault;

	if (kho_fast_preflight(image, &fault) != -EINVAL)
		return 0;

	if (!fault.by_cmdline) {
		pr_warn("as it is, a live update will be refused: %s\n",
			fault.reason);
		return 0;
	}

	pr_err("next kernel not loaded: it would refuse the handover: %s; leave it out\n",
	       fault.reason);
	return -EINVAL;
}

static int kho_check_loaded(const struct kimage *image)
{
	const struct kho_fast_cmdline *cmdline = kho_fast_cmdline_add(image);
	int err;

	if (!cmdline)
		return -ENOMEM;

	err = kho_check_scratch(cmdline) ?: kho_check_overwritten(cmdline) ?:
	      kho_check_preserved(image);
	if (!err)
		kho_warn_of_switches(cmdline);
	return err;
}

/**
 * kho_fill_kimage - Add the handover to a kexec image.
 * @image: The image.
 *
 * Context: process context, may sleep; under the lock of kexec.
 * Return: 0, also when there is nothing to add; an error of kexec_add_buffer();
 * -EINVAL, with a message, when the command line of @image takes scratch or
 * preserved memory away, or overwrites it; -ENOMEM.
 */
int kho_fill_kimage(struct kimage *image)
{
	size_t size = kho_scratch_cnt * sizeof(*kho_scratch);
	struct kexec_buf buf = {
		.image		= image,
		.buffer		= kho_scratch,
		.bufsz		= size,
		.mem		= KEXEC_BUF_MEM_UNKNOWN,
		.memsz		= size,
		.buf_align	= SZ_64K,	/* one early mapping */
		.buf_max	= ULONG_MAX,
		.top_down	= true,
	};
	int err;

	if (!kho_hands_over(image))
		return 0;

	err = kexec_add_buffer(&buf);
	if (err)
		return err;

	image->kho.fdt = kho_fast_subtree_fdt_pa();
	image->kho.scratch = &image->segment[image->nr_segments - 1];
	return kho_check_loaded(image);
}

/**
 * kho_locate_mem_hole - Place a segment in scratch.
 * @kbuf: The segment.
 * @func: Tries to place it in a range; returns 1 on success.
 *
 * Return: 1 when the segment may be anywhere; 0 when @func placed it;
 * -EADDRNOTAVAIL when it fits in no scratch area.
 */
int kho_locate_mem_hole(struct kexec_buf *kbuf,
			int (*func)(struct resource *, void *))
{
	unsigned int i;
	int ret = 0;

	if (!kho_hands_over(kbuf->image))
		return 1;

	for (i = 0; !ret && i < kho_scratch_cnt; i++) {
		struct resource res = DEFINE_RES_MEM(kho_scratch[i].addr,
						     kho_scratch[i].size);

		/* The first kernel of a chain may have an empty area. */
		if (!kho_scratch[i].size)
			continue;
		ret = func(&res, kbuf);
	}

	return ret == 1 ? 0 : -EADDRNOTAVAIL;
}

/* What is wrong with an image and how to mend it; NULL when it hands over. */
static const char *kho_kimage_fault(const struct kimage *image)
{
	if (image->kho.scratch && image->kho.fdt == kho_fast_subtree_fdt_pa())
		return NULL;
	if (!image->file_mode)
		return "by kexec_load(2), without a handover; use kexec -s";

	return "without a handover; load it again";
}

static int kho_check_switches(const struct kimage *image, const char *session)
{
	const struct kho_fast_cmdline *cmdline = kho_fast_cmdline_of(image);
	const char *off = kho_cmdline_off(cmdline);
	const char *missing = kho_cmdline_missing(cmdline);

	if (off) {
		pr_err("live update refused: session '%*pE' would be lost: the next kernel was loaded %s; load it without\n",
		       (int)strlen(session), session, off);
		return -EOPNOTSUPP;
	}
	if (missing)
		pr_warn("the next kernel was loaded without %s: unless it is built in, session '%*pE' is lost\n",
			missing, (int)strlen(session), session);

	return 0;
}

/**
 * kho_fast_kimage_verdict - Tell whether an image hands sessions over.
 * @image: The image of the next kernel.
 *
 * Context: under the lock of kexec.
 * Return: NULL if it does; otherwise a reason and the way out, for a message
 * after "the next kernel was loaded".
 */
const char *kho_fast_kimage_verdict(const struct kimage *image)
{
	return kho_kimage_fault(image) ?:
	       kho_cmdline_off(kho_fast_cmdline_of(image));
}

/**
 * kho_fast_kimage_check - Check that an image hands preserved memory over.
 * @image:   The image of the next kernel.
 * @session: Name of a session that depends on it, or NULL for none.
 *
 * An image without the handover is acceptable as long as it loses nothing:
 * there is no session, and no blob of a driver. So is one that is loaded with
 * kho=off or liveupdate=off, without a session. Blobs are restored in spite of
 * kho=off.
 *
 * Context: process context, may sleep. Image and sessions do not change.
 * Return: 0; -EOPNOTSUPP, with a message that tells what would be lost, why and
 * the way out.
 */
int kho_fast_kimage_check(const struct kimage *image, const char *session)
{
	char blob[KHO_FAST_BLOB_NAME];
	const char *fault;

	if (!kho_is_enabled())
		return 0;

	fault = kho_kimage_fault(image);
	if (!fault)
		return session ? kho_check_switches(image, session) : 0;

	if (session)
		pr_err("live update refused: session '%*pE' would be lost: the next kernel was loaded %s\n",
		       (int)strlen(session), session, fault);
	else if (kho_fast_subtree_of_client(blob))
		pr_err("live update refused: preserved '%s' would be lost: the next kernel was loaded %s\n",
		       blob, fault);
	else
		return 0;

	return -EOPNOTSUPP;
}
