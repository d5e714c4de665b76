/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Serializing all sessions.
 */
#ifndef _KERNEL_KHO_FAST_LUO_SERIALIZE_H
#define _KERNEL_KHO_FAST_LUO_SERIALIZE_H

#include <linux/types.h>

struct kimage;

int luo_fast_serialize(const struct kimage *image, u64 *sessions_pa);

#endif /* _KERNEL_KHO_FAST_LUO_SERIALIZE_H */
