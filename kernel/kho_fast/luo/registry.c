// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Registry of file handlers and FLBs
 *
 * Lists of registered handlers and FLBs, and the lock of both lists.
 *
 * Lock order: see core.c.
 */
#include <linux/list.h>
#include <linux/rwsem.h>

#include "registry.h"

DECLARE_RWSEM(luo_fast_registry_rwsem);
LIST_HEAD(luo_fast_handlers);
LIST_HEAD(luo_fast_flbs);
