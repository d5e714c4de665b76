// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of reserve_mem=SIZE:ALIGN:NAME. The first boot fills it; later ones
 * must find the same bytes under the same name.
 */
#include <linux/io.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "kho_workload.h"

static void *reserve_find(const char *name, phys_addr_t *size)
{
	phys_addr_t start;

	if (reserve_mem_find_by_name(name, &start, size))
		return phys_to_virt(start);
	report("no memory is reserved as '%s'\n", name);
	return NULL;
}

int reserve_fill(void)
{
	phys_addr_t size;
	void *mem = reserve_find(arg_str("name", ""), &size);

	if (!mem)
		return -ENOENT;
	for (phys_addr_t off = 0; off < size; off += PAGE_SIZE)
		stamp_page(mem + off, arg_num("seed", 1), off, PAGE_SIZE);
	return 0;
}

int reserve_check(void)
{
	unsigned long bad = 0;
	phys_addr_t size;
	void *mem = reserve_find(arg_str("name", ""), &size);

	if (!mem)
		return -ENOENT;
	for (phys_addr_t off = 0; off < size; off += PAGE_SIZE)
		bad += !stamp_matches(mem + off, arg_num("seed", 1), off,
				      PAGE_SIZE);
	report("reserve_bad=%lu\n", bad);
	if (bad)
		return report_err(-EIO, "%lu of %llu pages differ", bad,
				  size >> PAGE_SHIFT);
	return 0;
}

/* The function is not exported: a probe finds its address. */
int reserve_release(void)
{
	struct kprobe probe = { .symbol_name = "reserve_mem_release_by_name" };
	int (*release)(const char *name);
	int err;

	err = register_kprobe(&probe);
	if (err)
		return report_err(err, "cannot find %s", probe.symbol_name);
	release = (void *)probe.addr;
	unregister_kprobe(&probe);
	return release(arg_str("name", "")) ? 0 : -ENOENT;
}
