/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: a static key is a counter, which nothing delays. */
#ifndef SHIM_JUMP_LABEL_RATELIMIT_H
#define SHIM_JUMP_LABEL_RATELIMIT_H

#include <linux/jump_label.h>
#include <linux/workqueue.h>

struct static_key_false_deferred {
	struct static_key_false	key;
};

#define DEFINE_STATIC_KEY_DEFERRED_FALSE(name, rl)	struct static_key_false_deferred name
#define static_branch_deferred_inc(k) \
	(might_sleep(), (void)__atomic_fetch_add(&(k)->key.enabled, 1, __ATOMIC_SEQ_CST))
#define static_branch_slow_dec_deferred(k)					\
	(__atomic_fetch_sub(&(k)->key.enabled, 1, __ATOMIC_SEQ_CST) > 0 ? (void)0 : \
	 shim_die("a static key is disabled more often than it is enabled"))

#endif /* SHIM_JUMP_LABEL_RATELIMIT_H */
