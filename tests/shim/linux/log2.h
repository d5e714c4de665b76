/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: what tools/include lacks. */
#ifndef SHIM_LOG2_H
#define SHIM_LOG2_H

#include_next <linux/log2.h>

#define const_ilog2(n)	(63 - __builtin_clzl(n))
#define order_base_2(n)	((n) > 1 ? fls64((n) - 1) : 0)

#endif /* SHIM_LOG2_H */
