/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does page_owner read all struct pages at boot?
 */
#ifndef _MM_KHO_PAGE_OWNER_H
#define _MM_KHO_PAGE_OWNER_H

#include <linux/init.h>
#include <linux/page_ext.h>
#include <linux/page_owner.h>

#ifdef CONFIG_PAGE_OWNER
static inline bool __init kho_page_owner_enabled(void)
{
	return page_owner_ops.need();
}
#else
static inline bool __init kho_page_owner_enabled(void)
{
	return false;
}
#endif

#endif /* _MM_KHO_PAGE_OWNER_H */
