// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of the command line, with their defaults.
 */
#include "bench.h"

struct bench_options bench_options = {
	.memory_gib	= 64,
	.reps		= 5,
	.limit_s	= 3,
	.seed		= 1,
};
