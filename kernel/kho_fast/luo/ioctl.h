/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extensible ioctls of the device and of sessions.
 */
#ifndef _KERNEL_KHO_FAST_LUO_IOCTL_H
#define _KERNEL_KHO_FAST_LUO_IOCTL_H

#include <linux/liveupdate.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <uapi/linux/liveupdate_fast.h>

struct file;

/* Argument of any ioctl; each starts with its size */
union luo_fast_arg {
	struct {
		u32				size;
		s32				fd;
	};
	struct liveupdate_ioctl_create_session	create;
	struct liveupdate_ioctl_retrieve_session retrieve;
	struct liveupdate_session_preserve_fd	preserve_fd;
	struct liveupdate_session_retrieve_fd	retrieve_fd;
	struct liveupdate_session_finish	finish;
	struct liveupdate_session_get_name	get_name;
	struct liveupdate_fast_session_unpreserve_fd unpreserve_fd;
};

/* Ioctls that return a file have its descriptor in the same place. */
static_assert(offsetof(union luo_fast_arg, create.fd) ==
	      offsetof(union luo_fast_arg, fd));
static_assert(offsetof(union luo_fast_arg, retrieve.fd) ==
	      offsetof(union luo_fast_arg, fd));
static_assert(offsetof(union luo_fast_arg, retrieve_fd.fd) ==
	      offsetof(union luo_fast_arg, fd));

/**
 * struct luo_fast_call - A call of an ioctl.
 * @arg:     The argument; fields beyond that of the caller are zero.
 * @to:      Its address in userspace.
 * @size:    Bytes to copy back.
 * @session: Name of the session; "" for the device.
 * @file:    File for the caller, set by an ioctl with &luo_fast_ioctl.drop.
 */
struct luo_fast_call {
	union luo_fast_arg	arg;
	void __user		*to;
	size_t			size;
	const char		*session;
	struct file		*file;
};

/**
 * struct luo_fast_ioctl - Description of an ioctl.
 * @cmd:      Its number.
 * @min_size: Size of the shortest valid argument.
 * @size:     Size of the argument in this kernel.
 * @applies:  Check whether it applies to an object; NULL: always.
 * @run:      Implementation, inside the gate. Must not access memory of
 *            userspace.
 * @drop:     For an ioctl that returns a file: put the file if its descriptor
 *            cannot be returned, outside the gate.
 */
struct luo_fast_ioctl {
	unsigned int	cmd;
	size_t		min_size;
	size_t		size;
	bool		(*applies)(const void *object);
	int		(*run)(void *object, struct luo_fast_call *call);
	void		(*drop)(struct file *file);
};

#define LUO_FAST_IOCTL(_cmd, _type, _last, _applies, _run, _drop) {	\
	.cmd = (_cmd),							\
	.min_size = offsetofend(_type, _last),				\
	.size = sizeof(_type),						\
	.applies = (_applies),						\
	.run = (_run),							\
	.drop = (_drop),						\
}

/**
 * struct luo_fast_ioctls - Ioctls of a kind of file.
 * @session: Get the name of the session of an object; NULL: it has none.
 * @first: Number of the first one.
 * @nr:    Length of @table.
 * @table: The ioctls, by number, without gaps.
 * @nr_extensions: Length of @extensions.
 * @extensions: Ioctls of liveupdate_fast.h, with numbers of ioctls in @table
 *         but for direction and size.
 */
struct luo_fast_ioctls {
	const char			*(*session)(const void *object);
	unsigned int			first;
	unsigned int			nr;
	const struct luo_fast_ioctl	*table;
	unsigned int			nr_extensions;
	const struct luo_fast_ioctl	*extensions;
};

long luo_fast_ioctl(const struct luo_fast_ioctls *ioctls, void *object,
		    unsigned int cmd, unsigned long arg);

#endif /* _KERNEL_KHO_FAST_LUO_IOCTL_H */
