/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: a crash kernel that a test reserves. */
#ifndef SHIM_CRASH_RESERVE_H
#define SHIM_CRASH_RESERVE_H

#include <linux/ioport.h>

extern struct resource crashk_res, crashk_low_res;

/* Of the only command line that there is; what the test wants, and has the room for */
extern unsigned long long shim_crashkernel;
extern unsigned int shim_nr_crashkernel;
extern char boot_command_line[];
int parse_crashkernel(char *cmdline, unsigned long long system_ram,
		      unsigned long long *size, unsigned long long *base,
		      unsigned long long *low_size, unsigned long long *cma_size, bool *high);
void reserve_crashkernel_generic(unsigned long long size, unsigned long long base,
				 unsigned long long low_size, bool high);

#endif /* SHIM_CRASH_RESERVE_H */
