// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choose bits of the structures, and flip them.
 *
 * usage: flip list MEMORY FDT             number and bytes of each kind
 *        flip choose MEMORY FDT SEED [KIND]
 *                                         print the bits of SEED, of a kind
 *        flip apply MEMORY <BITS          flip them; once more: as before
 *
 * A bit is "KIND ADDRESS BIT". Kinds are equally likely, however many bytes they have. Half of
 * the bits are in words that are not zero. One bit in half of the seeds, else 2 to 8, where each
 * may be next to the one before.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "flips.h"

static u64 state;

/* splitmix64 */
static u64 below(u64 limit)
{
	u64 z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % limit;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct memory memory_map(const char *path, int prot)
{
	int fd = open(path, prot & PROT_WRITE ? O_RDWR : O_RDONLY);
	struct memory m = {};
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	m.size = st.st_size;
	m.bytes = mmap(NULL, m.size, prot, MAP_SHARED, fd, 0);
	if (m.bytes == MAP_FAILED)
		die(path);
	return m;
}

static void list(const struct memory *m)
{
	enum place_kind kind;
	size_t i;

	for (kind = 0; kind < NR_PLACES; kind++) {
		u64 nr = 0, bytes = 0;

		for (i = 0; i < m->nr; i++) {
			if (m->places[i].kind != kind)
				continue;
			nr++;
			bytes += m->places[i].len;
		}
		printf("%s %llu %llu\n", place_name(kind), (unsigned long long)nr,
		       (unsigned long long)bytes);
	}
}

/* A place of @kind; any of the structures when it is NULL */
static const struct place *choose_place(const struct memory *m, const char *kind)
{
	const char *name = kind;
	u64 nr = 0;
	size_t i;

	while (!nr) {
		if (!kind)
			name = place_name(below(PLACE_DATA));
		for (i = 0; i < m->nr; i++)
			nr += !strcmp(place_name(m->places[i].kind), name);
		if (!nr && kind) {
			fprintf(stderr, "flip: there is no '%s'\n", kind);
			exit(1);
		}
	}
	nr = below(nr);
	for (i = 0; strcmp(place_name(m->places[i].kind), name) || nr--; i++)
		;
	return &m->places[i];
}

/* Address of a word */
static u64 choose_word(const struct memory *m, const struct place *p)
{
	const u64 *words = (const u64 *)(m->bytes + p->pa);
	u64 nr = p->len / sizeof(*words), used = 0, i;

	for (i = 0; i < nr; i++)
		used += !!words[i];
	if (!used || below(2))
		return p->pa + below(nr) * sizeof(*words);
	used = below(used);
	for (i = 0; !words[i] || used--; i++)
		;
	return p->pa + i * sizeof(*words);
}

static void choose(const struct memory *m, const char *kind)
{
	u64 nr = below(2) ? 1 : 2 + below(7), word = 0, bit = 0;
	const struct place *p = NULL;

	for (; nr; nr--) {
		if (p && bit < 63 && below(2)) {
			bit++;
		} else {
			p = choose_place(m, kind);
			word = choose_word(m, p);
			bit = below(64);
		}
		printf("%s %#llx %llu\n", place_name(p->kind), (unsigned long long)word,
		       (unsigned long long)bit);
	}
}

static void apply(struct memory *m)
{
	unsigned long long pa, bit;

	while (scanf("%*s %llx %llu", &pa, &bit) == 2)
		*(u64 *)(m->bytes + pa) ^= 1ULL << bit;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	struct memory m;

	if (!strcmp(what, "apply")) {
		m = memory_map(argv[2], PROT_READ | PROT_WRITE);
		apply(&m);
		return 0;
	}
	if (argc < 4)
		return fprintf(stderr, "usage: see flip.c\n"), 2;
	m = memory_map(argv[2], PROT_READ);
	walk(&m, strtoull(argv[3], NULL, 0));
	if (!strcmp(what, "list")) {
		list(&m);
	} else if (argc > 4) {
		state = strtoull(argv[4], NULL, 0);
		choose(&m, argv[5]);
	}
	return 0;
}
