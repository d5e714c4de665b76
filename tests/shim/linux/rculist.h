/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: hash chains that are read without a lock, with accesses that TSan knows. */
#ifndef SHIM_RCULIST_H
#define SHIM_RCULIST_H

#include <linux/cleanup.h>
#include <linux/list.h>

static inline void hlist_add_head_rcu(struct hlist_node *n, struct hlist_head *h)
{
	struct hlist_node *first = h->first;

	n->next = first;
	n->pprev = &h->first;
	if (first)
		first->pprev = &n->next;
	smp_store_release(&h->first, n);
}

/* Readers may still be there, and go on to the next one. */
static inline void hlist_del_init_rcu(struct hlist_node *n)
{
	WRITE_ONCE(*n->pprev, n->next);
	if (n->next)
		n->next->pprev = n->pprev;
	n->pprev = NULL;
}

#define hlist_for_each_entry_rcu(pos, head, member)				\
	for (lockdep_assert_in_rcu_read_lock(),					\
	     pos = hlist_entry_safe(READ_ONCE((head)->first), typeof(*(pos)), member); \
	     pos;								\
	     pos = hlist_entry_safe(READ_ONCE((pos)->member.next), typeof(*(pos)), member))

#endif /* SHIM_RCULIST_H */
