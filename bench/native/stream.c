// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory as fast as it goes. Eight sums at a time: the loads of none wait for another's.
 */
#include "bench.h"

#define LINE	64
#define WORDS	(LINE / sizeof(uint64_t))

static uint64_t kept;

__attribute__((noinline)) uint64_t stream_read(const void *p, size_t size)
{
	const uint64_t *word = p, *end = word + size / sizeof(*word);
	uint64_t sums[WORDS] = { 0 };
	unsigned int i;

	for (; word < end; word += WORDS) {
#pragma GCC unroll 8
		for (i = 0; i < WORDS; i++)
			sums[i] += word[i];
	}
	for (i = 1; i < WORDS; i++)
		sums[0] += sums[i];
	__atomic_store_n(&kept, sums[0], __ATOMIC_RELAXED);
	return sums[0];
}

void stream_flush(const void *p, size_t size)
{
	const char *line = p, *end = line + size;

	for (; line < end; line += LINE)
		__builtin_ia32_clflush(line);
	__builtin_ia32_mfence();
}
