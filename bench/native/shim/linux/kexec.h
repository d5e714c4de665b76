/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: an image that takes a segment and the address of the root FDT; and what the
 * kernel's header brings stock's kexec_handover.c by the way.
 */
#ifndef BENCH_SHIM_KEXEC_H
#define BENCH_SHIM_KEXEC_H

#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex_types.h>
#include <linux/pgalloc_tag.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "mm/internal.h"

#define KEXEC_TYPE_DEFAULT	0
#define KEXEC_TYPE_CRASH	1
#define KEXEC_BUF_MEM_UNKNOWN	0

#define __pa(p)			virt_to_phys(p)
#define __va(phys)		phys_to_virt(phys)
#define kvmalloc_objs(obj, nr)	kvmalloc_array((nr), sizeof(obj), GFP_KERNEL)
#define pr_debug(fmt, ...)	do { } while (0)

struct lock_class_key { };
#define lockdep_set_class(lock, key)	((void)(key))

#define node_states		((const int[]){ 0 })
#define N_MEMORY		0
#define nodes_weight(nodes)	((void)(nodes), shim_num_nodes())

struct kexec_segment {
	void	*buf;
};

struct kimage {
	struct kexec_segment	segment[2];
	unsigned int		nr_segments;
	int			type;
	struct {
		struct kexec_segment	*scratch;
		phys_addr_t		fdt;
	} kho;
};

struct resource {
	u64	start, end;
};

struct kexec_buf {
	struct kimage	*image;
	void		*buffer;
	unsigned long	bufsz, mem, memsz, buf_align, buf_max;
	bool		top_down;
};

/* Stock is measured without deferred struct pages. */
static inline void init_deferred_page(unsigned long pfn, int nid)
{
}

static inline int kexec_add_buffer(struct kexec_buf *kbuf)
{
	kbuf->image->segment[kbuf->image->nr_segments++].buf = kbuf->buffer;
	return 0;
}

#endif /* BENCH_SHIM_KEXEC_H */
