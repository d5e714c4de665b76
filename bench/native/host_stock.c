// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stock reads a tree at boot: memblock_reserve() and
 * memblock_reserved_mark_noinit() for each key, as in kho_preserved_memory_reserve(), on
 * the kernel's memblock. Without its walks over the tree, without its first pass for
 * extended scratch, and without its struct pages: all in favour of stock.
 */
#include <linux/memblock.h>
#include <linux/mm.h>

#include "bench.h"
#include "host.h"

/* memblock's arrays before they grow. */
#define MAX_REGIONS	16

static struct memblock at_boot;
static struct memblock_region memory[MAX_REGIONS], reserved[MAX_REGIONS];

void host_stock_prepare(char *arena)
{
	unsigned int i;

	shim_arena = arena;
	memblock_add_node(0, 3 * HOST_GIB, 0, MEMBLOCK_NONE);
	memblock_add_node(4 * HOST_GIB, host.middle - 4 * HOST_GIB, 0, MEMBLOCK_NONE);
	memblock_add_node(host.middle, host.end - host.middle, 1, MEMBLOCK_NONE);
	for (i = 0; i < HOST_NR_SCRATCH; i++)
		memblock_mark_kho_scratch(host.scratch[i].start,
					  host.scratch[i].end - host.scratch[i].start);
	memblock_reserve(host.scratch[0].start, PAGE_SIZE);
	memblock_allow_resize();
	memblock_set_kho_scratch_only();

	if (memblock.memory.cnt > MAX_REGIONS || memblock.reserved.cnt > MAX_REGIONS)
		shim_die("more regions than expected");
	at_boot = memblock;
	memcpy(memory, memblock.memory.regions, sizeof(memory));
	memcpy(reserved, memblock.reserved.regions, sizeof(reserved));
}

static void back_to_boot(void)
{
	memblock = at_boot;
	memcpy(memblock.memory.regions, memory, sizeof(memory));
	memcpy(memblock.reserved.regions, reserved, sizeof(reserved));
}

static void reserve(unsigned long pfn, unsigned int order)
{
	const phys_addr_t size = PAGE_SIZE << order;

	memblock_reserve(PFN_PHYS(pfn), size);
	memblock_reserved_mark_noinit(PFN_PHYS(pfn), size);
}

static unsigned long reserve_order(unsigned int order, unsigned long n)
{
	unsigned long pfn, word;

	for (pfn = host.first_pfn; n && pfn < host.end_pfn; pfn += HOST_KEYS_PER_WORD << order) {
		for (word = host_word(pfn, order); word && n; word &= word - 1, n--)
			reserve(pfn + ((unsigned long)__builtin_ctzl(word) << order), order);
	}
	return n;
}

/* Keys of large orders are the first. */
static void reserve_first(unsigned long n)
{
	int order;

	for (order = HOST_MAX_ORDER; order >= 0; order--) {
		if (host.orders >> order & 1)
			n = reserve_order(order, n);
	}
}

uint64_t host_stock_reserve(unsigned long n)
{
	uint64_t start;

	back_to_boot();
	start = bench_now_ns();
	reserve_first(n);
	return bench_now_ns() - start;
}
