// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Handlers of files
 *
 * Who can preserve which files: the kinds of files that survive are few, so they
 * are in a list, and every file is offered to them in the order of registration.
 *
 * Lifecycle: from registration to unregistration by a module that is loaded. A
 * file that is preserved holds a reference of the module.
 *
 * Lock order: luo_fast_registry_rwsem; see core.c. can_preserve() is called with it
 * held for reading, all other callbacks without.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/export.h>
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
 * luo_fast_handler_get - Find the handler for a file.
 * @file: The file.
 *
 * Context: process context, may sleep.
 * Return: the first handler that wants it, with a reference of its module; NULL
 * when there is none, or when it is being unloaded.
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
 * Return: the handler, with a reference of its module; NULL when there is none,
 * or when it is being unloaded.
 */
struct liveupdate_file_handler *luo_fast_handler_find(const char *compatible)
{
	struct liveupdate_file_handler *fh;

	guard(rwsem_read)(&luo_fast_registry_rwsem);

	fh = luo_handler_find(compatible);
	return fh && try_module_get(fh->ops->owner) ? fh : NULL;
}

/**
 * luo_fast_handler_put - Give the reference of a handler's module back.
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
	guard(rwsem_write)(&luo_fast_registry_rwsem);

	if (luo_handler_find(fh->compatible)) {
		pr_err("there is a file handler '%s' already\n", fh->compatible);
		return -EEXIST;
	}

	INIT_LIST_HEAD(&ACCESS_PRIVATE(fh, flb_list));
	list_add_tail(&ACCESS_PRIVATE(fh, list), &luo_fast_handlers);
	return 0;
}

/**
 * liveupdate_register_file_handler - Offer to preserve a kind of files.
 * @fh: The handler, with @ops and @compatible.
 *
 * Context: process context, may sleep. Before the device is opened first if
 * files of the previous kernel are to find their handler.
 * Return: 0; -EOPNOTSUPP when live update is off; -EINVAL when a callback is
 * missing; -EEXIST when the name is taken.
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
 * liveupdate_unregister_file_handler - Undo liveupdate_register_file_handler().
 * @fh: The handler; its FLBs are unregistered from it, too.
 *
 * Context: process context, may sleep; none of its files is preserved.
 */
void liveupdate_unregister_file_handler(struct liveupdate_file_handler *fh)
{
	if (!liveupdate_enabled())
		return;

	guard(rwsem_write)(&luo_fast_registry_rwsem);
	luo_fast_flb_unregister_all(fh);
	list_del(&ACCESS_PRIVATE(fh, list));
}
EXPORT_SYMBOL_GPL(liveupdate_unregister_file_handler);
