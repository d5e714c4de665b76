/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB */
#define num_online_cpus()	2
