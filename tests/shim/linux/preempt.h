/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: guard(preempt) is in linux/cleanup.h. */
#include <linux/cleanup.h>
