/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: nobody reads it. */
#ifndef SHIM_SEQ_FILE_H
#define SHIM_SEQ_FILE_H

#include <stdarg.h>
#include <stdio.h>

struct seq_file {
	FILE *file;
};

#define seq_puts(m, s)		fputs(s, (m)->file)
#define seq_putc(m, c)		fputc(c, (m)->file)
#define seq_escape(m, s, esc)	fputs(s, (m)->file)

/* A function: u64 is an unsigned long here, and the kernel prints it as %llu. */
static inline void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(m->file, fmt, args);
	va_end(args);
}

#endif /* SHIM_SEQ_FILE_H */
