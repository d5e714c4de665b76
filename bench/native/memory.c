// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical memory and its map.
 */
#include <err.h>
#include <stdint.h>
#include <sys/mman.h>

#include "impl.h"

#define MAP_ALIGN		(1ul << 30)	/* of the map of the largest folio */
#define STRUCT_PAGE_BYTES	64

struct memory memory;

void *memory_reserve(size_t size)
{
	char *p = mmap(NULL, size + MAP_ALIGN, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		err(2, "cannot reserve %zu MiB of address space (see ulimit -v)", size >> 20);
	return (void *)(((uintptr_t)p + MAP_ALIGN - 1) & -MAP_ALIGN);
}

void memory_make(unsigned long nr_pages, bool huge)
{
	const size_t size = nr_pages * STRUCT_PAGE_BYTES;

	memory.arena = memory_reserve(nr_pages << 12);
	memory.memmap = memory_reserve(size);
	memory.nr_pages = nr_pages;
	madvise(memory.memmap, size, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	impl_stock.use_memory(memory.arena, memory.memmap, nr_pages);
	impl_ours.use_memory(memory.arena, memory.memmap, nr_pages);
}
