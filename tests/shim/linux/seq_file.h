/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: a test calls what shows a file of debugfs, by the name of the file. */
#ifndef SHIM_SEQ_FILE_H
#define SHIM_SEQ_FILE_H

#include <stdarg.h>
#include <stdio.h>

struct dentry;
struct seq_file {
	FILE *file;
};

#define DEFINE_SHOW_ATTRIBUTE(name)					\
	int (*shim_show_##name)(struct seq_file *m, void *v) = name##_show; \
	static const int name##_fops
#define debugfs_create_file(name, mode, dir, data, fops)	((void)(fops))
#define debugfs_create_u32(name, mode, dir, value)	((void)(value))

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
