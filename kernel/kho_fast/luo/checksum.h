/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checksums of the records of sessions and files.
 */
#ifndef _KERNEL_KHO_FAST_LUO_CHECKSUM_H
#define _KERNEL_KHO_FAST_LUO_CHECKSUM_H

#include <linux/kho_block.h>
#include <linux/types.h>

struct luo_ser;
struct luo_session_ser;

#ifdef CONFIG_KHO_FAST_CHECKSUM
void luo_fast_session_seal(const struct luo_session_ser *session,
			   struct kho_block_set *files);
int luo_fast_session_verify(const struct luo_session_ser *session);
int luo_fast_files_verify(const struct kho_block_set *files, u64 head_pa);
void luo_fast_root_seal(struct luo_ser *root, struct kho_block_set *sessions);
int luo_fast_root_verify(phys_addr_t phys);
int luo_fast_sessions_verify(const struct luo_ser *root);
#else
static inline void luo_fast_session_seal(const struct luo_session_ser *session,
					 struct kho_block_set *files)
{
}

static inline int luo_fast_session_verify(const struct luo_session_ser *session)
{
	return 0;
}

static inline int luo_fast_files_verify(const struct kho_block_set *files,
					u64 head_pa)
{
	return 0;
}

static inline void luo_fast_root_seal(struct luo_ser *root,
				      struct kho_block_set *sessions)
{
}

static inline int luo_fast_root_verify(phys_addr_t phys)
{
	return 0;
}

static inline int luo_fast_sessions_verify(const struct luo_ser *root)
{
	return 0;
}
#endif

#endif /* _KERNEL_KHO_FAST_LUO_CHECKSUM_H */
