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
#define llist_del_all(list)	__atomic_exchange_n(&(list)->first, NULL, __ATOMIC_ACQ_REL)

static inline void llist_add_batch(struct llist_node *first, struct llist_node *last,
				   struct llist_head *list)
{
	struct llist_node *old = READ_ONCE(list->first);

	do {
		last->next = old;
	} while (!__atomic_compare_exchange_n(&list->first, &old, first, false,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
}

#define llist_item(node, type, member) \
	((node) ? container_of((node), type, member) : NULL)

#define llist_for_each_entry_safe(pos, n, node, member)				\
	for ((pos) = llist_item((node), typeof(*(pos)), member);		\
	     (pos) && ((n) = llist_item((pos)->member.next, typeof(*(pos)), member), true); \
	     (pos) = (n))

#endif /* SHIM_LLIST_H */
