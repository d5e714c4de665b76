/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB */
#define EXPORT_SYMBOL_GPL(sym)
