/* SPDX-License-Identifier: GPL-2.0-only */
/* PASS: to scripts/dtc/libfdt of the kernel tree. */
#include <libfdt.h>
