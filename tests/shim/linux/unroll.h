/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: a hint */
#define unrolled_full
