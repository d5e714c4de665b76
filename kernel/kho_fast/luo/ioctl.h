/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the ioctls of the device and of sessions are called: see ioctl.c.
 */
#ifndef _KERNEL_KHO_FAST_LUO_IOCTL_H
#define _KERNEL_KHO_FAST_LUO_IOCTL_H

#include <linux/liveupdate.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* Any argument; each begins with its size. */
union luo_fast_arg {
	u32					size;
	struct liveupdate_ioctl_create_session	create;
	struct liveupdate_ioctl_retrieve_session retrieve;
	struct liveupdate_session_preserve_fd	preserve_fd;
	struct liveupdate_session_retrieve_fd	retrieve_fd;
	struct liveupdate_session_finish	finish;
	struct liveupdate_session_get_name	get_name;
};

/**
 * struct luo_fast_call - One call of an ioctl.
 * @arg:  The argument, as far as the caller knows it, the rest zero.
 * @to:   Where it came from.
 * @size: Bytes of it that go back.
 */
struct luo_fast_call {
	union luo_fast_arg	arg;
	void __user		*to;
	size_t			size;
};

/**
 * struct luo_fast_ioctl - What an ioctl is.
 * @cmd:      Its number.
 * @min_size: Bytes of the argument that every caller knows.
 * @size:     Bytes of the argument that we know.
 * @applies:  May be called on this object? NULL: always.
 * @run:      Does it.
 */
struct luo_fast_ioctl {
	unsigned int	cmd;
	size_t		min_size;
	size_t		size;
	bool		(*applies)(const void *object);
	int		(*run)(void *object, struct luo_fast_call *call);
};

#define LUO_FAST_IOCTL(_cmd, _type, _last, _applies, _run) {	\
	.cmd = (_cmd),						\
	.min_size = offsetofend(_type, _last),			\
	.size = sizeof(_type),					\
	.applies = (_applies),					\
	.run = (_run),						\
}

/**
 * struct luo_fast_ioctls - The ioctls of a kind of file.
 * @first: Number of the first of them.
 * @nr:    How many.
 * @table: They, without gaps.
 */
struct luo_fast_ioctls {
	unsigned int			first;
	unsigned int			nr;
	const struct luo_fast_ioctl	*table;
};

long luo_fast_ioctl(const struct luo_fast_ioctls *ioctls, void *object,
		    unsigned int cmd, unsigned long arg);
int luo_fast_respond(struct luo_fast_call *call);

#endif /* _KERNEL_KHO_FAST_LUO_IOCTL_H */
