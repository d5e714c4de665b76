// SPDX-License-Identifier: GPL-2.0-only
/*
 * Corrupt the handover, for tests of the next kernel.
 *
 * A probe on kho_fill_kimage(), which kexec_file_load() calls, finds the image.
 * The list of scratch areas is copied into the image, so it is corrupted at
 * once. FDT and tree are in use until the jump, so they are corrupted in the
 * last reboot notifier.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kexec.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kho_tsc.h>
#include <linux/kho_radix_tree.h>
#include <linux/kprobes.h>
#include <linux/libfdt.h>
#include <linux/reboot.h>
#include <linux/slab.h>

#include "kho_workload.h"

/* 32 TiB: addressable, and above the memory of all guests */
#define CORRUPT_OUTSIDE_RAM	BIT_ULL(45)
#define CORRUPT_BAD_ORDER	30

struct corrupt_scratch_area {	/* as on the wire */
	u64 addr;
	u64 size;
};

struct corrupt_handover {
	void *fdt;			/* one page */
	u64 *root_prop; /* in @fdt: physical address of the root */
	struct kho_radix_node *root;
	struct corrupt_scratch_area
		*scratch;		/* the copy that goes into the image */
	struct kexec_segment *segment;	/* the segment with @scratch */
};

/* Position of @name in the strings of the FDT */
static char *corrupt_fdt_find_name(void *fdt, const char *name)
{
	char *strings = fdt + fdt_off_dt_strings(fdt);
	size_t len = strlen(name) + 1;

	for (u32 i = 0; i + len <= fdt_size_dt_strings(fdt); i++)
		if (!memcmp(strings + i, name, len))
			return strings + i;
	return NULL;
}

/* Value of the 8-byte property @name: tag, length, name, value */
static u64 *corrupt_fdt_prop_u64(void *fdt, const char *name)
{
	char *string = corrupt_fdt_find_name(fdt, name);
	fdt32_t *tag = fdt + fdt_off_dt_struct(fdt);
	fdt32_t *end = (void *)tag + fdt_size_dt_struct(fdt);
	u32 nameoff;

	if (!string)
		return NULL;
	nameoff = string - (char *)fdt - fdt_off_dt_strings(fdt);
	for (; tag + 5 <= end; tag++)
		if (fdt32_to_cpu(tag[0]) == FDT_PROP &&
		    fdt32_to_cpu(tag[1]) == 8 &&
		    fdt32_to_cpu(tag[2]) == nameoff)
			return (u64 *)(tag + 3);
	return NULL;
}

static int corrupt_fdt_magic_bad(struct corrupt_handover *ho)
{
	fdt_set_magic(ho->fdt, FDT_MAGIC + 1);
	return 0;
}

static int corrupt_fdt_compatible_bad(struct corrupt_handover *ho)
{
	size_t len = strlen(KHO_FDT_COMPATIBLE);

	for (char *p = ho->fdt; p + len < (char *)ho->fdt + PAGE_SIZE; p++) {
		if (!memcmp(p, KHO_FDT_COMPATIBLE, len + 1)) {
			p[len - 1] = '9';
			return 0;
		}
	}
	return -ENOENT;
}

static int corrupt_fdt_size_bad(struct corrupt_handover *ho)
{
	fdt_set_totalsize(ho->fdt, 4 * PAGE_SIZE);
	return 0;
}

static int corrupt_fdt_no_map(struct corrupt_handover *ho)
{
	corrupt_fdt_find_name(ho->fdt, KHO_FDT_MEMORY_MAP_PROP_NAME)[0] = 'x';
	return 0;
}

static int corrupt_root_outside_ram(struct corrupt_handover *ho)
{
	*ho->root_prop = CORRUPT_OUTSIDE_RAM;
	return 0;
}

static int corrupt_root_unaligned(struct corrupt_handover *ho)
{
	*ho->root_prop += 0x100;
	return 0;
}

/* A used slot of a level-2 table, with the address of a level-1 table */
static u64 *corrupt_some_slot(struct corrupt_handover *ho)
{
	struct kho_radix_node *node = ho->root;

	for (int level = KHO_TREE_MAX_DEPTH - 1; level > 1; level--) {
		int i = 0;

		while (i < ARRAY_SIZE(node->table) - 1 && !node->table[i])
			i++;
		if (level == 2)
			return &node->table[i];
		node = phys_to_virt(node->table[i]);
	}
	return NULL;
}

static int corrupt_node_outside_ram(struct corrupt_handover *ho)
{
	*corrupt_some_slot(ho) = CORRUPT_OUTSIDE_RAM;
	return 0;
}

static int corrupt_node_loop(struct corrupt_handover *ho)
{
	*corrupt_some_slot(ho) = virt_to_phys(ho->root);
	return 0;
}

static int corrupt_add_key(struct corrupt_handover *ho, u64 phys,
			   unsigned int order)
{
	struct kho_radix_tree tree;
	int err;

	err = kho_radix_init_tree(&tree, ho->root);
	if (err)
		return err;
	return kho_radix_add_key(&tree, BIT_ULL(64 - PAGE_SHIFT - order) |
					phys >> (PAGE_SHIFT + order));
}

static int corrupt_order_too_big(struct corrupt_handover *ho)
{
	return corrupt_add_key(ho, 0, CORRUPT_BAD_ORDER);
}

static int corrupt_key_outside_ram(struct corrupt_handover *ho)
{
	return corrupt_add_key(ho, CORRUPT_OUTSIDE_RAM, 0);
}

static int corrupt_key_in_scratch(struct corrupt_handover *ho)
{
	return corrupt_add_key(ho, ho->scratch[0].addr +
				       ho->scratch[0].size / 2, 0);
}

struct corrupt_search {
	u64 leaf;	/* number of the bitmap of the last key */
	u64 key;	/* the last key, while it is the only one of its bitmap */
	u64 found;
};

/* Keys come in ascending order; those of order 0 are the last. */
static int corrupt_search_key(unsigned long key, void *data)
{
	struct corrupt_search *search = data;
	u64 leaf = key >> KHO_BITMAP_SIZE_LOG2;

	if (key >> (64 - PAGE_SHIFT) != 1)
		return 0;
	if (leaf != search->leaf && search->key)
		search->found = search->key;
	search->key = leaf == search->leaf ? 0 : key;
	search->leaf = leaf;
	return 0;
}

/* A second key for a page that is the only one in its section */
static int corrupt_keys_overlap(struct corrupt_handover *ho)
{
	static const struct kho_radix_walk_cb cb = {
		.leaf = corrupt_search_key,
	};
	struct corrupt_search search = { 0 };
	struct kho_radix_tree tree;
	int err;

	err = kho_radix_init_tree(&tree, ho->root);
	if (!err)
		err = kho_radix_walk_tree(&tree, &cb, &search);
	if (err)
		return err;
	if (!search.found)
		return -ENOENT;
	return corrupt_add_key(ho, (search.found ^ BIT_ULL(64 - PAGE_SHIFT))
					   << PAGE_SHIFT, 1);
}

/* Less than one area */
static int corrupt_scratch_count_bad(struct corrupt_handover *ho)
{
	ho->segment->bufsz = sizeof(struct corrupt_scratch_area) / 2;
	return 0;
}

static int corrupt_scratch_outside_ram(struct corrupt_handover *ho)
{
	ho->scratch[0].addr = CORRUPT_OUTSIDE_RAM;
	return 0;
}

/* The notifier that writes the record has a higher priority. */
static int corrupt_tsc_khz(struct corrupt_handover *ho)
{
	u64 *phys = corrupt_subtree_prop(ho->fdt, KHO_TSC_NODE_NAME,
					 KHO_SUB_TREE_PROP_NAME);

	if (!phys)
		return -ENOENT;
	((struct kho_tsc_ser *)phys_to_virt(*phys))->khz = 1;
	return 0;
}

struct corrupt_kind {
	const char *name;
	int (*at_load)(struct corrupt_handover *ho);	/* may not sleep */
	int (*at_reboot)(struct corrupt_handover *ho);
};

static const struct corrupt_kind corrupt_kinds[] = {
	{ "fdt-magic", NULL, corrupt_fdt_magic_bad },
	{ "fdt-compatible", NULL, corrupt_fdt_compatible_bad },
	{ "fdt-size", NULL, corrupt_fdt_size_bad },
	{ "fdt-no-map", NULL, corrupt_fdt_no_map },
	{ "root-outside-ram", NULL, corrupt_root_outside_ram },
	{ "root-unaligned", NULL, corrupt_root_unaligned },
	{ "node-outside-ram", NULL, corrupt_node_outside_ram },
	{ "node-loop", NULL, corrupt_node_loop },
	{ "order-too-big", NULL, corrupt_order_too_big },
	{ "key-outside-ram", NULL, corrupt_key_outside_ram },
	{ "key-in-scratch", NULL, corrupt_key_in_scratch },
	{ "keys-overlap", NULL, corrupt_keys_overlap },
	{ "scratch-count", corrupt_scratch_count_bad, NULL },
	{ "scratch-outside-ram", corrupt_scratch_outside_ram, NULL },
	{ "tsc-khz", NULL, corrupt_tsc_khz },
};

static const struct corrupt_kind *corrupt_armed;
static char corrupt_luo_what[40];
static struct corrupt_handover handover;

/* All faults of corrupt_luo.c; the name is a prefix. */
static int corrupt_luo_bad(struct corrupt_handover *ho)
{
	return corrupt_luo(ho->fdt, corrupt_luo_what);
}

static const struct corrupt_kind corrupt_luo_kind = { "luo-", NULL,
						      corrupt_luo_bad };

static int corrupt_fill_entry(struct kretprobe_instance *ri,
			      struct pt_regs *regs)
{
	*(struct kimage **)ri->data = (void *)regs_get_kernel_argument(regs, 0);
	return 0;
}

/* After kho_fill_kimage() the image has pointers to FDT and scratch list. */
static int corrupt_fill_return(struct kretprobe_instance *ri,
			       struct pt_regs *regs)
{
	struct kimage *image = *(struct kimage **)ri->data;

	if (regs_return_value(regs) || !image->kho.fdt || !image->kho.scratch)
		return 0;
	handover.fdt = phys_to_virt(image->kho.fdt);
	handover.segment = image->kho.scratch;
	memcpy(handover.scratch, handover.segment->kbuf,
	       min(handover.segment->bufsz, PAGE_SIZE));
	handover.segment->kbuf = handover.scratch;
	if (corrupt_armed->at_load)
		corrupt_armed->at_load(&handover);
	return 0;
}

static struct kretprobe corrupt_fill_probe = {
	.kp.symbol_name = "kho_fill_kimage",
	.entry_handler = corrupt_fill_entry,
	.handler = corrupt_fill_return,
	.data_size = sizeof(struct kimage *),
};

static int corrupt_at_reboot(struct notifier_block *nb, unsigned long action,
			     void *data)
{
	int err = -ENOENT;

	if (!handover.fdt)
		goto out;
	handover.root_prop = corrupt_fdt_prop_u64(handover.fdt,
						  KHO_FDT_MEMORY_MAP_PROP_NAME);
	if (!handover.root_prop)
		goto out;
	handover.root = phys_to_virt(*handover.root_prop);
	err = 0;
	if (corrupt_armed->at_reboot)
		err = corrupt_armed->at_reboot(&handover);
out:
	pr_info("spoiled %s: %d\n", corrupt_armed->name, err);
	return NOTIFY_DONE;
}

static struct notifier_block corrupt_reboot_nb = {
	.notifier_call = corrupt_at_reboot,
	.priority = INT_MIN,
};

int corrupt(const char *what)
{
	const struct corrupt_kind *kind = NULL;
	int err;

	for (int i = 0; i < ARRAY_SIZE(corrupt_kinds); i++)
		if (!strcmp(what, corrupt_kinds[i].name))
			kind = &corrupt_kinds[i];
	if (corrupt_luo_knows(what)) {
		strscpy(corrupt_luo_what, what);
		kind = &corrupt_luo_kind;
	}
	if (!kind || corrupt_armed)
		return report_err(-EINVAL,
				  "unknown what=, or a fault is armed already");

	handover.scratch = (void *)get_zeroed_page(GFP_KERNEL);
	if (!handover.scratch)
		return -ENOMEM;
	err = register_kretprobe(&corrupt_fill_probe);
	if (err)
		goto err_free;
	corrupt_armed = kind;
	register_reboot_notifier(&corrupt_reboot_nb);
	return 0;

err_free:
	free_page((unsigned long)handover.scratch);
	return report_err(err, "cannot probe kho_fill_kimage");
}

void corrupt_exit(void)
{
	if (!corrupt_armed)
		return;
	unregister_reboot_notifier(&corrupt_reboot_nb);
	unregister_kretprobe(&corrupt_fill_probe);
	/* handover.scratch is leaked: it may be part of a loaded image. */
}
