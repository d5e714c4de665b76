/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: early parameters and initcalls are variables that a test can call. */
#ifndef SHIM_INIT_H
#define SHIM_INIT_H

#include <linux/compiler.h>

#define __init
#define __initdata
#define __initconst
#define __meminit
#define __meminitdata
#define THIS_MODULE		NULL

/* Of the test */
struct module;
bool try_module_get(struct module *module);
void __module_get(struct module *module);
void module_put(struct module *module);

#define early_param(name, fn)	int (*shim_param_##fn)(char *arg) = fn

/* For files of lib/ that can be modules */
#define MODULE_LICENSE(text)
#define MODULE_DESCRIPTION(text)
#define early_initcall(fn)	int (*shim_initcall_##fn)(void) = fn
#define subsys_initcall(fn)	early_initcall(fn)
#define fs_initcall(fn)		early_initcall(fn)
#define late_initcall(fn)	early_initcall(fn)

#define __NEW_UTS_LEN	64

static const struct {
	struct { const char *release; } name;
} init_uts_ns = { { "7.3.0-shim" } };

#endif /* SHIM_INIT_H */
