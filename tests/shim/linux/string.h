/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: strscpy() that fills an array, memchr_inv(), otherwise libc's. */
#ifndef SHIM_STRING_H
#define SHIM_STRING_H

#include <stdio.h>
#include <string.h>

/* The first byte that is not @c, or NULL */
static inline void *memchr_inv(const void *start, int c, size_t bytes)
{
	const unsigned char *p = start;

	for (; bytes; p++, bytes--)
		if (*p != (unsigned char)c)
			return (void *)p;
	return NULL;
}

#define strstarts(text, prefix)	(!strncmp((text), (prefix), strlen(prefix)))
#define strscpy(dst, src, ...)	snprintf((dst), sizeof(dst), "%s", (src))

#ifndef SHIM_CHECK
/* Called with 8 bytes only. The kernel's is inline on x86-64, and memcpy() elsewhere. */
static inline void memcpy_flushcache(void *to, const void *from, size_t size)
{
#ifdef __x86_64__
	if (size == 8) {
		asm volatile("movnti %1, %0" : "=m"(*(u64 *)to) : "r"(*(const u64 *)from));
		return;
	}
#endif
	memcpy(to, from, size);
}
#endif

#endif /* SHIM_STRING_H */
