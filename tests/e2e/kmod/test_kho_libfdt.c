// SPDX-License-Identifier: GPL-2.0-only
/* The parts of the kernel's libfdt that test_kho calls: it is not exported. */
#include <lib/fdt.c>
#include <lib/fdt_ro.c>
#include <lib/fdt_sw.c>
