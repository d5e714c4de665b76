/* SPDX-License-Identifier: GPL-2.0-only */
/* PASS: to linux/mmzone.h. */
#include <linux/mmzone.h>
