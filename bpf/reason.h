/* SPDX-License-Identifier: GPL-2.0-only */
/* Why the kernel refuses to be traced. */
#ifndef REASON_H
#define REASON_H

#include <stdarg.h>
#include <stddef.h>

#include <bpf/libbpf.h>

/* Of libbpf's messages: the last that says what failed is kept for the reason. */
void reason_note(enum libbpf_print_level level, const char *fmt, va_list ap);

/* NULL, or why no program of any kind can be loaded. */
const char *why_no_bpf(void);

/* Why the kernel has no BTF; @err is positive. */
const char *why_no_types(int err);

/* Why it refused programs, with negative @err; never NULL. */
const char *why_refused(int err);

#endif /* REASON_H */
