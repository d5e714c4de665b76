// SPDX-License-Identifier: GPL-2.0-only
/* Functions of libluo: an ioctl each, and open and close. */
#include "luo.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/liveupdate.h>
#include <linux/liveupdate_fast.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static_assert(LUO_NAME_SIZE == LIVEUPDATE_SESSION_NAME_LENGTH,
	      "programs that were built with another size would overflow");

int luo_ioctl(int fd, unsigned int cmd, void *arg)
{
	int before = errno, err;

	err = ioctl(fd, cmd, arg) < 0 ? -errno : 0;
	errno = before;
	return err;
}

int luo_open(void)
{
	int before = errno, fd = open(LUO_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fd = -errno;
	errno = before;
	return fd;
}

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

int luo_session_create(int device, const char *name)
{
	struct liveupdate_ioctl_create_session arg = { .size = sizeof(arg) };
	int err = put_name(arg.name, name);

	if (!err)
		err = luo_ioctl(device, LIVEUPDATE_IOCTL_CREATE_SESSION, &arg);
	return err ? err : arg.fd;
}

int luo_session_retrieve(int device, const char *name)
{
	struct liveupdate_ioctl_retrieve_session arg = { .size = sizeof(arg) };
	int err = put_name(arg.name, name);

	if (!err)
		err = luo_ioctl(device, LIVEUPDATE_IOCTL_RETRIEVE_SESSION, &arg);
	return err ? err : arg.fd;
}

int luo_session_name(int session, char name[LUO_NAME_SIZE])
{
	struct liveupdate_session_get_name arg = { .size = sizeof(arg) };
	int err = luo_ioctl(session, LIVEUPDATE_SESSION_GET_NAME, &arg);

	if (!err)
		memcpy(name, arg.name, LUO_NAME_SIZE);
	return err;
}

int luo_session_finish(int session)
{
	struct liveupdate_session_finish arg = { .size = sizeof(arg) };

	return luo_ioctl(session, LIVEUPDATE_SESSION_FINISH, &arg);
}

int luo_preserve(int session, int fd, uint64_t token)
{
	struct liveupdate_session_preserve_fd arg = {
		.size = sizeof(arg),
		.fd = fd,
		.token = token,
	};

	return luo_ioctl(session, LIVEUPDATE_SESSION_PRESERVE_FD, &arg);
}

/*
 * A retrieved session refuses to preserve, whatever the argument is, and a created one refuses a
 * field that it does not know. Both do so before they wait for other requests.
 */
bool luo_session_is_retrieved(int session)
{
	struct {
		struct liveupdate_session_preserve_fd	known;
		uint64_t				unknown;
	} arg = {
		.known = { .size = sizeof(arg), .fd = -1 },
		.unknown = 1,
	};

	return luo_ioctl(session, LIVEUPDATE_SESSION_PRESERVE_FD, &arg) == -EINVAL;
}

int luo_unpreserve(int session, uint64_t token)
{
	struct liveupdate_fast_session_unpreserve_fd arg = {
		.size = sizeof(arg),
		.token = token,
	};

	return luo_ioctl(session, LIVEUPDATE_FAST_SESSION_UNPRESERVE_FD, &arg);
}

int luo_retrieve(int session, uint64_t token)
{
	struct liveupdate_session_retrieve_fd arg = {
		.size = sizeof(arg),
		.token = token,
	};
	int err = luo_ioctl(session, LIVEUPDATE_SESSION_RETRIEVE_FD, &arg);

	return err ? err : arg.fd;
}
