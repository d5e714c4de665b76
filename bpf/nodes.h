/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NODES_H
#define NODES_H

#include <stddef.h>

#include "ranges.h"

/* The pages of each zone, by /proc/zoneinfo; what is not filled stays zero. */
void nodes_read(struct node_range *ranges, size_t max);

#endif /* NODES_H */
