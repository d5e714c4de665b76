/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: as the unit tests', and what the kernel's linux/memblock.h wants. */
#ifndef BENCH_SHIM_INIT_H
#define BENCH_SHIM_INIT_H

#include_next <linux/init.h>

#define __meminit
#define __meminitdata

struct seq_file;

#endif /* BENCH_SHIM_INIT_H */
