/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: a worker is on the node that it was queued for, anybody else on node 0. */
#ifndef SHIM_TOPOLOGY_H
#define SHIM_TOPOLOGY_H

extern __thread int shim_this_node;
#define numa_node_id()	shim_this_node

#endif /* SHIM_TOPOLOGY_H */
