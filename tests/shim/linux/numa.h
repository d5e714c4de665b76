/* SPDX-License-Identifier: GPL-2.0-only */
/* The rest is in mmzone.h. */
#include <linux/mmzone.h>
