/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: an initcall is a variable that a test can call. */
#ifndef SHIM_MODULE_H
#define SHIM_MODULE_H

#define THIS_MODULE		NULL
#define late_initcall(fn)	int (*shim_initcall_##fn)(void) = fn

#endif /* SHIM_MODULE_H */
