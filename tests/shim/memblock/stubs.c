// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions that mm/memblock.c refers to and never calls in userspace.
 */
#include <stdlib.h>

#include <linux/memory_hotplug.h>
#include <linux/mmzone.h>
#include <linux/slab.h>

bool movable_node_enabled;

bool slab_is_available(void)
{
	return false;
}

void *kmalloc(size_t size, gfp_t gfp)
{
	abort();
}

void kfree(void *p)
{
	abort();
}

struct pglist_data *first_online_pgdat(void)
{
	return NULL;
}

struct pglist_data *next_online_pgdat(struct pglist_data *pgdat)
{
	return NULL;
}

void atomic_long_set(atomic_long_t *v, long i)
{
	v->counter = i;
}
