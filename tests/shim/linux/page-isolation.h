/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: init_pageblock_migratetype() is in linux/mmzone.h. */
