/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: min() and its kin are in shim.h. */
