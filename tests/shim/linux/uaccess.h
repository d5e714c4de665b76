/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: memory of userspace is memory of the test, which sees each access and decides
 * whether it faults.
 */
#ifndef SHIM_UACCESS_H
#define SHIM_UACCESS_H

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/cleanup.h>

#define ENOIOCTLCMD	515

extern bool (*shim_user_faults)(void);

static inline bool shim_access_user(void)
{
	might_sleep();
	return shim_user_faults();
}

#define get_user(x, from) \
	(shim_access_user() ? -EFAULT : ((x) = *(from), 0))

static inline unsigned long copy_to_user(void *to, const void *from, unsigned long size)
{
	if (shim_access_user())
		return size;
	memcpy(to, from, size);
	return 0;
}

static inline int copy_struct_from_user(void *to, size_t size, const void *from, size_t user_size)
{
	size_t both = user_size < size ? user_size : size, i;

	if (shim_access_user())
		return -EFAULT;
	for (i = size; i < user_size; i++)
		if (((const char *)from)[i])
			return -E2BIG;
	memset(to, 0, size);
	memcpy(to, from, both);
	return 0;
}

/* Of _GNU_SOURCE */
ssize_t process_vm_readv(pid_t pid, const struct iovec *local, unsigned long nr_local,
			 const struct iovec *remote, unsigned long nr_remote, unsigned long flags);

/* Memory of the kernel may be unmapped, with mprotect(). */
static inline int shim_read_nofault(void *to, const void *from, size_t size)
{
	struct iovec here = { to, size }, there = { (void *)from, size };

	return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == size ? 0 : -EFAULT;
}

#define get_kernel_nofault(x, from)	shim_read_nofault(&(x), (from), sizeof(x))

#endif /* SHIM_UACCESS_H */
