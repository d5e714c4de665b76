// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reasons why the kernel cannot be traced. An errno of bpf(2) has several: EPERM is a missing
 * capability, a filter of a container or a security module, EINVAL may be lockdown. Each is
 * checked in turn.
 */
#include "reason.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "file.h"
#include "obstacle.h"

#define KERNEL_ENOTSUPP	524	/* unknown to userspace */

static char noted[384];

void reason_note(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char text[sizeof(noted)], *line;

	if (level != LIBBPF_WARN)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	line = !strncmp(text, "libbpf: ", 8) ? text + 8 : text;
	line[strcspn(line, "\n")] = 0;
	/* the log of the verifier is a message of many lines, with another one behind it */
	if (!strstr(line, "BEGIN PROG LOAD LOG"))
		strcpy(noted, line);
}

static int seccomp_mode(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	int mode = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Seccomp: %d", &mode) == 1)
			break;
	if (f)
		fclose(f);
	return mode;
}

/* CAP_SYS_ADMIN includes @cap. */
static bool may(int cap)
{
	return has_capability(cap) || has_capability(CAP_SYS_ADMIN);
}

static const char *why_no_permission(int err)
{
	const char *what = strerror(-err);

	if (!may(CAP_BPF) || !may(CAP_PERFMON))
		return because("no permission to trace: this process has no %s%s%s; run it as "
			       "root, or give it CAP_BPF and CAP_PERFMON",
			       may(CAP_BPF) ? "" : "CAP_BPF",
			       may(CAP_BPF) || may(CAP_PERFMON) ? "" : " and no ",
			       may(CAP_PERFMON) ? "" : "CAP_PERFMON");
	if (!is_of_host())
		return because("no permission to trace: root of a user namespace may not; run it "
			       "as root of the host, outside the container");
	if (seccomp_mode())
		return because("%s, though it has CAP_BPF and CAP_PERFMON: a seccomp filter "
			       "forbids bpf(2); run it outside the container", what);
	return because("%s, though it has CAP_BPF and CAP_PERFMON: a security module forbids it, "
		       "see its log (ausearch or dmesg)", what);
}

/* Load a program that does nothing, or reads kernel memory. */
static int try_program(bool reads)
{
	const struct bpf_insn insns[] = {
		/* r1 = fp - 8; r2 = 8; r3 = 0; the helper; return 0 */
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 1, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 1, .imm = -8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_probe_read_kernel },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const int first = reads ? 0 : 5;
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "try", "GPL", insns + first,
			       sizeof(insns) / sizeof(*insns) - first, NULL);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* Only lockdown forbids this helper alone; securityfs is not needed to find out. */
static bool reads_are_forbidden(void)
{
	return !try_program(false) && try_program(true);
}

const char *why_no_bpf(void)
{
	if (syscall(SYS_bpf, BPF_PROG_LOAD, NULL, 0) >= 0 || errno != ENOSYS)
		return NULL;
	if (seccomp_mode())
		return because("no bpf(2): a seccomp filter forbids bpf(2), or this kernel has "
			       "none (CONFIG_BPF_SYSCALL); run it outside the container");
	return because("this kernel has no bpf(2): it needs CONFIG_BPF_SYSCALL and "
		       "CONFIG_DEBUG_INFO_BTF");
}

const char *why_no_types(int err)
{
	if (access("/sys/kernel", F_OK))
		return because("the kernel's types cannot be read: /sys is not mounted; mount -t "
			       "sysfs none /sys");
	if (access("/sys/kernel/btf/vmlinux", F_OK))
		return because("the kernel has no BTF (no /sys/kernel/btf/vmlinux): "
			       "it needs CONFIG_DEBUG_INFO_BTF");
	return because("/sys/kernel/btf/vmlinux: %s; libbpf: %s", strerror(err),
		       *noted ? noted : "nothing");
}

const char *why_refused(int err)
{
	const char *mode = lockdown_mode();
	uint64_t enabled;

	if ((err == -EINVAL || err == -EPERM || err == -EACCES) && reads_are_forbidden())
		return because("kernel lockdown (%s) forbids programs to read the kernel's memory, "
			       "for root too: start the kernel without lockdown=confidentiality",
			       mode ? mode : "confidentiality");
	/* EACCES may also come from the verifier, which then rejects the program */
	if (err == -EPERM || (err == -EACCES && !(may(CAP_BPF) && may(CAP_PERFMON))))
		return why_no_permission(err);
	if (file_number("/proc/sys/kernel/ftrace_enabled", &enabled) && !enabled)
		return because("functions cannot be traced: ftrace has shut down after an error, "
			       "see dmesg");
	if (err == -KERNEL_ENOTSUPP || err == -EOPNOTSUPP)
		return because("this kernel cannot attach programs to functions: it needs "
			       "CONFIG_BPF_JIT, CONFIG_FUNCTION_TRACER and "
			       "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS");
	if (err == -ENOMEM)
		return because("no memory for the programs and their buffer: try a smaller one, "
			       "-b");
	if (err == -EBUSY)
		return because("a function is taken by another tracer or a live patch: end that "
			       "first; -v shows the function");
	return because("cannot trace this kernel: %s; libbpf: %s (-v shows more)",
		       err == -KERNEL_ENOTSUPP ? "not supported" : strerror(-err),
		       *noted ? noted : "nothing");
}
