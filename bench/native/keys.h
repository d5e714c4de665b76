/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tree of preserved memory, from the words of include/linux/kho/abi/kexec_handover.h
 * and with its numbers spelled out: 4 KiB nodes, six levels, 512 slots of 8 bytes,
 * bitmaps of 32,768 bits; key = a bit that says the order, and pfn >> order below it.
 */
#ifndef KEYS_H
#define KEYS_H

#include <stdbool.h>
#include <stdint.h>

#define KEYS_PER_LEAF	32768ul
#define LEAF_WORDS	512
#define NODE_BYTES	4096ul

static inline uint64_t key_of(unsigned long pfn, unsigned int order)
{
	return (1ul << (52 - order)) + (pfn >> order);
}

/* The bitmap of @key in the tree at @root, in memory that starts at @arena. */
const uint64_t *keys_leaf(const char *arena, uint64_t root, uint64_t key);
bool keys_has(const char *arena, uint64_t root, uint64_t key);
unsigned long keys_count(const char *arena, uint64_t root);

/* The same to write to; @new_node gives physical addresses of zeroed pages. */
uint64_t *keys_make_leaf(char *arena, uint64_t root, uint64_t key, uint64_t (*new_node)(void));

#endif /* KEYS_H */
