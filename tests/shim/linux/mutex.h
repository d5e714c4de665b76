/* SPDX-License-Identifier: GPL-2.0-only */
/* PASS: to linux/mutex_types.h. */
#include <linux/mutex_types.h>
