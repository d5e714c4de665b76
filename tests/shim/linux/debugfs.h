/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: a test calls what shows a file by the name of the file. */
#ifndef SHIM_DEBUGFS_H
#define SHIM_DEBUGFS_H

struct dentry;
struct seq_file;

#define DEFINE_SHOW_ATTRIBUTE(name)					\
	int (*shim_show_##name)(struct seq_file *m, void *v) = name##_show; \
	static const int name##_fops

#define debugfs_create_file(name, mode, dir, data, fops)	((void)(fops))

#endif /* SHIM_DEBUGFS_H */
