/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events of sessions and files.
 */
#ifndef _KERNEL_KHO_FAST_LUO_TRACE_H
#define _KERNEL_KHO_FAST_LUO_TRACE_H

#include <linux/liveupdate.h>

#include "../trace.h"
#include "file_set.h"

/* @began: result of kho_fast_trace_begin(kho_session) before @op */
static inline void luo_fast_trace_session(const char *name, const char *op,
					  u64 began, int err)
{
	if (began)
		trace_kho_session(name, op, kho_fast_trace_ns(began), err);
}

/* @began: result of kho_fast_trace_begin(kho_file) before @op */
static inline void luo_fast_trace_file(const struct luo_fast_file *lf,
				       const char *op, u64 began, int err)
{
	if (began)
		trace_kho_file(lf->fh->compatible, lf->key.token, op,
			       kho_fast_trace_ns(began), err);
}

#endif /* _KERNEL_KHO_FAST_LUO_TRACE_H */
