// SPDX-License-Identifier: GPL-2.0-only
/*
 * See keys.h.
 */
#include <stddef.h>

#include "keys.h"

#define TOP_LEVEL	5

static unsigned int slot(uint64_t key, unsigned int level)
{
	return key >> (15 + 9 * (level - 1)) & 511;
}

const uint64_t *keys_leaf(const char *arena, uint64_t root, uint64_t key)
{
	uint64_t node = root;
	unsigned int level;

	for (level = TOP_LEVEL; level > 0; level--) {
		node = ((const uint64_t *)(arena + node))[slot(key, level)];
		if (!node)
			return NULL;
	}
	return (const uint64_t *)(arena + node);
}

bool keys_has(const char *arena, uint64_t root, uint64_t key)
{
	const uint64_t *leaf = keys_leaf(arena, root, key);
	unsigned long bit = key % KEYS_PER_LEAF;

	return leaf && leaf[bit / 64] >> bit % 64 & 1;
}

static unsigned long count_below(const char *arena, uint64_t node, unsigned int level)
{
	const uint64_t *words = (const uint64_t *)(arena + node);
	unsigned long nr = 0;
	unsigned int i;

	for (i = 0; i < LEAF_WORDS; i++) {
		if (!level)
			nr += __builtin_popcountl(words[i]);
		else if (words[i])
			nr += count_below(arena, words[i], level - 1);
	}
	return nr;
}

unsigned long keys_count(const char *arena, uint64_t root)
{
	return count_below(arena, root, TOP_LEVEL);
}

uint64_t *keys_make_leaf(char *arena, uint64_t root, uint64_t key, uint64_t (*new_node)(void))
{
	uint64_t node = root;
	unsigned int level;

	for (level = TOP_LEVEL; level > 0; level--) {
		uint64_t *table = (uint64_t *)(arena + node);

		if (!table[slot(key, level)])
			table[slot(key, level)] = new_node();
		node = table[slot(key, level)];
	}
	return (uint64_t *)(arena + node);
}
