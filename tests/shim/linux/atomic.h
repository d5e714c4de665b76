/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: what is used is in linux/mm.h. */
#include <linux/mm.h>
