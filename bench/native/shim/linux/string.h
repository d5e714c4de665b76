/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: as the unit tests', stores past the caches where the kernel has them, and
 * strscpy() with the size of the array, too.
 */
#ifndef BENCH_SHIM_STRING_H
#define BENCH_SHIM_STRING_H

#include_next <linux/string.h>

/* Called with 8 bytes only. The kernel's is inline on x86-64, and memcpy() elsewhere. */
static inline void shim_memcpy_flushcache(void *to, const void *from, size_t size)
{
#ifdef __x86_64__
	if (size == 8) {
		asm volatile("movnti %1, %0" : "=m"(*(u64 *)to) : "r"(*(const u64 *)from));
		return;
	}
#endif
	memcpy(to, from, size);
}

#undef memcpy_flushcache
#define memcpy_flushcache	shim_memcpy_flushcache

#undef strscpy
#define strscpy(dst, src, ...)	snprintf((dst), sizeof(dst), "%s", (src))

#endif /* BENCH_SHIM_STRING_H */
