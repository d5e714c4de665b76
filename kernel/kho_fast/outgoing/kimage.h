/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image of the next kernel.
 */
#ifndef _KERNEL_KHO_FAST_OUTGOING_KIMAGE_H
#define _KERNEL_KHO_FAST_OUTGOING_KIMAGE_H

struct kimage;

const char *kho_fast_kimage_verdict(const struct kimage *image);
int kho_fast_kimage_check(const struct kimage *image, const char *session);

#endif /* _KERNEL_KHO_FAST_OUTGOING_KIMAGE_H */
