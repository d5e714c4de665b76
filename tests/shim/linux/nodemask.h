/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: a word. */
#ifndef SHIM_NODEMASK_H
#define SHIM_NODEMASK_H

#include <linux/mmzone.h>

typedef struct {
	unsigned long bits;
} nodemask_t;

#define NODE_MASK_NONE		((nodemask_t){ 0 })
#define node_set(n, mask)	((mask).bits |= 1UL << (n))
#define node_clear(n, mask)	((mask).bits &= ~(1UL << (n)))
#define node_isset(n, mask)	((mask).bits >> (n) & 1)
#define nodes_weight(mask)	__builtin_popcountl((mask).bits)
#define first_node(mask)	((mask).bits ? __builtin_ctzl((mask).bits) : MAX_NUMNODES)
#define for_each_node_mask(n, mask)				\
	for ((n) = 0; (n) < MAX_NUMNODES; (n)++)		\
		if (node_isset((n), (mask)))

#endif /* SHIM_NODEMASK_H */
