/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of file handlers, by the trace event of an accelerated kernel or the functions of a
 * stock one. The program defines on_file().
 */
#ifndef FILES_BPF_H
#define FILES_BPF_H

#include "common.bpf.h"
#include "files.h"

static void on_file(struct file_op *file);

SEC("tp_btf/kho_file")
int BPF_PROG(tp_file, const char *handler, __u64 token, const char *op, __u64 ns, int err)
{
	struct file_op file = { .token = token, .ns = ns, .err = err };

	if (!is_traced())
		return 0;
	bpf_probe_read_kernel_str(file.op, sizeof(file.op), op);
	bpf_probe_read_kernel_str(file.handler, sizeof(file.handler), handler);
	on_file(&file);
	return 0;
}

/* Start of a thread's current call */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, __u64);
} begun SEC(".maps");

static __always_inline int call_begins(void)
{
	__u64 thread = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();

	if (is_traced() && bpf_map_update_elem(&begun, &thread, &now, BPF_ANY))
		lose_one();
	return 0;
}

/* Duration of the call; 0 if it began before the programs were attached */
static __always_inline __u64 call_ends(void)
{
	__u64 thread = bpf_get_current_pid_tgid(), *began, ns;

	began = bpf_map_lookup_elem(&begun, &thread);
	if (!began)
		return 0;
	ns = bpf_ktime_get_ns() - *began;
	bpf_map_delete_elem(&begun, &thread);
	return ns ?: 1;
}

static __always_inline int handler_ends(struct liveupdate_file_op_args *args, const char *op,
					int err)
{
	struct file_op file = { .ns = call_ends(), .err = err };
	struct liveupdate_file_handler *handler;

	if (!file.ns)
		return 0;
	handler = BPF_CORE_READ(args, handler);
	bpf_probe_read_kernel_str(file.op, sizeof(file.op), op);
	bpf_probe_read_kernel_str(file.handler, sizeof(file.handler), &handler->compatible);
	on_file(&file);
	return 0;
}

/* The helper above reads constant arrays like the kernel's memory. */
#define HANDLER_OP(name)							\
static const char op_##name[] = #name;						\
										\
SEC("fentry/memfd_luo_" #name)							\
int BPF_PROG(fentry_##name) { return call_begins(); }

HANDLER_OP(preserve)
HANDLER_OP(unpreserve)
HANDLER_OP(freeze)
HANDLER_OP(retrieve)
HANDLER_OP(finish)

SEC("fexit/memfd_luo_preserve")
int BPF_PROG(fexit_preserve, struct liveupdate_file_op_args *args, int err)
{
	return handler_ends(args, op_preserve, err);
}

SEC("fexit/memfd_luo_unpreserve")
int BPF_PROG(fexit_unpreserve, struct liveupdate_file_op_args *args)
{
	return handler_ends(args, op_unpreserve, 0);
}

SEC("fexit/memfd_luo_freeze")
int BPF_PROG(fexit_freeze, struct liveupdate_file_op_args *args, int err)
{
	return handler_ends(args, op_freeze, err);
}

SEC("fexit/memfd_luo_retrieve")
int BPF_PROG(fexit_retrieve, struct liveupdate_file_op_args *args, int err)
{
	return handler_ends(args, op_retrieve, err);
}

SEC("fexit/memfd_luo_finish")
int BPF_PROG(fexit_finish, struct liveupdate_file_op_args *args)
{
	return handler_ends(args, op_finish, 0);
}

#endif /* FILES_BPF_H */
