/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB */
#define clear_page_tag_ref(page)	((void)(page))
