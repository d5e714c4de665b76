// SPDX-License-Identifier: GPL-2.0-only
#include "files.bpf.h"
#include "khoblackout.h"

static __always_inline void emit_event(enum blackout_kind kind, struct file_op *what)
{
	struct blackout_event event = {
		.at_ns = bpf_ktime_get_boot_ns(),
		.kind = kind,
		.what = *what,
	};

	emit(&event, sizeof(event));
}

static void on_file(struct file_op *file)
{
	emit_event(BLACKOUT_FILE, file);
}

static __always_inline int emit_named(enum blackout_kind kind, const char *op, const char *name,
				       __u64 ns, int err)
{
	struct file_op what = { .ns = ns, .err = err };

	bpf_probe_read_kernel_str(what.op, sizeof(what.op), op);
	bpf_probe_read_kernel_str(what.handler, sizeof(what.handler), name);
	emit_event(kind, &what);
	return 0;
}

static const char begin[] = "begin", end[] = "end";

SEC("tp_btf/kho_phase_begin")
int BPF_PROG(tp_phase_begin, const char *phase)
{
	return emit_named(BLACKOUT_PHASE, begin, phase, 0, 0);
}

SEC("tp_btf/kho_phase_end")
int BPF_PROG(tp_phase_end, const char *phase)
{
	return emit_named(BLACKOUT_PHASE, end, phase, 0, 0);
}

SEC("tp_btf/kho_session")
int BPF_PROG(tp_session, const char *name, const char *op, __u64 ns, int err)
{
	return emit_named(BLACKOUT_SESSION, op, name, ns, err);
}

/* Stock: functions with the same information, as far as they exist */
static const char phase_freeze[] = "freeze", phase_shutdown[] = "shutdown",
		  phase_cpus[] = "cpus-offline";

SEC("fentry/liveupdate_reboot")
int BPF_PROG(fentry_reboot)
{
	return emit_named(BLACKOUT_PHASE, begin, phase_freeze, 0, 0);
}

SEC("fexit/liveupdate_reboot")
int BPF_PROG(fexit_reboot, int err)
{
	return emit_named(BLACKOUT_PHASE, end, phase_freeze, 0, err);
}

SEC("fentry/device_shutdown")
int BPF_PROG(fentry_shutdown)
{
	return emit_named(BLACKOUT_PHASE, begin, phase_shutdown, 0, 0);
}

SEC("fexit/device_shutdown")
int BPF_PROG(fexit_shutdown)
{
	return emit_named(BLACKOUT_PHASE, end, phase_shutdown, 0, 0);
}

SEC("fentry/migrate_to_reboot_cpu")
int BPF_PROG(fentry_cpus)
{
	return emit_named(BLACKOUT_PHASE, begin, phase_cpus, 0, 0);
}

static const char session_create[] = "create", session_retrieve[] = "retrieve",
		  session_freeze[] = "freeze", session_finish[] = "finish";

SEC("fexit/luo_session_create")
int BPF_PROG(fexit_session_create, const char *name, void *filep, int err)
{
	return emit_named(BLACKOUT_SESSION, session_create, name, 0, err);
}

SEC("fexit/luo_session_retrieve")
int BPF_PROG(fexit_session_retrieve, const char *name, void *filep, int err)
{
	return emit_named(BLACKOUT_SESSION, session_retrieve, name, 0, err);
}

/* Arguments of both are the file set inside of a session. */
static __always_inline const char *session_of(struct luo_file_set *set)
{
	return (const char *)set - bpf_core_field_offset(struct luo_session, file_set) +
	       bpf_core_field_offset(struct luo_session, name);
}

SEC("fexit/luo_file_freeze")
int BPF_PROG(fexit_session_freeze, struct luo_file_set *set, void *ser, int err)
{
	return emit_named(BLACKOUT_SESSION, session_freeze, session_of(set), 0, err);
}

/* Closing a session finishes the files that are left. */
SEC("fentry/luo_file_finish")
int BPF_PROG(fentry_session_finish, struct luo_file_set *set)
{
	if (!BPF_CORE_READ(set, count))
		return 0;
	return emit_named(BLACKOUT_SESSION, session_finish, session_of(set), 0, 0);
}
