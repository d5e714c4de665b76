// SPDX-License-Identifier: GPL-2.0-only
/*
 * A balloon in a guest: pages that it gives back, so that its memory has holes. The keeper does
 * what QEMU's virtio-balloon does with them; which ones they are, it sees from what is in them.
 */
#include <fcntl.h>
#include <stdio.h>

#include "keeper.h"

/**
 * struct balloon - pages that are given back
 * @pages:  of the workload; every other one is in the balloon
 * @nr:     given back
 * @error:  of the system
 */
struct balloon {
	uint64_t pages, nr;
	int error;
};

static bool balloon_punch(const struct guest *guest, uint64_t at, void *arg)
{
	uint64_t word[STAMPS_PAGE / sizeof(uint64_t)], number;
	struct balloon *balloon = arg;

	memory_read(guest, word, sizeof(word), at);
	if (!ring_page_number(word, balloon->pages, &number) || number % 2 == 0)
		return false;
	if (fallocate(guest->memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, STAMPS_PAGE))
		balloon->error = fail_errno("%s: giving back its memory", guest->name);
	else
		balloon->nr++;
	return balloon->error;
}

/* Before its memory is preserved: a preserved file refuses to have holes made. */
int balloon_inflate(struct guest *guest)
{
	struct balloon balloon = { .pages = guest->note->bytes / STAMPS_PAGE };

	if (dprintf(guest->serial, "inflate\n") < 0)
		return fail_errno("%s: its console", guest->name);
	if (qemu_relay(guest, "the balloon has every other page"))
		return -1;
	memory_each_page(guest, balloon_punch, &balloon);
	if (balloon.error)
		return -1;
	printf("%s: %llu pages are in its balloon\n", guest->name, (unsigned long long)balloon.nr);
	return balloon.nr ? 0 : fail("%s: its balloon is empty", guest->name);
}

/* The guest says on its console when it has done so. */
int balloon_deflate(struct guest *guest)
{
	if (guest->phase != GUEST_RUNS)
		return fail("%s: does not run", guest->name);
	return dprintf(guest->serial, "deflate\n") < 0 ?
	       fail_errno("%s: its console", guest->name) : 0;
}
