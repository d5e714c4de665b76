// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entry points of libFuzzer: the target, and a mutator of ops. Half of the time
 * it calls the mutator of libFuzzer, which works on bytes.
 */
#include <stdlib.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	run_target(data, size);
	return 0;
}

static unsigned int state;

static unsigned int rnd(unsigned int n)
{
	state = state * 1103515245 + 12345;
	return (state >> 8) % n;
}

/* Low pages are more likely: images use the first ones. */
static unsigned int any_page(void)
{
	return rnd(1 + rnd(NR_PAGES));
}

/* Boundary values of each kind of op */
static u64 any_value(unsigned int kind)
{
	static const u64 some[] = {
		0, 1, 2, 3, 50, 51, 52, 62, 63, 64, 65, INT_MAX, 1UL << 31, ULONG_MAX,
	};
	static const unsigned int bytes[] = { 8, 48, 64, 80, 4080, 4096 };
	unsigned int len = bytes[rnd(ARRAY_SIZE(bytes))];

	switch (kind) {
	case OP_LINK:
		return rnd(NR_PAGES) | (rnd(4) ? 0 : rnd(PAGE_SIZE) << 8);
	case OP_REPEAT:
		return rnd(64) << 16 | len;
	case OP_FILL:
		return len << 8 | (rnd(2) ? 'x' : 0);
	case OP_OWNER:
		return rnd(NR_OWNERS);
	}
	/* Description of a folio of a file, else a number */
	if (!rnd(4))
		return (u64)rnd(5) << 52 | (IMAGE_PA >> PAGE_SHIFT) + 2 * any_page();
	return some[rnd(ARRAY_SIZE(some))];
}

/* First words of a page, or first and last words of a record */
static u16 any_place(void)
{
	static const unsigned int records[] = { 0, 1, 2, 3, 50, 51, 62, 63 };
	static const unsigned int words[] = { 0, 1, 5, 6, 7, 8, 9 };
	unsigned int at = (rnd(2) ? 64 : 80) * records[rnd(ARRAY_SIZE(records))];

	return rnd(3) ? 16 + at + 8 * words[rnd(ARRAY_SIZE(words))] : 8 * rnd(8);
}

static struct op any_op(void)
{
	unsigned int kind = rnd(NR_OPS);

	return (struct op){ kind, any_page(), any_place(), any_value(kind) };
}

static void change_head(struct head *head)
{
	switch (rnd(4)) {
	case 0:
		head->root = any_page();
		break;
	case 1:
		head->fault = rnd(8);
		break;
	case 2:
		head->root_size = rnd(64);
		break;
	case 3:
		head->refuse = rnd(16);
		break;
	}
}

static void change(struct op *op)
{
	switch (rnd(5)) {
	case 0:
		op->kind = rnd(NR_OPS);
		break;
	case 1:
		op->page = any_page();
		break;
	case 2:
		op->at = any_place();
		break;
	case 3:
		op->value = any_value(op->kind);
		break;
	case 4:
		op->value += rnd(3) - 1;
		break;
	}
}

/* Insert, repeat, remove or change an op of @nr; returns the new number. */
static size_t mutate(struct op *ops, size_t nr, size_t max)
{
	size_t at = rnd(nr + 1);

	if (at < nr && !rnd(3)) {
		memmove(ops + at, ops + at + 1, (nr - at - 1) * sizeof(*ops));
		return nr - 1;
	}
	if (at < nr && rnd(2)) {
		change(ops + at);
		return nr;
	}
	if (nr == max)
		return nr;
	memmove(ops + at + 1, ops + at, (nr - at) * sizeof(*ops));
	ops[at] = any_op();
	if (nr && !rnd(3))
		ops[at] = ops[at ? 0 : nr];
	return nr + 1;
}

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned int seed)
{
	size_t nr, times, max;

	state = seed;
	if (size < sizeof(struct head) || max_size < 2 * sizeof(struct op) || !rnd(2))
		return LLVMFuzzerMutate(data, size, max_size);

	nr = (size - sizeof(struct head)) / sizeof(struct op);
	if (!rnd(8))
		change_head((struct head *)data);
	max = (max_size - sizeof(struct head)) / sizeof(struct op);
	for (times = 1 + rnd(4); times; times--)
		nr = mutate((struct op *)(data + sizeof(struct head)), nr, max);
	return sizeof(struct head) + nr * sizeof(struct op);
}
