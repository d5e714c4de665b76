/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB */
#define kmemleak_ignore_phys(phys)	((void)(phys))
