// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: /dev/liveupdate
 *
 * For the manager of live updates; only one process can have it open. The first
 * open deserializes the sessions of the previous kernel.
 *
 * Lock order: see core.c.
 *
 * Failure: -EBUSY while the device is open; -EIO if the handover is invalid;
 * -ENOMEM and -EINTR, and then it can be opened again.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "device.h"
#include "ioctl.h"
#include "session.h"
#include "sessions.h"

static atomic_t luo_device_in_use = ATOMIC_INIT(0);

static int luo_device_create_session(void *unused, struct luo_fast_call *call)
{
	call->file = luo_fast_session_create(call->arg.create.name);
	return PTR_ERR_OR_ZERO(call->file);
}

static int luo_device_retrieve_session(void *unused, struct luo_fast_call *call)
{
	call->file = luo_fast_session_retrieve(call->arg.retrieve.name);
	return PTR_ERR_OR_ZERO(call->file);
}

static const struct luo_fast_ioctl luo_device_ioctl_table[] = {
	LUO_FAST_IOCTL(LIVEUPDATE_IOCTL_CREATE_SESSION,
		       struct liveupdate_ioctl_create_session, name, NULL,
		       luo_device_create_session, fput),
	LUO_FAST_IOCTL(LIVEUPDATE_IOCTL_RETRIEVE_SESSION,
		       struct liveupdate_ioctl_retrieve_session, name, NULL,
		       luo_device_retrieve_session,
		       /* Closing it would finish it and free its memory. */
		       luo_fast_session_undo_retrieve),
};

static const struct luo_fast_ioctls luo_device_ioctls = {
	.first = LIVEUPDATE_CMD_BASE,
	.nr = ARRAY_SIZE(luo_device_ioctl_table),
	.table = luo_device_ioctl_table,
};

static long luo_device_ioctl(struct file *file, unsigned int cmd,
			     unsigned long arg)
{
	return luo_fast_ioctl(&luo_device_ioctls, NULL, cmd, arg);
}

static int luo_device_open(struct inode *inode, struct file *file)
{
	int err;

	if (atomic_cmpxchg(&luo_device_in_use, 0, 1))
		return -EBUSY;

	err = luo_fast_sessions_deserialize();
	if (!err)
		return 0;

	atomic_set_release(&luo_device_in_use, 0);
	return err == -ENOMEM || err == -EINTR ? err : -EIO;
}

static int luo_device_release(struct inode *inode, struct file *file)
{
	atomic_set_release(&luo_device_in_use, 0);
	return 0;
}

static const struct file_operations luo_device_fops = {
	.owner		= THIS_MODULE,
	.open		= luo_device_open,
	.release	= luo_device_release,
	.unlocked_ioctl	= luo_device_ioctl,
};

static struct miscdevice luo_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "liveupdate",
	.fops	= &luo_device_fops,
};

/**
 * luo_fast_device_init - Register the device.
 *
 * Return: 0, or the error of misc_register().
 */
int __init luo_fast_device_init(void)
{
	return misc_register(&luo_device);
}
