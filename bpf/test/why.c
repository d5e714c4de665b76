// SPDX-License-Identifier: GPL-2.0-only
/*
 * For test.sh: what the tools say when the kernel refuses programs with errno NUMBER, in the
 * situation of this process; with a second word behind a filter of system calls, with "none"
 * behind one for which there is no bpf(2).
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "reason.h"

static int filter_calls(bool no_bpf)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, no_bpf ? SYS_bpf : -1U, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = 4, .filter = filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
	bool no_bpf = argc > 2 && !strcmp(argv[2], "none");

	if (argc < 2 || (argc > 2 && filter_calls(no_bpf)))
		return 2;
	puts(no_bpf ? why_no_bpf() : why_refused(-atoi(argv[1])));
	return 0;
}
