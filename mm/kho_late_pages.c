// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Free pages of late sections
 *
 * Their number, and a static key that says whether there can be any.
 * Allocations and MemAvailable look at both, see mm/kho_late_free.c.
 */
#include <linux/atomic.h>
#include <linux/init.h>
#include <linux/jump_label.h>
#include <linux/kho_fast.h>
#include <linux/mmzone.h>

#include "kho_late_pages.h"

/* Disabled while no free memory is late: allocations look at it. */
DEFINE_STATIC_KEY_FALSE(kho_late_free_key);

/* Sections that are late and free */
static atomic_long_t kho_nr_late_free;

/**
 * kho_fast_late_pages_begin - Sections with free pages may be late.
 *
 * Context: process context, before the first one is.
 */
void __init kho_fast_late_pages_begin(void)
{
	static_branch_enable(&kho_late_free_key);
}

/**
 * kho_fast_late_pages_end - No section is late any more.
 *
 * Context: process context, may sleep.
 */
void kho_fast_late_pages_end(void)
{
	static_branch_disable(&kho_late_free_key);
}

/**
 * kho_fast_late_pages_add - Count sections with free pages that are late.
 * @nr: Number of sections more; negative if they are fewer.
 *
 * Context: any.
 */
void kho_fast_late_pages_add(long nr)
{
	atomic_long_add(nr, &kho_nr_late_free);
}

/**
 * __kho_fast_late_free_pages - Number of free pages in late sections.
 *
 * Context: any.
 * Return: the number, which others may change at any time.
 */
unsigned long __kho_fast_late_free_pages(void)
{
	return section_nr_to_pfn(atomic_long_read(&kho_nr_late_free));
}
