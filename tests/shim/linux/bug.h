/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: warnings are counted, since tests expect some. */
#ifndef SHIM_BUG_H
#define SHIM_BUG_H

extern unsigned int shim_nr_warns;	/* atomic */

static inline bool shim_warn(bool cond)
{
	if (cond)
		__atomic_fetch_add(&shim_nr_warns, 1, __ATOMIC_RELAXED);
	return cond;
}

#define WARN_ON(cond)		shim_warn(cond)
#define WARN_ON_ONCE(cond)	shim_warn(cond)
#define WARN(cond, ...)		shim_warn(cond)

#endif /* SHIM_BUG_H */
