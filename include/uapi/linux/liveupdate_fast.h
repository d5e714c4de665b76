/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Extensions of <linux/liveupdate.h>, with CONFIG_KHO_FAST.
 */
#ifndef _UAPI_LINUX_LIVEUPDATE_FAST_H
#define _UAPI_LINUX_LIVEUPDATE_FAST_H

#include <linux/ioctl.h>
#include <linux/liveupdate.h>
#include <linux/types.h>

/**
 * DOC: Numbers of extensions
 *
 * Commands of <linux/liveupdate.h> have neither a direction nor a size in their
 * number, since their structures may grow. Those of extensions have a direction
 * and the size of the first field. So none of them is ever a command of
 * <linux/liveupdate.h>; and with the ordinal of one that every kernel has, a
 * kernel without the extension fails with ENOTTY. For ordinals out of range it
 * fails with EINVAL.
 */

/**
 * struct liveupdate_fast_session_unpreserve_fd - Unpreserve one file
 * @size:     Input; sizeof(struct liveupdate_fast_session_unpreserve_fd)
 * @reserved: Input; must be 0.
 * @token:    Input; the token that the file was preserved with.
 *
 * Takes one file out of a session that was created in this kernel. It undoes
 * %LIVEUPDATE_SESSION_PRESERVE_FD for that file, as closing the session does
 * for all: the file is as before, and its token is free. The other files of the
 * session stay preserved. The structure is not written to.
 *
 * It waits while a live update freezes the sessions, and for other commands on
 * the same session; it can be killed meanwhile, and then nothing was done.
 *
 * Return: 0 on success, negative error code on failure:
 *
 *  - ENOTTY: The kernel lacks the command, or @fd is neither of a session nor
 *    of /dev/liveupdate.
 *  - EINVAL: @size is too small, @reserved is not 0, the session is one of the
 *    previous kernel, or @fd is of /dev/liveupdate.
 *  - E2BIG, EFAULT: As in <linux/liveupdate.h>.
 *  - ENOENT: No file of the session has that token.
 *  - EBUSY: Another file of the session depends on it; the kernel log names
 *    that one, which has to be unpreserved first.
 *  - EINTR: The task is being killed.
 */
struct liveupdate_fast_session_unpreserve_fd {
	__u32		size;
	__u32		reserved;
	__aligned_u64	token;
};

#define LIVEUPDATE_FAST_SESSION_UNPRESERVE_FD				\
	_IOW(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_SESSION_PRESERVE_FD, __u32)

#endif /* _UAPI_LINUX_LIVEUPDATE_FAST_H */
