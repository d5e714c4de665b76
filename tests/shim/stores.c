// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stores past the caches, to struct pages. A line that is being written so is expensive
 * to touch: the CPU waits until it is in memory and reads it back. So each word of a
 * struct page is stored once, and nothing that is known to look at struct pages may see
 * one of those that its own thread stored since its last shim_wmb().
 *
 * Nor does a release order such stores: other CPUs may see what it publishes first. So
 * no thread may publish anything while some of its stores are on their way.
 */
#include <linux/mm.h>

#define MEMORY_PAGES	(SHIM_MEMORY >> PAGE_SHIFT)
#define WORD		sizeof(u64)

_Static_assert(sizeof(struct page) <= 16 * WORD, "a bit for each word");

bool shim_compound_mask;

/* Words of a struct page stored in an interval between two barriers. */
static struct stored {
	u32	interval;
	u16	words;
} stored[MEMORY_PAGES];

/* Of this thread. No two threads ever have the same. */
static __thread u32 interval;
static u32 last_interval;

/* This thread has stored something since its last shim_wmb(). */
static __thread bool unfenced;

static u32 next_interval(void)
{
	return __atomic_add_fetch(&last_interval, 1, __ATOMIC_RELAXED);
}

void shim_wmb(void)
{
	unfenced = false;
	interval = next_interval();
}

static bool is_in_map(const void *p)
{
	return p >= (void *)shim_memmap && p < (void *)(shim_memmap + MEMORY_PAGES);
}

void shim_store_past_caches(void *to, const void *from, size_t size)
{
	size_t offset = (char *)to - (char *)shim_memmap;
	u16 word = 1 << offset % sizeof(struct page) / WORD;
	struct stored *s;

	memcpy(to, from, size);
	unfenced = true;
	if (!is_in_map(to))
		return;
	if (size != WORD || offset % WORD)
		shim_die("%zu bytes at %p are no word", size, to);

	if (!interval)
		interval = next_interval();
	s = &stored[offset / sizeof(struct page)];
	if (s->interval != interval)
		*s = (struct stored){ .interval = interval };
	if (s->words & word)
		shim_die("pfn %#zx: a word is stored twice", offset / sizeof(struct page));
	s->words |= word;
}

struct page *shim_touch(struct page *page)
{
	if (is_in_map(page) && interval && stored[page_to_pfn(page)].interval == interval)
		shim_die("pfn %#lx is touched right after it was stored past the caches",
			 page_to_pfn(page));
	return page;
}

/* The order lives in the second page, which must be there by then. */
void shim_check_head(struct page *head, unsigned int order)
{
	shim_touch(head);
	shim_touch(head + 1);
	if (order > 1)
		shim_touch(head + 2);
	if (!PageHead(head) || head[1].inits != 1 ||
	    head[1].compound_info != shim_compound_info(head, order))
		shim_die("pfn %#lx is no head", page_to_pfn(head));
}

void shim_publish(const char *how)
{
	if (unfenced)
		shim_die("%s may be seen before the stores past the caches that it follows", how);
}
