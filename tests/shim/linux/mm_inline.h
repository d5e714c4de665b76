/* SPDX-License-Identifier: GPL-2.0-only */
/* PASS: to linux/shmem_fs.h. */
#include <linux/shmem_fs.h>
