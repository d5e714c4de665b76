// SPDX-License-Identifier: GPL-2.0-only
/*
 * Repeatable random numbers (splitmix64).
 */
#include "bench.h"

uint64_t bench_hash(uint64_t x)
{
	x *= 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

unsigned long bench_random(unsigned long below)
{
	static uint64_t steps;

	return bench_hash(bench_options.seed + ++steps) % below;
}
