// SPDX-License-Identifier: GPL-2.0-only
/*
 * The accelerated kernel checks the tree that it hands over: kho_fast_preflight() on the
 * host's tree, with a root FDT and a blob.
 */
#include <libfdt.h>
#include <linux/kexec.h>
#include <linux/kho_radix_tree.h>
#include <linux/mm.h>

#include "kexec_metadata.h"
#include "outgoing/outgoing.h"
#include "outgoing/preflight.h"

#include "host.h"

/* Memory for what this kernel itself hands over. */
#define POOL_PFN	(6 * HOST_PAGES_PER_GIB)
#define POOL_PAGES	512

static struct kimage image;
static struct kho_fast_fault fault;
static int error;

static int add_to_host(unsigned long key, void *data)
{
	int order = kho_fast_key_order(key);

	if (order)
		return -EINVAL;
	host_add_key(kho_fast_key_pfn(key, order));
	return 0;
}

/* The host's tree takes the place of the kernel's own, with its keys. */
static void hand_over_the_host(void)
{
	const struct kho_radix_walk_cb cb = { .leaf = add_to_host };
	struct kho_radix_tree tree = { .root = phys_to_virt(kho_fast_outgoing_root()) };
	void *fdt = phys_to_virt(kho_fast_subtree_fdt_pa());

	if (kho_radix_walk_tree(&tree, &cb, NULL) ||
	    fdt_setprop_inplace(fdt, 0, KHO_FDT_MEMORY_MAP_PROP_NAME, &host.root,
				sizeof(host.root)))
		shim_die("cannot hand over the tree of the host");
	image.kho.fdt = kho_fast_subtree_fdt_pa();
}

void host_preflight_prepare(char *arena)
{
	host_ours_prepare(arena);
	shim_slab_is_up = true;
	shim_pool_init(POOL_PFN, POOL_PAGES);
	if (kho_fast_outgoing_init() || kho_fast_subtree_init() || kho_fast_metadata_init())
		shim_die("handing over is disabled");
	hand_over_the_host();
}

void host_preflight_run(void)
{
	error = kho_fast_preflight(&image, &fault);
}

/* It has read all of the tree if it finds what is wrong at the end of it. */
bool host_preflight_verify(void)
{
	if (error) {
		fprintf(stderr, "native: the preflight refuses the tree: %s\n", fault.reason);
		return false;
	}
	host_add_key(host.end_pfn + PAGES_PER_SECTION);
	if (kho_fast_preflight(&image, &fault) == -EINVAL)
		return true;
	fprintf(stderr, "native: the preflight takes a key past the end of memory\n");
	return false;
}
