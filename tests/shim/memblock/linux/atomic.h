/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: all that memblock.c needs; that of tools/include wants more of arch/x86. */
#include <linux/types.h>

void atomic_long_set(atomic_long_t *v, long i);
