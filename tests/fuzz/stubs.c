// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions of the kernel beyond tests/shim.
 */
#include <linux/err.h>
#include <linux/kexec_handover.h>
#include <linux/memblock.h>
#include <linux/mm.h>

#include "fuzz.h"

static struct e820_table all_is_ram;
struct e820_table *e820_table = &all_is_ram;

void *kho_alloc_preserve(size_t size)
{
	return image_alloc() ?: ERR_PTR(-ENOMEM);
}

void kho_unpreserve_free(void *mem)
{
	shim_die("a page is freed while an image is built");
}

/* Pages of records, for the image that is being made */
struct page *kho_fast_alloc_pages(int nid, gfp_t gfp, unsigned int order)
{
	if (order)
		shim_die("pages are allocated to be preserved");
	return virt_to_page(image_alloc());
}

void __free_pages(struct page *page, unsigned int order)
{
	shim_die("pages that were preserved are freed");
}
