/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: hash tables that are part of structures only. */
#ifndef SHIM_LINUX_RHASHTABLE_TYPES_H
#define SHIM_LINUX_RHASHTABLE_TYPES_H

struct rhash_head { };
struct rhashtable { };

#endif /* SHIM_LINUX_RHASHTABLE_TYPES_H */
