/* SPDX-License-Identifier: GPL-2.0-only */
/* PASS: to qsort(), which has no swap function. */
#include <stdlib.h>
#define sort(base, n, size, compare, swap)	qsort((base), (n), (size), (compare))
