/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timeline of a live update: hooks of the path to the jump and of the boot
 * after it. Without CONFIG_KHO_FAST_TIMELINE its callers compile to the same
 * object as without the hook: an inline function, even an empty one, would
 * change how the compiler allocates their registers.
 */
#ifndef _LINUX_KHO_TIMELINE_H
#define _LINUX_KHO_TIMELINE_H

#include <linux/kho/abi/kho_timeline.h>

#ifdef CONFIG_KHO_FAST_TIMELINE

void kho_phase_begin(enum kho_phase phase);
int kho_phase_exec(int err);

#else /* !CONFIG_KHO_FAST_TIMELINE */

#define kho_phase_begin(phase)	((void)(phase))
#define kho_phase_exec(err)	(err)

#endif /* CONFIG_KHO_FAST_TIMELINE */

#endif /* _LINUX_KHO_TIMELINE_H */
