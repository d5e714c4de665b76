/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: that of tools/, and bitmap_zalloc() as in the kernel, which can be made fail. */
#ifndef SHIM_BITMAP_H
#define SHIM_BITMAP_H

#include_next <linux/bitmap.h>

bool shim_fault(void);
#define bitmap_zalloc(nbits, gfp)	(shim_fault() ? NULL : bitmap_zalloc(nbits))

#endif /* SHIM_BITMAP_H */
