// SPDX-License-Identifier: GPL-2.0-only
/*
 * userfaultfd(2) without a reader. The descriptor stays open as long as the process lives.
 */
#include "userfault.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int uffd_register(void *page, uint64_t mode)
{
	struct uffdio_register reg = {
		.range = { (uintptr_t)page, USERFAULT_BYTES },
		.mode = mode,
	};
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg))
		return -1;
	return fd;
}

int userfault_on_read(void *page)
{
	return uffd_register(page, UFFDIO_REGISTER_MODE_MISSING) < 0 ? -1 : 0;
}

int userfault_on_write(void *page)
{
	struct uffdio_writeprotect protect = {
		.range = { (uintptr_t)page, USERFAULT_BYTES },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	int fd = uffd_register(page, UFFDIO_REGISTER_MODE_WP);

	return fd < 0 ? -1 : ioctl(fd, UFFDIO_WRITEPROTECT, &protect);
}
