/* SPDX-License-Identifier: GPL-2.0-only */
/* The start of a walk over free ranges; as include/linux/kho_fast.h has it. */
#ifndef FREE_FROM_H
#define FREE_FROM_H

#include <linux/types.h>

u64 kho_fast_free_range_iter_at(unsigned long pfn);

#endif /* FREE_FROM_H */
