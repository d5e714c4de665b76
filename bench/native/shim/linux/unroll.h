/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: the unit tests need no speed. */
#undef unrolled_full
#define unrolled_full	_Pragma("GCC unroll 64")
