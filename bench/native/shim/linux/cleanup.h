/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: as the unit tests', but mutexes as cheap as the kernel's. */
#ifndef BENCH_SHIM_CLEANUP_H
#define BENCH_SHIM_CLEANUP_H

#include_next <linux/cleanup.h>

#define shim_lock_mutex		bench_mutex_lock
#define shim_unlock_mutex	bench_mutex_unlock

#endif /* BENCH_SHIM_CLEANUP_H */
