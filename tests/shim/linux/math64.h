/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: the part that is used; mul_u64_u64_div_u64() is in shim.h. */
#ifndef SHIM_MATH64_H
#define SHIM_MATH64_H

#include <linux/types.h>

#define USEC_PER_SEC	1000000ULL
#define USEC_PER_MSEC	1000ULL
#define NSEC_PER_USEC	1000ULL

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

static inline u64 div_u64_rem(u64 a, u32 b, u32 *rest)
{
	*rest = a % b;
	return a / b;
}

#endif /* SHIM_MATH64_H */
