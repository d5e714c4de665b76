/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types of the kernel, with the fields in use. The kernel's BTF relocates them when a program is
 * loaded; names are those of Linux 7.3.
 */
#ifndef KERNEL_BPF_H
#define KERNEL_BPF_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define PAGE_SHIFT	12

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	unsigned long f;
} memdesc_flags_t;

struct page {
	memdesc_flags_t flags;
};

struct folio {
	memdesc_flags_t flags;
	unsigned long _flags_1;		/* bits 0 to 7: order of a large folio */
};

enum pageflags {
	PG_head = 6,			/* the kernel's layout is used */
};

struct liveupdate_file_handler {
	const char compatible[48];
};

struct liveupdate_file_op_args {
	struct liveupdate_file_handler *handler;
};

struct luo_file_set {
	long count;
};

struct luo_session {
	char name[64];
	struct luo_file_set file_set;
};

#pragma clang attribute pop

static __always_inline unsigned int folio_order(const struct folio *folio)
{
	unsigned long head = 1UL << bpf_core_enum_value(enum pageflags, PG_head);

	if (!(BPF_CORE_READ(folio, flags.f) & head))
		return 0;
	return BPF_CORE_READ(folio, _flags_1) & 0xff;
}

#endif /* KERNEL_BPF_H */
