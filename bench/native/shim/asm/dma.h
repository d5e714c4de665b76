/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: for linux/memblock.h of the kernel. */
