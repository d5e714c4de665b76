/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks of shmem for memfds that are retrieved on fault: pages of such a file
 * that are still preserved are added to its page cache before anything can see
 * that they are missing. While there is no such file each hook is a branch that
 * is patched out; without CONFIG_KHO_FAST it is a constant.
 */
#ifndef _LINUX_KHO_SHMEM_H
#define _LINUX_KHO_SHMEM_H

#include <linux/types.h>

struct inode;

#if defined(CONFIG_KHO_FAST) && defined(CONFIG_LIVEUPDATE_MEMFD)

#include <linux/jump_label_ratelimit.h>

#include <asm/barrier.h>

extern struct static_key_false_deferred kho_shmem_key;

int __kho_shmem_fill(struct inode *inode, pgoff_t index);
int __kho_shmem_fill_all(struct inode *inode);
bool __kho_shmem_is_pending(struct inode *inode);
void __kho_shmem_evict(struct inode *inode);

/* Is any file pending? If not, all pages that were can be seen. */
static __always_inline bool kho_shmem_any_pending(void)
{
	if (static_branch_unlikely(&kho_shmem_key.key))
		return true;

	if (!IS_ENABLED(CONFIG_JUMP_LABEL)) {
		/* Patching code waits for all CPUs, a counter for none. */
		smp_rmb();
	}
	return false;
}

/* Add the pages at @index, and where a folio of that index could be. */
static inline int kho_shmem_fill(struct inode *inode, pgoff_t index)
{
	return kho_shmem_any_pending() ? __kho_shmem_fill(inode, index) : 0;
}

/* Add all pages of a file. */
static inline int kho_shmem_fill_all(struct inode *inode)
{
	return kho_shmem_any_pending() ? __kho_shmem_fill_all(inode) : 0;
}

/* Are pages of the file missing? Never true again once it was false. */
static inline bool kho_shmem_is_pending(struct inode *inode)
{
	return kho_shmem_any_pending() && __kho_shmem_is_pending(inode);
}

/* Free the pages that were not added, of a file without users. */
static inline void kho_shmem_evict(struct inode *inode)
{
	if (kho_shmem_any_pending())
		__kho_shmem_evict(inode);
}

#else /* !(CONFIG_KHO_FAST && CONFIG_LIVEUPDATE_MEMFD) */

static inline int kho_shmem_fill(struct inode *inode, pgoff_t index)
{
	return 0;
}

static inline int kho_shmem_fill_all(struct inode *inode)
{
	return 0;
}

static inline bool kho_shmem_is_pending(struct inode *inode)
{
	return false;
}

static inline void kho_shmem_evict(struct inode *inode) { }

#endif

#endif /* _LINUX_KHO_SHMEM_H */
