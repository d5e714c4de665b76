// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that an input describes. Pages that were not restored, or that
 * were freed, are poisoned for AddressSanitizer.
 */
#include <sanitizer/asan_interface.h>

#include "fuzz.h"
#include "luo/records.h"

static u8 memory[NR_PAGES * PAGE_STRIDE] __aligned(PAGE_SIZE);
/* Addresses of the image are below those of the program. */
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

/* Address of a page of the image, or NULL if @pa is not the start of one */
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

/* Build the image. All of it is accessible until image_close(). */
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

/* The next page of an image that is being built, zeroed */
void *image_alloc(void)
{
	unsigned int page = image.nr_restored++;

	return page < NR_PAGES ? page_at(page) : NULL;
}

/*
 * Write the ops that build a page, in the order of its words; returns their
 * number.
 */
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

/*
 * Replaces luo/restore.c. Records are smaller than a page, but the size must
 * match.
 */
void *luo_fast_record_restore(u64 pa, size_t size)
{
	u8 *page = image_page(pa);
	enum owner *owner;

	if (!size || size > PAGE_SIZE)
		shim_die("%zu bytes are restored", size);
	if (!page)
		return NULL;
	owner = &image.owner[(pa - IMAGE_PA) / PAGE_STRIDE];
	if (*owner != PRESERVED)
		return NULL;

	*owner = RESTORED;
	image.nr_restored++;
	ASAN_UNPOISON_MEMORY_REGION(page, PAGE_SIZE);
	return page;
}

/* For the kernel that hands over; there is none. */
void *luo_fast_record_find(u64 pa, size_t size)
{
	shim_die("%zu bytes at %#llx are looked for", size, (unsigned long long)pa);
}

/* There are no checksums to verify. */
void *luo_fast_record_peek(u64 pa, size_t size)
{
	shim_die("%zu bytes at %#llx are verified", size, (unsigned long long)pa);
}

void luo_fast_record_free(void *mem)
{
	u64 pa = virt_to_phys(mem);
	enum owner *owner;

	if (!image_page(pa))
		shim_die("%#llx is freed, which is no page", (unsigned long long)pa);
	owner = &image.owner[(pa - IMAGE_PA) / PAGE_STRIDE];
	if (*owner != RESTORED)
		shim_die("page %#llx is freed and is not restored", (unsigned long long)pa);

	*owner = FREED;
	image.nr_freed++;
	ASAN_POISON_MEMORY_REGION(mem, PAGE_SIZE);
}
