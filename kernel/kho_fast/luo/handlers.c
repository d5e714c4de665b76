// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Handlers of files
 *
 * Few kinds of files can be preserved, so handlers are in a list, and each file
 * is offered to them in order of registration.
 *
 * Lifecycle: from registration to unregistration by a module. A preserved file
 * holds a reference of the module.
 *
 * Lock order: luo_fast_registry_rwsem; see core.c. can_preserve() runs with it
 * held for reading, other callbacks without.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/cleanup.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kmod.h>
#include <linux/list_private.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "flb.h"
#include "handlers.h"
#include "registry.h"

static struct liveupdate_file_handler *luo_handler_find(const char *compatible)
{
	struct liveupdate_file_handler *fh;

	list_private_for_each_entry(fh, &luo_fast_handlers, list) {
		if (!strcmp(fh->compatible, compatible))
			return fh;
	}

	return NULL;
}

/**
 * luo_fast_handler_get - Find the handler of a file.
 * @file: The file.
 *
 * Context: process context, may sleep.
 * Return: The first handler that supports the file, with a reference of its
 * module; NULL if there is none, or if it is being unloaded.
 */
struct liveupdate_file_handler *luo_fast_handler_get(struct file *file)
{
	struct liveupdate_file_handler *fh;

	guard(rwsem_read)(&luo_fast_registry_rwsem);

	list_private_for_each_entry(fh, &luo_fast_handlers, list) {
		if (fh->ops->can_preserve(fh, file))
			return try_module_get(fh->ops->owner) ? fh : NULL;
	}

	return NULL;
}

/**
 * luo_fast_handler_find - Find a handler by its name.
 * @compatible: The name.
 *
 * Context: process context, may sleep.
 * Return: The handler, with a reference of its module; NULL if there is none,
 * or if it is being unloaded.
 */
struct liveupdate_file_handler *luo_fast_handler_find(const char *compatible)
{
	struct liveupdate_file_handler *fh;

	guard(rwsem_read)(&luo_fast_registry_rwsem);

	fh = luo_handler_find(compatible);
	return fh && try_module_get(fh->ops->owner) ? fh : NULL;
}

/* The name is from the previous kernel, and becomes an argument of modprobe. */
static bool luo_is_module_name(const char *name)
{
	for (; *name; name++) {
		if (!isascii(*name))
			return false;
		if (!isalnum(*name) && !strchr("-_.", *name))
			return false;
	}

	return true;
}

/**
 * luo_fast_handler_request - Load the module of a handler.
 * @compatible: The name of the handler; the module has the alias luo-handler-
 *              with that name.
 *
 * Context: process context, may sleep; luo_fast_registry_rwsem is not held.
 * Return: true if such a module is loaded now.
 */
bool luo_fast_handler_request(const char *compatible)
{
	return luo_is_module_name(compatible) &&
	       !request_module("luo-handler-%s", compatible);
}

/**
 * luo_fast_handler_put - Put the module of a handler.
 * @fh: The handler.
 */
void luo_fast_handler_put(struct liveupdate_file_handler *fh)
{
	module_put(fh->ops->owner);
}

static bool luo_handler_is_complete(const struct liveupdate_file_ops *ops)
{
	return ops->can_preserve && ops->preserve && ops->unpreserve &&
	       ops->retrieve && ops->finish;
}

static int luo_handler_add(struct liveupdate_file_handler *fh)
{
	int err;

	guard(rwsem_write)(&luo_fast_registry_rwsem);

	if (luo_handler_find(fh->compatible)) {
		pr_err("file handler '%s' is registered already\n",
		       fh->compatible);
		return -EEXIST;
	}

	err = luo_fast_flb_add_handler(fh);
	if (err)
		return err;

	list_add_tail(&ACCESS_PRIVATE(fh, list), &luo_fast_handlers);
	return 0;
}

/**
 * liveupdate_register_file_handler - Register a handler of files.
 * @fh: The handler, with @ops and @compatible.
 *
 * A handler of files of the previous kernel must be registered when their
 * session is retrieved, or be in a module with the alias luo-handler- and
 * its name.
 *
 * Context: process context, may sleep.
 * Return: 0; -EOPNOTSUPP if live update is disabled; -EINVAL if a callback is
 * missing; -EEXIST if the name is in use; -ENOMEM.
 */
int liveupdate_register_file_handler(struct liveupdate_file_handler *fh)
{
	int err;

	if (!liveupdate_enabled())
		return -EOPNOTSUPP;
	if (!luo_handler_is_complete(fh->ops))
		return -EINVAL;

	err = luo_handler_add(fh);
	if (!err)
		liveupdate_test_register(fh);
	return err;
}
EXPORT_SYMBOL_GPL(liveupdate_register_file_handler);

/**
 * liveupdate_unregister_file_handler - Unregister a handler of files.
 * @fh: The handler; its FLBs are unregistered from it.
 *
 * Context: process context, may sleep. None of its files is preserved.
 */
void liveupdate_unregister_file_handler(struct liveupdate_file_handler *fh)
{
	if (!liveupdate_enabled())
		return;

	guard(rwsem_write)(&luo_fast_registry_rwsem);
	luo_fast_flb_del_handler(fh);
	list_del(&ACCESS_PRIVATE(fh, list));
}
EXPORT_SYMBOL_GPL(liveupdate_unregister_file_handler);
