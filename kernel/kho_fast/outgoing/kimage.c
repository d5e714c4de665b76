// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Loading the next kernel
 *
 * kexec_file_load() places all segments of the next kernel in scratch, adds the
 * array of scratch areas as one more segment, and stores the address of the
 * root FDT for the architecture to pass on. Crash kernels have reserved memory
 * and get no handover.
 */
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/kexec_handover.h>
#include <linux/sizes.h>

#include "../../kexec_internal.h"
#include "../scratch.h"
#include "outgoing.h"

static bool kho_hands_over(const struct kimage *image)
{
	return kho_is_enabled() && image->type != KEXEC_TYPE_CRASH;
}

/**
 * kho_fill_kimage - Add the handover to a kexec image.
 * @image: The image.
 *
 * Return: 0, also when there is nothing to add; or an error of
 * kexec_add_buffer().
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
	return 0;
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
