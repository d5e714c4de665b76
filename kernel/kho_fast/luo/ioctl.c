// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Extensible ioctls
 *
 * Arguments may grow. A caller with a shorter argument leaves the remaining
 * fields zero; fields that this kernel does not know must be zero.
 *
 * An ioctl runs inside the gate (gate.c). The argument is copied before, and
 * the response afterwards, since a page fault can take for ever
 * (userfaultfd(2)).
 *
 * Failure, as in stock: -EINVAL for a number out of range, an argument that is
 * too short, and an ioctl that does not apply to the object; -ENOTTY for
 * another direction or size in the number; -E2BIG for unknown fields that are
 * not zero; -EFAULT. -EINTR if the task is killed while it waits for a freeze.
 */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/ioctl.h>
#include <linux/minmax.h>
#include <linux/uaccess.h>

#include "gate.h"
#include "ioctl.h"

static const struct luo_fast_ioctl *
luo_ioctl_by_cmd(const struct luo_fast_ioctls *ioctls, unsigned int cmd)
{
	const struct luo_fast_ioctl *ioctl;
	unsigned int i;

	ioctl = &ioctls->table[_IOC_NR(cmd) - ioctls->first];
	if (ioctl->cmd == cmd)
		return ioctl;

	for (i = 0; i < ioctls->nr_extensions; i++) {
		if (ioctls->extensions[i].cmd == cmd)
			return &ioctls->extensions[i];
	}

	return NULL;
}

static int luo_ioctl_find(const struct luo_fast_ioctls *ioctls,
			  const void *object, unsigned int cmd, u32 size,
			  const struct luo_fast_ioctl **found)
{
	const struct luo_fast_ioctl *ioctl = luo_ioctl_by_cmd(ioctls, cmd);

	if (!ioctl)
		return -ENOIOCTLCMD;
	if (ioctl->applies && !ioctl->applies(object))
		return -EINVAL;
	if (size < ioctl->min_size)
		return -EINVAL;

	*found = ioctl;
	return 0;
}

static int luo_ioctl_respond(const struct luo_fast_call *call)
{
	return copy_to_user(call->to, &call->arg, call->size) ? -EFAULT : 0;
}

static int luo_ioctl_run(const struct luo_fast_ioctl *ioctl, void *object,
			 struct luo_fast_call *call)
{
	struct luo_fast_gate_op op;
	int err = luo_fast_gate_enter(&op, call->session);

	if (err)
		return err;

	err = ioctl->run(object, call);
	luo_fast_gate_leave(&op);
	return err;
}

/* Run an ioctl that returns a file. */
static int luo_ioctl_make_file(const struct luo_fast_ioctl *ioctl, void *object,
			       struct luo_fast_call *call)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);
	int err;

	if (fd < 0)
		return fd;

	call->arg.fd = fd;
	err = luo_ioctl_run(ioctl, object, call);
	if (err)
		goto err_put_fd;

	err = luo_ioctl_respond(call);
	if (err)
		goto err_drop;

	fd_install(fd, call->file);
	return 0;

err_drop:
	ioctl->drop(call->file);
err_put_fd:
	put_unused_fd(fd);
	return err;
}

/**
 * luo_fast_ioctl - Call an ioctl.
 * @ioctls: The ioctls of the file.
 * @object: The object of the file.
 * @cmd:    Number of the ioctl.
 * @arg:    Argument in userspace.
 *
 * Return: The result of the ioctl, or an error, see above.
 */
long luo_fast_ioctl(const struct luo_fast_ioctls *ioctls, void *object,
		    unsigned int cmd, unsigned long arg)
{
	struct luo_fast_call call = {
		.to = (void __user *)arg,
		.session = ioctls->session ? ioctls->session(object) : "",
	};
	const struct luo_fast_ioctl *ioctl;
	u32 size;
	int err;

	if (_IOC_NR(cmd) < ioctls->first ||
	    _IOC_NR(cmd) - ioctls->first >= ioctls->nr)
		return -EINVAL;
	if (get_user(size, (u32 __user *)call.to))
		return -EFAULT;

	err = luo_ioctl_find(ioctls, object, cmd, size, &ioctl);
	if (err)
		return err;

	err = copy_struct_from_user(&call.arg, ioctl->size, call.to, size);
	if (err)
		return err;

	call.size = min_t(size_t, size, ioctl->size);
	if (ioctl->drop)
		return luo_ioctl_make_file(ioctl, object, &call);

	err = luo_ioctl_run(ioctl, object, &call);
	/* An extension says so if it has no response; the others all have. */
	if (err || _IOC_DIR(cmd) == _IOC_WRITE)
		return err;

	return luo_ioctl_respond(&call);
}
