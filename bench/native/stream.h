/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading memory as fast as one thread can. */
#ifndef STREAM_H
#define STREAM_H

#include <stddef.h>
#include <stdint.h>

/* The sum is what keeps the compiler from leaving it out. */
uint64_t stream_read(const void *p, size_t size);

/* No cache has any of it afterwards. */
void stream_flush(const void *p, size_t size);

#endif /* STREAM_H */
