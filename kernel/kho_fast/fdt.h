/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Properties of the root FDT.
 */
#ifndef _KERNEL_KHO_FAST_FDT_H
#define _KERNEL_KHO_FAST_FDT_H

#include <linux/bitmap.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/libfdt.h>
#include <linux/types.h>
#include <linux/unaligned.h>

/* Read a u64 property; false when it is missing or of another size. */
static inline bool kho_fast_fdt_u64(const void *fdt, int node,
				    const char *name, u64 *value)
{
	int len;
	const void *prop = fdt_getprop(fdt, node, name, &len);

	if (!prop || len != sizeof(*value))
		return false;

	*value = get_unaligned((const u64 *)prop);
	return true;
}

#endif /* _KERNEL_KHO_FAST_FDT_H */
