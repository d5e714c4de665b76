// SPDX-License-Identifier: GPL-2.0-only
/*
 * For test.sh: what the tools say when the kernel refuses programs with errno NUMBER, in the
 * situation of this process; with a second word behind a filter of system calls.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "reason.h"

static int filter_calls(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_fprog program = { .len = 1, .filter = &allow };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
	if (argc < 2 || (argc > 2 && filter_calls()))
		return 2;
	puts(why_refused(-atoi(argv[1])));
	return 0;
}
