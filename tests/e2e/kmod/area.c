// SPDX-License-Identifier: GPL-2.0-only
/* vmalloc areas for kho_preserve_vmalloc(); huge=1 maps large pages */
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "kho_workload.h"

int area_create(struct workload_set *set)
{
	u64 bytes = arg_num("bytes", 0);

	set->kind = SET_AREA;
	set->stamp = STAMP_FULL;
	if (!bytes || !PAGE_ALIGNED(bytes))
		return report_err(-EINVAL,
				  "bytes= is missing, or not whole pages");
	if (arg_num("huge", 0))
		set->area = vmalloc_huge(bytes, GFP_KERNEL);
	else
		set->area = vmalloc(bytes);
	if (!set->area)
		return report_err(-ENOMEM, "no memory for the area");
	set->nr = bytes >> PAGE_SHIFT;
	return 0;
}
