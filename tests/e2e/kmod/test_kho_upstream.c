// SPDX-License-Identifier: GPL-2.0-only
/* lib/test_kho.c of the kernel tree, unmodified, as the module test_kho. */
#include <lib/test_kho.c>
