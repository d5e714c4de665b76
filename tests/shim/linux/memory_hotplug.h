/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: pfn_to_online_page() is in linux/mm.h. */
