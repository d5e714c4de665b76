// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits of the machine: reading and setting memory in a stream, 1 GiB in huge pages.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "bench.h"
#include "impl.h"

#define SIZE		(1ul << 30)
#define SMOKE_SIZE	(1ul << 26)
#define PART		(1ul << 21)
#define LINE		64
#define WORDS		(LINE / sizeof(uint64_t))

static char *buffer;
static unsigned long size;
static bool reads;

static uint64_t kept;

/* Eight sums at a time: the loads of none wait for another's. */
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

static const char *const names[] = { "read", "memset" };

static struct bench_work setup(unsigned int index)
{
	reads = !index;
	size = bench_options.smoke ? SMOKE_SIZE : SIZE;
	buffer = memory_reserve(size);
	madvise(buffer, size, MADV_HUGEPAGE);
	memset(buffer, 1, size);
	return (struct bench_work){ size >> 12, size };
}

static void read_part(unsigned long from, unsigned long end)
{
	stream_read(buffer + from, end - from);
}

static void set_part(unsigned long from, unsigned long end)
{
	memset(buffer + from, 0, end - from);
}

static void run(const struct bench_variant *v)
{
	parallel(v->threads, 0, size, PART, reads ? read_part : set_part);
}

static const struct bench_variant variants[] = {
	{ .name = "memory", .threads = 1, .run = run },
	{ .name = "memory", .threads = 2, .run = run },
	{ .name = "memory", .threads = 4, .run = run },
	{ .name = "memory", .threads = 8, .run = run },
	{ .name = "memory", .threads = 16, .run = run },
};

const struct bench bench_limit = {
	.name		= "limit",
	.unit		= "page of 4 KiB",
	BENCH_CASES(names),
	.setup		= setup,
	BENCH_VARIANTS(variants),
};
