/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_KHO_ABI_KHO_MEMFD_H
#define _LINUX_KHO_ABI_KHO_MEMFD_H

#include <linux/build_bug.h>
#include <linux/types.h>

#include <linux/kho/abi/memfd.h>

/**
 * DOC: memfd attributes ABI
 *
 * memfd-v2 has no fields for the mode and the name of a file. Its &struct
 * memfd_luo_ser is alone in a page, of which a stock kernel writes and reads
 * the beginning only and leaves the rest zeroed. At %KHO_MEMFD_OFFSET of that
 * page is a struct kho_memfd_ser.
 *
 * This interface is a contract. Any change to the structure requires a new
 * version in %KHO_MEMFD_COMPATIBLE. A kernel ignores a record of another
 * version, and one that is invalid: the file then has the attributes of a new
 * one. The fields are in the byte order of the machine.
 */
#define KHO_MEMFD_COMPATIBLE	"kho-fast-memfd-v1"
#define KHO_MEMFD_OFFSET	256

#define KHO_MEMFD_COMPAT_LEN	24
#define KHO_MEMFD_NAME_LEN	256

/**
 * struct kho_memfd_ser - Attributes of a memfd.
 * @compatible: %KHO_MEMFD_COMPATIBLE, padded with NULs.
 * @mode:       Permission bits, at most 0777.
 * @reserved:   0.
 * @name:       As in /proc/PID/fd, "memfd:..." if memfd_create(2) has created
 *              the file; terminated by a NUL.
 */
struct kho_memfd_ser {
	char	compatible[KHO_MEMFD_COMPAT_LEN];
	__u32	mode;
	__u32	reserved;
	char	name[KHO_MEMFD_NAME_LEN];
};

static_assert(sizeof(struct kho_memfd_ser) == 288);
static_assert(sizeof(struct memfd_luo_ser) <= KHO_MEMFD_OFFSET);

#endif /* _LINUX_KHO_ABI_KHO_MEMFD_H */
