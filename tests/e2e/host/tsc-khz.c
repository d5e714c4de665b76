// SPDX-License-Identifier: GPL-2.0-only
/* The frequency of this machine's time stamp counter, which is that of its guests. */
#include <stdint.h>
#include <stdio.h>

#include "../init/tsc.h"

int main(void)
{
	printf("%lu\n", tsc_khz());
	return 0;
}
