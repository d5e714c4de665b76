/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: init_cma_reserved_pageblock() is in mm/mm_init.h. */
