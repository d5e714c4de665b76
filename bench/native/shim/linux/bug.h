/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: no benchmark does what a kernel warns of, so a warning ends it. */
#ifndef BENCH_SHIM_BUG_H
#define BENCH_SHIM_BUG_H

#include_next <linux/bug.h>

#define bench_warn(cond, text) ({						\
	bool warn_ = (cond);							\
	if (unlikely(warn_))							\
		shim_die("%s:%d: WARN_ON(%s)", __FILE__, __LINE__, (text));	\
	warn_; })

#undef WARN_ON
#undef WARN_ON_ONCE
#undef WARN
#define WARN_ON(cond)		bench_warn(cond, #cond)
#define WARN_ON_ONCE(cond)	bench_warn(cond, #cond)
#define WARN(cond, ...)		bench_warn(cond, #cond)

#endif /* BENCH_SHIM_BUG_H */
