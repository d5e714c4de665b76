/* SPDX-License-Identifier: GPL-2.0-only */
/* PASS: to linux/mm.h. */
#include <linux/mm.h>
