/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: warnings are counted, since tests expect some; they end a benchmark. */
#ifndef SHIM_BUG_H
#define SHIM_BUG_H

extern unsigned int shim_nr_warns;	/* atomic */

static inline bool shim_warn(bool cond)
{
	if (cond)
		__atomic_fetch_add(&shim_nr_warns, 1, __ATOMIC_RELAXED);
	return cond;
}

#ifdef SHIM_CHECK
#define WARN_ON(cond)	shim_warn(cond)
#else
#define WARN_ON(cond) ({							\
	bool warn_ = (cond);							\
	if (unlikely(warn_))							\
		shim_die("%s:%d: WARN_ON(%s)", __FILE__, __LINE__, #cond);	\
	warn_; })
#endif
#define WARN_ON_ONCE(cond)	WARN_ON(cond)
#define WARN(cond, ...)		WARN_ON(cond)

#endif /* SHIM_BUG_H */
