/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: the part that is used. */
#define count_trailing_zeros(x)	((x) ? (int)__builtin_ctzl(x) : BITS_PER_LONG)
