// SPDX-License-Identifier: GPL-2.0-only
/* Functions of libluo: an ioctl each, and open and close. */
#include "luo.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/liveupdate.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static_assert(LUO_NAME_SIZE == LIVEUPDATE_SESSION_NAME_LENGTH,
	      "programs that were built with another size would overflow");

/**
 * luo_ioctl() - Make any request
 * @fd: the device or a session
 * @cmd: number of the request
 * @arg: its structure, with size filled in; the kernel writes to it
 *
 * For requests of newer kernels, and for invalid ones in tests.
 *
 * Return: 0 or a negative errno.
 */
int luo_ioctl(int fd, unsigned int cmd, void *arg)
{
	int before = errno, err;

	err = ioctl(fd, cmd, arg) < 0 ? -errno : 0;
	errno = before;
	return err;
}

/**
 * luo_open() - Open the device
 *
 * One process at a time can have it open. Sessions outlive it: close it as soon as they are
 * created or retrieved.
 *
 * Return: the descriptor, or
 * * -EBUSY	- another process has it open
 * * -ENOENT	- the kernel has no live update, or liveupdate=on is missing
 * * -EIO	- the incoming handover is invalid
 * * another negative errno of open(2)
 */
int luo_open(void)
{
	int before = errno, fd = open(LUO_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fd = -errno;
	errno = before;
	return fd;
}

/**
 * luo_close() - Close the device, a session or a file
 * @fd: descriptor
 *
 * With its last descriptor a created session is destroyed and its files are unpreserved; a
 * retrieved one is finished.
 *
 * Return: 0 or a negative errno of close(2).
 */
int luo_close(int fd)
{
	int before = errno, err = close(fd) ? -errno : 0;

	errno = before;
	return err;
}

/* The kernel would truncate a longer name to 63 bytes. */
static int put_name(uint8_t *to, const char *name)
{
	size_t len = strlen(name);

	if (len >= LUO_NAME_SIZE)
		return -ENAMETOOLONG;
	memcpy(to, name, len + 1);
	return 0;
}

/**
 * luo_session_create() - Create a session
 * @device: from luo_open()
 * @name: its name in both kernels
 *
 * Return: a descriptor, to be kept open until the kexec, or
 * * -EEXIST		- a session of that name exists
 * * -EINVAL		- the name is empty
 * * -ENAMETOOLONG	- it has more than LUO_NAME_SIZE - 1 bytes
 * * -EMFILE, -ENFILE, -ENOMEM
 */
int luo_session_create(int device, const char *name)
{
	struct liveupdate_ioctl_create_session arg = { .size = sizeof(arg) };
	int err = put_name(arg.name, name);

	if (!err)
		err = luo_ioctl(device, LIVEUPDATE_IOCTL_CREATE_SESSION, &arg);
	return err ? err : arg.fd;
}

/**
 * luo_session_retrieve() - Retrieve a session of the previous kernel
 * @device: from luo_open()
 * @name: as it was created
 *
 * Return: a descriptor, or
 * * -ENOENT		- no such session, or it was finished
 * * -EINVAL		- it was retrieved already
 * * -ENAMETOOLONG	- the name has more than LUO_NAME_SIZE - 1 bytes
 * * -EMFILE, -ENFILE, -ENOMEM
 */
int luo_session_retrieve(int device, const char *name)
{
	struct liveupdate_ioctl_retrieve_session arg = { .size = sizeof(arg) };
	int err = put_name(arg.name, name);

	if (!err)
		err = luo_ioctl(device, LIVEUPDATE_IOCTL_RETRIEVE_SESSION, &arg);
	return err ? err : arg.fd;
}

/**
 * luo_session_name() - Name of a session
 * @session: created or retrieved
 * @name: set to the name
 *
 * Return: 0 or a negative errno; @name is written to only on success.
 */
int luo_session_name(int session, char name[LUO_NAME_SIZE])
{
	struct liveupdate_session_get_name arg = { .size = sizeof(arg) };
	int err = luo_ioctl(session, LIVEUPDATE_SESSION_GET_NAME, &arg);

	if (!err)
		memcpy(name, arg.name, LUO_NAME_SIZE);
	return err;
}

/**
 * luo_session_finish() - Finish a retrieved session
 * @session: from luo_session_retrieve()
 *
 * Retrieved files stay open, the others are dropped.
 *
 * Return: 0, or
 * * -EINVAL	- the session is not a retrieved one
 * * -EBUSY	- a file in it cannot be finished yet: try again later
 */
int luo_session_finish(int session)
{
	struct liveupdate_session_finish arg = { .size = sizeof(arg) };

	return luo_ioctl(session, LIVEUPDATE_SESSION_FINISH, &arg);
}

/**
 * luo_preserve() - Preserve a file across the kexec
 * @session: from luo_session_create()
 * @fd: the file; it may be closed afterwards
 * @token: its number in both kernels, unique in the session
 *
 * Return: 0, or
 * * -EEXIST	- the token is taken
 * * -EBUSY	- the file is preserved already
 * * -EBADF	- @fd or @session is no open descriptor
 * * -ENOENT	- the kernel has no handler for the file
 * * -EINVAL	- the session was retrieved, not created
 * * -ENOMEM, -ENOSPC, or what the handler returns
 */
int luo_preserve(int session, int fd, uint64_t token)
{
	struct liveupdate_session_preserve_fd arg = {
		.size = sizeof(arg),
		.fd = fd,
		.token = token,
	};

	return luo_ioctl(session, LIVEUPDATE_SESSION_PRESERVE_FD, &arg);
}

/**
 * luo_retrieve() - Retrieve a file
 * @session: from luo_session_retrieve()
 * @token: as it was preserved
 *
 * Each call for a token returns a descriptor of the same open file, until the session is
 * finished.
 *
 * Return: a descriptor, or
 * * -ENOENT	- no file has that token, or the session is finished
 * * -EINVAL	- the session was created, not retrieved
 * * -EMFILE, -ENFILE, -ENOMEM
 * * the first error of the handler for this file
 */
int luo_retrieve(int session, uint64_t token)
{
	struct liveupdate_session_retrieve_fd arg = {
		.size = sizeof(arg),
		.token = token,
	};
	int err = luo_ioctl(session, LIVEUPDATE_SESSION_RETRIEVE_FD, &arg);

	return err ? err : arg.fd;
}
