/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manifest as it is handed over. tests/e2e/flips reads it too.
 */
#ifndef KHO_WORKLOAD_MANIFEST_H
#define KHO_WORKLOAD_MANIFEST_H

#include <linux/types.h>
#include <linux/kho/abi/kexec_handover.h>

#define MANIFEST_SUBTREE		"kho_workload"
#define MANIFEST_MAGIC		0x6b686f776c642d32	/* "khowld-2" */

/* @vmalloc is the area for SET_AREA, or else the entries. */
struct manifest_set_ser {
	u64 kind;
	u64 stamp;
	u64 seed;
	u64 nr;
	struct kho_vmalloc vmalloc;
};

/* @sum: of the whole page, with this field as 0. */
struct manifest_ser {
	u64 magic;
	u64 sum;
	u64 nr_sets;
	struct manifest_set_ser sets[];
};

#endif /* KHO_WORKLOAD_MANIFEST_H */
