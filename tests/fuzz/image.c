// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that an input describes, and who may look at it: nobody at a page that
 * was not claimed, or that was released. AddressSanitizer is told so.
 */
#include <sanitizer/asan_interface.h>

#include "fuzz.h"
#include "luo/records.h"

static u8 memory[NR_PAGES * PAGE_STRIDE] __aligned(PAGE_SIZE);
/* Addresses of the image are below any that the program has. */
char *shim_arena = (char *)memory - IMAGE_PA;
struct image image;

u64 image_pa(unsigned int page)
{
	return IMAGE_PA + page * PAGE_STRIDE;
}

static u8 *page_at(unsigned int page)
{
	return memory + page * PAGE_STRIDE;
}

/* Where a page of the image is, or NULL when it is none or does not start there. */
u8 *image_page(u64 pa)
{
	u64 offset = pa - IMAGE_PA;

	return offset < sizeof(memory) && !(offset % PAGE_STRIDE) ? memory + offset : NULL;
}

static void repeat(u8 *from, size_t room, size_t len, size_t times)
{
	u8 *to = from + len;

	for (; len && times && to + len <= from + room; times--, to += len)
		memcpy(to, from, len);
}

static void run(const struct op *op)
{
	unsigned int page = op->page % NR_PAGES, at = op->at % PAGE_SIZE;
	size_t room = PAGE_SIZE - at;
	u64 word = op->value;

	switch (op->kind % NR_OPS) {
	case OP_LINK:
		word = image_pa(op->value % 256 % NR_PAGES) + (op->value >> 8);
		fallthrough;
	case OP_WORD:
		memcpy(page_at(page) + at, &word, min(room, sizeof(word)));
		break;
	case OP_REPEAT:
		repeat(page_at(page) + at, room, op->value % 65536, op->value >> 16);
		break;
	case OP_FILL:
		memset(page_at(page) + at, op->value % 256, min(room, op->value >> 8));
		break;
	case OP_OWNER:
		image.owner[page] = op->value % NR_OWNERS;
	}
}

/* Make the image. Until image_close(), all of it can be looked at. */
void image_read(const u8 *data, size_t size)
{
	struct op op;
	size_t at;

	ASAN_UNPOISON_MEMORY_REGION(memory, sizeof(memory));
	memset(memory, 0, sizeof(memory));
	memset(&image, 0, sizeof(image));
	if (size < sizeof(image.head))
		return;
	memcpy(&image.head, data, sizeof(image.head));
	for (at = sizeof(image.head); at + sizeof(op) <= size; at += sizeof(op)) {
		memcpy(&op, data + at, sizeof(op));
		run(&op);
	}
}

void image_close(void)
{
	ASAN_POISON_MEMORY_REGION(memory, sizeof(memory));
}

/* The next page of an image that is being made, all zeroes. */
void *image_take(void)
{
	unsigned int page = image.nr_claimed++;

	return page < NR_PAGES ? page_at(page) : NULL;
}

/* Write the ops that make a page, in the order of its words; returns how many. */
size_t image_write(struct op *ops, unsigned int page)
{
	size_t nr = 0;
	unsigned int at;

	for (at = 0; at < PAGE_SIZE; at += sizeof(u64)) {
		struct op op = { .kind = OP_WORD, .page = page, .at = at };

		memcpy(&op.value, page_at(page) + at, sizeof(op.value));
		if (!op.value)
			continue;
		if (image_page(op.value)) {
			op.kind = OP_LINK;
			op.value = (op.value - IMAGE_PA) / PAGE_STRIDE;
		}
		ops[nr++] = op;
	}

	return nr;
}

/* In place of luo/restore.c. Records are smaller than a page, but the size must be right. */
void *luo_fast_record_restore(u64 pa, size_t size)
{
	u8 *page = image_page(pa);
	enum owner *owner;

	if (!size || size > PAGE_SIZE)
		shim_die("a claim of %zu bytes", size);
	if (!page)
		return NULL;
	owner = &image.owner[(pa - IMAGE_PA) / PAGE_STRIDE];
	if (*owner != PRESERVED)
		return NULL;

	*owner = CLAIMED;
	image.nr_claimed++;
	ASAN_UNPOISON_MEMORY_REGION(page, PAGE_SIZE);
	return page;
}

void luo_fast_record_free(void *mem)
{
	u64 pa = virt_to_phys(mem);
	enum owner *owner;

	if (!image_page(pa))
		shim_die("%#llx is released, which is no page", (unsigned long long)pa);
	owner = &image.owner[(pa - IMAGE_PA) / PAGE_STRIDE];
	if (*owner != CLAIMED)
		shim_die("page %#llx is released and is not claimed", (unsigned long long)pa);

	*owner = RELEASED;
	image.nr_released++;
	ASAN_POISON_MEMORY_REGION(mem, PAGE_SIZE);
}
