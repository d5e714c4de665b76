// SPDX-License-Identifier: GPL-2.0-only
/* The memory of a guest: what is in the memfd, and how that lies in the host's memory. */
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper.h"

#define HUGE_BYTES	(2UL << 20)
#define HUGE_PAGES	(HUGE_BYTES / STAMPS_PAGE)

#define PAGEMAP_PRESENT	(1ULL << 63)
#define PAGEMAP_PFN	((1ULL << 55) - 1)
#define PAGEMAP_BATCH	512

static const char *const kind_names[] = {
	[KIND_PLAIN] = "plain",
	[KIND_SCATTERED] = "scattered",
	[KIND_HUGE] = "huge",
	[KIND_BALLOONED] = "ballooned",
};

/* -1: there is no such kind */
int memory_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kind_names) / sizeof(*kind_names); i++)
		if (!strcmp(name, kind_names[i]))
			return i;
	return -1;
}

/* Fails beyond the end of memory only; what is read is zero then. */
void memory_read(const struct guest *guest, void *to, size_t len, uint64_t at)
{
	if (pread(guest->memory, to, len, at) == (ssize_t)len)
		return;
	fail_errno("%s: reading its memory at %#llx", guest->name, (unsigned long long)at);
	memset(to, 0, len);
}

/* Only what the guest has touched: reading a hole would allocate it. */
void memory_each_page(const struct guest *guest, page_fn *fn, void *arg)
{
	off_t at = 0, end;

	while ((at = lseek(guest->memory, at, SEEK_DATA)) >= 0) {
		end = lseek(guest->memory, at, SEEK_HOLE);
		for (; at < end; at += STAMPS_PAGE)
			if (fn(guest, at, arg))
				return;
	}
}

/* Pages of a file that is gone afterwards lie between those of the guest. */
static void memory_scatter(const struct guest *guest)
{
	int between = memfd_create("between", MFD_CLOEXEC);

	for (uint64_t at = 0; at < guest->note->bytes; at += STAMPS_PAGE)
		if (pwrite(guest->memory, "", 1, at) != 1 || pwrite(between, "", 1, at) != 1)
			die_errno("%s: scattering its memory", guest->name);
	close(between);
}

/* A huge page wants an address that is a multiple of its size. */
static char *memory_map_aligned(const struct guest *guest, char *area)
{
	char *at = area + HUGE_BYTES - (uintptr_t)area % HUGE_BYTES;

	return mmap(at, guest->note->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		    guest->memory, 0);
}

static void memory_make_huge(const struct guest *guest)
{
	const uint64_t bytes = guest->note->bytes;
	char *area = mmap(NULL, bytes + HUGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = area == MAP_FAILED ? area : memory_map_aligned(guest, area);

	if (at == MAP_FAILED || madvise(at, bytes, MADV_HUGEPAGE) ||
	    madvise(at, bytes, MADV_POPULATE_WRITE))
		die_errno("%s: huge pages", guest->name);
	munmap(area, bytes + HUGE_BYTES);
}

/**
 * struct memory_walk - a look at all of a guest's memory
 * @map:      where the keeper has it
 * @pagemap:  /proc/self/pagemap
 * @flags:    /proc/kpageflags
 * @last:     page frame that was seen last
 * @layout:   what was seen
 */
struct memory_walk {
	char *map;
	int pagemap, flags;
	uint64_t last;
	struct layout layout;
};

static bool memory_is_huge(const struct memory_walk *walk, uint64_t pfn)
{
	uint64_t flags[HUGE_PAGES];

	if (pfn % HUGE_PAGES || pread(walk->flags, flags, sizeof(flags), pfn * 8) != sizeof(flags))
		return false;
	for (unsigned int i = 1; i < HUGE_PAGES; i++)
		if (!(flags[i] & 1ULL << KPF_COMPOUND_TAIL))
			return false;
	return flags[0] & 1ULL << KPF_COMPOUND_HEAD;
}

static int memory_walk_batch(struct memory_walk *walk, uint64_t at, uint64_t nr)
{
	const uint64_t page = ((uintptr_t)walk->map + at) / STAMPS_PAGE;
	uint64_t entry[PAGEMAP_BATCH];
	const ssize_t bytes = nr * sizeof(entry[0]);

	if (pread(walk->pagemap, entry, bytes, page * sizeof(entry[0])) != bytes)
		return -1;
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t pfn = entry[i] & PAGEMAP_PFN;

		if (!(entry[i] & PAGEMAP_PRESENT) || !pfn)
			return -1;
		walk->layout.pages++;
		walk->layout.runs += pfn != walk->last + 1;
		walk->layout.huge += memory_is_huge(walk, pfn);
		walk->last = pfn;
	}
	return 0;
}

static int memory_walk(const struct guest *guest, struct memory_walk *walk)
{
	off_t at = 0, end;

	while ((at = lseek(guest->memory, at, SEEK_DATA)) >= 0) {
		end = lseek(guest->memory, at, SEEK_HOLE);
		if (madvise(walk->map + at, end - at, MADV_POPULATE_READ))
			return -1;
		while (at < end) {
			uint64_t nr = (end - at) / STAMPS_PAGE;

			nr = nr < PAGEMAP_BATCH ? nr : PAGEMAP_BATCH;
			if (memory_walk_batch(walk, at, nr))
				return -1;
			at += nr * STAMPS_PAGE;
		}
	}
	return 0;
}

static int memory_layout(const struct guest *guest, struct layout *layout)
{
	struct memory_walk walk = {
		.map = mmap(NULL, guest->note->bytes, PROT_READ, MAP_SHARED, guest->memory, 0),
		.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC),
		.flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC),
	};
	struct stat stat;
	int error = -1;

	if (walk.map != MAP_FAILED && !fstat(guest->memory, &stat)) {
		error = memory_walk(guest, &walk);
		munmap(walk.map, guest->note->bytes);
	}
	close(walk.pagemap);
	close(walk.flags);
	if (error)
		return fail("%s: /proc/self/pagemap and /proc/kpageflags do not show its memory",
			    guest->name);
	*layout = walk.layout;
	layout->kib = stat.st_blocks / 2;
	return 0;
}

/* Whether it is what its kind says */
static bool memory_is_of_kind(const struct guest *guest, const struct layout *layout)
{
	switch (guest->note->kind) {
	case KIND_SCATTERED:
		return layout->runs * 10 >= layout->pages * 9;
	case KIND_HUGE:
		return layout->huge * HUGE_PAGES == layout->pages;
	case KIND_BALLOONED:
		return layout->kib << 10 < guest->note->bytes / 4 * 3;
	default:
		return true;
	}
}

static void memory_say(const struct guest *guest, const char *verb, const struct layout *layout)
{
	printf("%s: memory %s %llu pages in %llu runs, %llu folios of 2 MiB, %llu KiB\n",
	       guest->name, verb, (unsigned long long)layout->pages,
	       (unsigned long long)layout->runs, (unsigned long long)layout->huge,
	       (unsigned long long)layout->kib);
}

/* Before the guest is there; plain memory comes when the guest touches it. */
void memory_prepare(const struct guest *guest)
{
	if (guest->note->kind == KIND_SCATTERED)
		memory_scatter(guest);
	if (guest->note->kind == KIND_HUGE)
		memory_make_huge(guest);
}

/*
 * For the comparison after the update; preserving it may have moved pages. Plain memory may
 * change.
 */
int memory_note(struct guest *guest)
{
	struct layout *layout = &guest->note->layout;

	if (guest->note->kind == KIND_PLAIN)
		return 0;
	if (memory_layout(guest, layout))
		return -1;
	memory_say(guest, "is", layout);
	if (!memory_is_of_kind(guest, layout))
		return fail("%s: its memory is not %s", guest->name, kind_names[guest->note->kind]);
	return 0;
}

int memory_report(struct guest *guest)
{
	struct layout layout;

	if (guest->memory < 0 || !guest->note)
		return fail("%s: its memory is not here", guest->name);
	if (memory_layout(guest, &layout))
		return -1;
	memory_say(guest, "is", &layout);
	if (guest->note->kind == KIND_PLAIN ||
	    !memcmp(&layout, &guest->note->layout, sizeof(layout)))
		return 0;
	memory_say(guest, "was", &guest->note->layout);
	return fail("%s: its memory is not as it was", guest->name);
}
