// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random numbers that can be had again: KHO_SEED=n make check
 */
#include <time.h>

#include "unit.h"

unsigned long unit_seed;
static unsigned long state;

/* Call first in each test, which is a process of its own. */
void unit_init(void)
{
	const char *env = getenv("KHO_SEED");

	unit_seed = env ? strtoul(env, NULL, 0) : (unsigned long)time(NULL);
	if (!env)
		printf("# KHO_SEED=%lu\n", unit_seed);
	fflush(stdout);
	state = unit_seed * 0x9e3779b97f4a7c15 | 1;
	shim_memory_init(SHIM_MEMORY >> PAGE_SHIFT);
}

unsigned long rnd(unsigned long below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % below;
}
