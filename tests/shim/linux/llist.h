/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: the part that is used. */
#ifndef SHIM_LLIST_H
#define SHIM_LLIST_H

#include <linux/container_of.h>

struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first;
};

#define LLIST_HEAD(name)	struct llist_head name = {}
#define llist_empty(list)	(!READ_ONCE((list)->first))
#define llist_entry(node, type, member)	container_of(node, type, member)

static inline bool llist_add(struct llist_node *node, struct llist_head *list)
{
	struct llist_node *old = READ_ONCE(list->first);

	shim_publish("a list");
	do {
		node->next = old;
	} while (!__atomic_compare_exchange_n(&list->first, &old, node, false,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	return !old;
}

/* One at a time may take. */
static inline struct llist_node *llist_del_first(struct llist_head *list)
{
	struct llist_node *old = READ_ONCE(list->first);

	do {
		if (!old)
			return NULL;
	} while (!__atomic_compare_exchange_n(&list->first, &old, old->next, false,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	return old;
}

#endif /* SHIM_LLIST_H */
