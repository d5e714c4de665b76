/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: __ro_after_init is in shim.h. */
