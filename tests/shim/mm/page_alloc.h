/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: __free_pages_core() is in mm_init.h. */
