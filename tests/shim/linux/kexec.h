/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: an image that takes a segment and the address of the root FDT; and what the
 * kernel's header brings other files by the way.
 */
#ifndef SHIM_KEXEC_H
#define SHIM_KEXEC_H

#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/mm.h>
#include <linux/cleanup.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "mm/internal.h"

#define KEXEC_TYPE_DEFAULT	0
#define KEXEC_TYPE_CRASH	1
#define KEXEC_BUF_MEM_UNKNOWN	0

#define __pa(p)			virt_to_phys(p)
#define __va(phys)		phys_to_virt(phys)
#define pr_debug(fmt, ...)	do { } while (0)

struct lock_class_key { };
#define lockdep_set_class(lock, key)	((void)(key))

#define node_states		((const nodemask_t[]){ shim_node_states() })
#define N_MEMORY		0

struct kexec_segment {
	void	*buf;
};

struct kimage {
	struct kexec_segment	segment[2];
	unsigned int		nr_segments;
	int			type;
	unsigned int		file_mode:1;
	char			*cmdline_buf;
	struct {
		struct kexec_segment	*scratch;
		phys_addr_t		fdt;
	} kho;
};

extern struct kimage *kexec_image;
extern bool shim_kexec_locked;

struct resource {
	u64	start, end;
};

#define resource_size(res)	((res)->end - (res)->start + 1)
#define DEFINE_RES_MEM(start, size)	{ (start), (start) + (size) - 1 }

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

#endif /* SHIM_KEXEC_H */
