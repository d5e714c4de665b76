/* SPDX-License-Identifier: GPL-2.0-only */
/* Reasons why the kernel cannot be traced */
#ifndef REASON_H
#define REASON_H

#include <stdarg.h>
#include <stddef.h>

#include <bpf/libbpf.h>

/* Keeps the last message of libbpf that describes the failure. */
void reason_note(enum libbpf_print_level level, const char *fmt, va_list ap);

/* NULL, or why no program of any kind can be loaded. */
const char *why_no_bpf(void);

/* Why the kernel has no BTF; @err is positive. */
const char *why_no_types(int err);

/* Why the kernel rejected programs, with negative @err; never NULL. */
const char *why_refused(int err);

#endif /* REASON_H */
