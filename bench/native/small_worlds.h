/* SPDX-License-Identifier: GPL-2.0-only */
/* Random memory of a few pages. */
#ifndef SMALL_WORLDS_H
#define SMALL_WORLDS_H

#include <linux/types.h>

/* Does kho_fast_free_range_iter_at() start right, wherever it is asked to? */
bool check_small_worlds(void);

#endif /* SMALL_WORLDS_H */
