// SPDX-License-Identifier: GPL-2.0-only
/*
 * The manifest: a page, the subtree "kho_workload", that describes all sets.
 * The entries of a set are a preserved vmalloc area.
 *
 *	kho_workload -> manifest_ser: set_ser, set_ser, ...
 *				       |
 *				       +-> entries (kho_vmalloc)
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/list.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include "kho_workload.h"
#include "manifest.h"

#define MANIFEST_MAX_SETS                                                      \
	((PAGE_SIZE - sizeof(struct manifest_ser)) /                           \
	 sizeof(struct manifest_set_ser))

static LIST_HEAD(manifest_outgoing);
static LIST_HEAD(manifest_incoming);
static struct manifest_ser *manifest;	/* NULL while nothing is preserved */

/* A flipped bit would be taken for a number of entries, or for their seed. */
static u64 manifest_sum(const struct manifest_ser *ser)
{
	const u64 *words = (const u64 *)ser;
	u64 sum = 0;

	for (size_t i = 0; i < PAGE_SIZE / sizeof(*words); i++)
		sum = (sum ^ (words + i == &ser->sum ? 0 : words[i])) *
		      0x9e3779b97f4a7c15;
	return sum;
}

static int manifest_create(void)
{
	int err;

	if (manifest)
		return 0;
	manifest = kho_alloc_preserve(PAGE_SIZE);
	if (IS_ERR(manifest)) {
		err = PTR_ERR(manifest);
		manifest = NULL;
		return err;
	}
	manifest->magic = MANIFEST_MAGIC;
	err = kho_add_subtree(MANIFEST_SUBTREE, manifest, PAGE_SIZE);
	if (err) {
		kho_unpreserve_free(manifest);
		manifest = NULL;
	}
	return err;
}

static void *manifest_set_vmalloc(struct workload_set *set)
{
	return set->kind == SET_AREA ? set->area : set->entries;
}

int manifest_preserve(struct workload_set *set)
{
	struct manifest_set_ser *ser;
	u64 ns;
	int err;

	err = manifest_create();
	if (err)
		return report_err(err, "creating the manifest");
	if (manifest->nr_sets == MANIFEST_MAX_SETS)
		return report_err(-ENOSPC, "the manifest is full");

	ns = ktime_get_raw_ns();
	err = set_preserve(set);
	ns = ktime_get_raw_ns() - ns;
	if (err)
		return report_err(err, "preserving the set");

	ser = &manifest->sets[manifest->nr_sets];
	err = kho_preserve_vmalloc(manifest_set_vmalloc(set), &ser->vmalloc);
	if (err) {
		set_unpreserve(set);
		return report_err(err, "preserving the area or the entries");
	}
	ser->kind = set->kind;
	ser->stamp = set->stamp;
	ser->seed = set->seed;
	ser->nr = set->nr;
	manifest->nr_sets++;
	manifest->sum = manifest_sum(manifest);
	list_add_tail(&set->list, &manifest_outgoing);

	report("preserved=%lu\npreserve_ns=%llu\n", set->nr, ns);
	return 0;
}

int manifest_unpreserve(void)
{
	struct workload_set *set, *tmp;
	int i = 0;

	if (!manifest)
		return report_err(-ENOENT, "nothing is preserved");
	kho_remove_subtree(manifest);
	list_for_each_entry_safe(set, tmp, &manifest_outgoing, list) {
		kho_unpreserve_vmalloc(&manifest->sets[i++].vmalloc);
		set_unpreserve(set);
		set_destroy(set);
	}
	kho_unpreserve_free(manifest);
	manifest = NULL;
	return 0;
}

/* Restore the entries of a set, or its area; not timed. */
static int manifest_restore_set(const struct manifest_set_ser *ser)
{
	struct workload_set *set = set_create();
	void *area;

	if (!set)
		return -ENOMEM;
	set->kind = ser->kind;
	set->stamp = ser->stamp;
	set->seed = ser->seed;
	set->nr = ser->nr;

	/* An area is restored here completely. */
	area = kho_restore_vmalloc(&ser->vmalloc);
	if (!area) {
		kfree(set);
		return report_err(-EIO, "a vmalloc area is not restored");
	}
	if (set->kind == SET_AREA)
		set->area = area;
	else
		set->entries = area;
	list_add_tail(&set->list, &manifest_incoming);
	return 0;
}

/* Sets that can be restored are, also after an error. */
static int manifest_read(void)
{
	const struct manifest_ser *in;
	phys_addr_t phys;
	size_t size;
	int err;

	err = kho_retrieve_subtree(MANIFEST_SUBTREE, &phys, &size);
	if (err)
		return report_err(err, "no subtree " MANIFEST_SUBTREE);
	in = phys_to_virt(phys);
	if (size != PAGE_SIZE || in->magic != MANIFEST_MAGIC ||
	    in->sum != manifest_sum(in)) {
		pr_err("the manifest at %pa is spoiled\n", &phys);
		return report_err(-EINVAL, "the manifest is spoiled");
	}
	for (int i = 0; i < in->nr_sets; i++) {
		int ret = manifest_restore_set(&in->sets[i]);

		err = err ?: ret;
	}
	kho_restore_free((void *)in);
	return err;
}

int manifest_restore(void)
{
	unsigned long nr = 0, failed = 0;
	struct workload_set *set;
	u64 ns;
	int err;

	if (!list_empty(&manifest_incoming))
		return report_err(-EBUSY, "restored already");
	err = manifest_read();

	ns = ktime_get_raw_ns();
	list_for_each_entry(set, &manifest_incoming, list) {
		failed += set_restore(set);
		nr += set->nr;
	}
	ns = ktime_get_raw_ns() - ns;
	if (err)
		return err;

	report("restored=%lu\nrestore_ns=%llu\n", nr - failed, ns);
	if (failed != arg_num("lost", 0))
		return report_err(-EIO, "%lu of %lu entries are not restored",
				  failed, nr);
	return 0;
}

int manifest_verify(void)
{
	unsigned long nr = 0, bad = 0, missing = 0;
	struct workload_set *set;

	if (list_empty(&manifest_incoming))
		return report_err(-ENOENT, "nothing is restored");
	list_for_each_entry(set, &manifest_incoming, list) {
		bad += set_check(set);
		missing += set_missing(set);
		nr += set->nr;
	}
	report("verified=%lu\nbad=%lu\n", nr, bad);
	if (bad != arg_num("lost", 0))
		return report_err(-EIO, bad > missing ?
				  "%lu of %lu entries differ" :
				  "%lu of %lu entries are missing", bad, nr);
	return 0;
}

int manifest_free(void)
{
	struct workload_set *set, *tmp;

	if (list_empty(&manifest_incoming))
		return report_err(-ENOENT, "nothing is restored");
	list_for_each_entry_safe(set, tmp, &manifest_incoming, list)
		set_destroy(set);
	return 0;
}

int manifest_spoil(unsigned long nr,
		   void (*how)(struct workload_set *set, unsigned long which))
{
	struct workload_set *set;

	list_for_each_entry(set, &manifest_outgoing, list) {
		for (unsigned long i = 0; i < nr && i < set->nr; i++)
			how(set, i * (set->nr / nr));
	}
	if (list_empty(&manifest_outgoing))
		return report_err(-ENOENT, "nothing is preserved");
	return 0;
}
