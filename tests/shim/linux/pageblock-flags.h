/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: what is used is in linux/mmzone.h. */
#include <linux/mmzone.h>
