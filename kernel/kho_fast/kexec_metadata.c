// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Kexec metadata
 *
 * A blob with the release of the kernel that started the kexec and the number
 * of kexecs since the cold boot. Nothing depends on it.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kexec_metadata.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include "incoming/restore.h"
#include "kexec_metadata.h"

/* Read and free the record of the previous kernel. Returns its kexec count. */
static u32 __init kho_metadata_read(void)
{
	const struct kho_kexec_metadata *data;
	char release[sizeof(data->previous_release)];
	phys_addr_t phys;
	u32 count = 0;
	size_t size;

	if (kho_retrieve_subtree(KHO_METADATA_NODE_NAME, &phys, &size))
		return 0;

	data = phys_to_virt(phys);
	if (size < sizeof(data->version) ||
	    data->version != KHO_KEXEC_METADATA_VERSION ||
	    size < sizeof(*data)) {
		pr_warn("ignoring kexec metadata of %zu bytes: unknown format\n",
			size);
		return 0;
	}

	count = data->kexec_count;
	strscpy(release, data->previous_release);
	pr_info("exec from: %s (count %u)\n", release, count);
	kho_fast_restore_free_page(phys);

	return count;
}

/**
 * kho_fast_metadata_init - Read the incoming and write the outgoing record.
 *
 * Return: 0; -ENOMEM; or an error of kho_add_subtree().
 */
int __init kho_fast_metadata_init(void)
{
	struct kho_kexec_metadata *data;
	int err;

	data = kho_alloc_preserve(sizeof(*data));
	if (IS_ERR(data))
		return PTR_ERR(data);

	data->version = KHO_KEXEC_METADATA_VERSION;
	data->kexec_count = kho_metadata_read() + 1;
	strscpy(data->previous_release, init_uts_ns.name.release);

	err = kho_add_subtree(KHO_METADATA_NODE_NAME, data, sizeof(*data));
	if (err)
		kho_unpreserve_free(data);
	return err;
}
