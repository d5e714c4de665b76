/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: that of tools/, and bitmap_zalloc() as in the kernel, which can be made fail. */
#ifndef SHIM_BITMAP_H
#define SHIM_BITMAP_H

#include_next <linux/bitmap.h>

#include <linux/slab.h>

#define bitmap_zalloc(nbits, gfp)	kcalloc(BITS_TO_LONGS(nbits), sizeof(long), (gfp))
#define bitmap_free(bitmap)		kfree(bitmap)

#endif /* SHIM_BITMAP_H */
