/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: the kernel's; what is added to a list is published. */
#ifndef SHIM_LLIST_H
#define SHIM_LLIST_H

#include_next <linux/llist.h>

#define llist_add(node, list)	(shim_publish("a list"), llist_add((node), (list)))

#endif /* SHIM_LLIST_H */
