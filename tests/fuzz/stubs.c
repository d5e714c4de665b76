// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions of the kernel beyond tests/shim.
 */
#include <linux/err.h>
#include <linux/kexec_handover.h>

#include "fuzz.h"

void *kho_alloc_preserve(size_t size)
{
	return image_alloc() ?: ERR_PTR(-ENOMEM);
}

void kho_unpreserve_free(void *mem)
{
	shim_die("a page is freed while an image is built");
}
