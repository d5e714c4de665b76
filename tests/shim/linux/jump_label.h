/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: a static key is a variable. */
#ifndef SHIM_JUMP_LABEL_H
#define SHIM_JUMP_LABEL_H

#include <linux/mm.h>

struct static_key_false {
	int	enabled;	/* atomic */
};

#define DECLARE_STATIC_KEY_FALSE(name)	extern struct static_key_false name
#define DEFINE_STATIC_KEY_FALSE(name)	struct static_key_false name
#define static_branch_unlikely(k)	(__atomic_load_n(&(k)->enabled, __ATOMIC_ACQUIRE) > 0)
#define static_branch_enable(k)							\
	(might_sleep(), __atomic_store_n(&(k)->enabled, 1, __ATOMIC_RELEASE))
#define static_branch_disable(k)						\
	(might_sleep(), __atomic_store_n(&(k)->enabled, 0, __ATOMIC_RELEASE))

#endif /* SHIM_JUMP_LABEL_H */
