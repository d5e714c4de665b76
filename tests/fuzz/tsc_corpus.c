// SPDX-License-Identifier: GPL-2.0-only
/*
 * Write the corpus of TSC frequencies; see luo_corpus.c.
 *
 * usage: tsc-corpus FOLDER	exit status: 0 written, 1 not
 */
#include <stdio.h>

#include <linux/kho/abi/kho_tsc.h>

#include "fuzz.h"
#include "tsc_fuzz.h"

#define KHZ	2100123

/* A record, and what the boot finds; @taken: it is used */
static const struct tsc_shape {
	const char		*name;
	bool			taken;
	struct kho_tsc_ser	ser;
	struct tsc_boot		boot;
	struct head		head;
} shapes[] = {
#define SER(khz, flags)	{ KHO_TSC_COMPATIBLE, khz, flags }
	{ "final", true, SER(KHZ, 1), { 0, KHZ + 1000 } },
	{ "not-final", true, SER(KHZ, 0), { 0, KHZ - 1000 } },
	{ "unverified", true, SER(KHZ, 1) },
	{ "known", true, SER(KHZ, 1), { KHZ, 0, 1 } },
	{ "at-the-end", true, SER(KHZ, 1), .head.refuse = PAGE_SIZE - sizeof(struct kho_tsc_ser) },
	{ "across-the-end", false, SER(KHZ, 1), .head.refuse = PAGE_SIZE - 8 },
	{ "off-by-2-percent", false, SER(KHZ, 1), { 0, KHZ * 102 / 100 } },
	{ "not-that-of-the-cpu", false, SER(KHZ, 1), { KHZ + 1, KHZ, 1 } },
	{ "zero", false, SER(0, 0) },
	{ "absurd", false, SER(~0U, 1) },
	{ "unknown-flag", false, SER(KHZ, 2) },
	{ "of-another-version", false, { "kho-fast-tsc-v2", KHZ, 1 } },
	{ "too-short", false, SER(KHZ, 1), .head.root_size = sizeof(struct kho_tsc_ser) - 1 },
	{ "without-memory", false, SER(KHZ, 1), .head.fault = 1 },
#undef SER
};

/* The ops that write @size bytes, a multiple of a word, to a page */
static size_t write_words(struct op *ops, unsigned int page, unsigned int at, const void *from,
			  size_t size)
{
	size_t i, nr = 0;

	for (i = 0; i < size; i += sizeof(u64)) {
		u64 word = 0;

		memcpy(&word, from + i, min(size - i, sizeof(word)));
		if (at + i < PAGE_SIZE)
			ops[nr++] = (struct op){ OP_WORD, page, at + i, word };
	}

	return nr;
}

int main(int argc, char **argv)
{
	struct op ops[16];
	unsigned int i;
	bool ok = true;

	if (argc != 2) {
		fprintf(stderr, "usage: tsc-corpus FOLDER\n");
		return 1;
	}
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		const struct tsc_shape *s = &shapes[i];
		struct head head = s->head;
		size_t nr;

		head.root_size = head.root_size ?: sizeof(s->ser);
		nr = write_words(ops, head.root, head.refuse, &s->ser, sizeof(s->ser));
		nr += write_words(ops + nr, TSC_BOOT, 0, &s->boot, sizeof(s->boot));
		ok &= save(argv[1], s->taken ? "taken" : "refused", s->name, &head, ops, nr);
	}
	return !ok;
}
