/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: a test says whether this is a crash kernel. */
extern bool shim_is_kdump;
#define is_kdump_kernel()	shim_is_kdump
