// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Verdict on a live update
 *
 * kho/out/preflight in debugfs makes the checks of kimage.c and preflight.c on
 * the image that is loaded and on what is preserved now, without a kexec, and
 * shows their result in one line: "ok", or "refused: " and the reason. It is
 * "doubtful: " with a command line without liveupdate=on, which may be built
 * into the next kernel, and "unknown: " without an image.
 *
 * What needs frozen files is not checked: records of LUO.
 *
 * Lock order: the lock of kexec: while it is read, kexec_file_load() and
 * reboot(2) fail with -EBUSY, and the reverse.
 */
#include <linux/errno.h>
#include <linux/kexec.h>
#include <linux/kexec_handover.h>
#include <linux/seq_file.h>

#include "../../kexec_internal.h"
#include "cmdline.h"
#include "kimage.h"
#include "preflight.h"
#include "verdict.h"

static void kho_show_image(struct seq_file *m, const struct kimage *image)
{
	const struct kho_fast_cmdline *cmdline = kho_fast_cmdline_of(image);
	const char *why = kho_fast_kimage_verdict(image);
	struct kho_fast_fault fault;
	int err;

	if (why) {
		seq_printf(m, "refused: the next kernel was loaded %s\n", why);
		return;
	}

	err = kho_fast_preflight(image, &fault);
	if (err)
		seq_printf(m, "refused: %s\n", fault.reason);
	else if (cmdline->liveupdate == KHO_FAST_UNSET)
		seq_puts(m, "doubtful: the next kernel was loaded without liveupdate=on\n");
	else
		seq_puts(m, "ok\n");
}

/**
 * kho_fast_verdict_show - Show what reboot(2) would say about a live update.
 * @m: Where to show it.
 * @v: Not used.
 *
 * Context: process context, may sleep.
 * Return: 0; -EBUSY while an image is being loaded.
 */
int kho_fast_verdict_show(struct seq_file *m, void *v)
{
	if (!kexec_trylock())
		return -EBUSY;

	if (kexec_image)
		kho_show_image(m, kexec_image);
	else
		seq_puts(m, "unknown: no next kernel is loaded\n");
	kexec_unlock();

	return 0;
}
