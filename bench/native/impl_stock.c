// SPDX-License-Identifier: GPL-2.0-only
/* Where stock's tree is: in the FDT that a kexec image gets. */
#include <linux/kexec.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/libfdt.h>

#include "kernel/kexec_internal.h"

#include "impl.h"

uint64_t impl_root(void)
{
	struct kimage image = { .type = KEXEC_TYPE_DEFAULT };
	const u64 *root;
	int len = 0;

	if (kho_fill_kimage(&image))
		shim_die("no image");
	root = fdt_getprop(phys_to_virt(image.kho.fdt), 0, KHO_FDT_MEMORY_MAP_PROP_NAME,
			   &len);
	if (!root || len != sizeof(*root))
		shim_die("no tree in the FDT");
	return *root;
}
