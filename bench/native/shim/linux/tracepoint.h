/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: events are off, which costs a kernel a patched-out jump and this nothing. */
#ifndef BENCH_SHIM_TRACEPOINT_H
#define BENCH_SHIM_TRACEPOINT_H

#define TP_PROTO(...)		__VA_ARGS__
#define TP_ARGS(...)

#define SHIM_EVENT(name, proto)						\
	static inline bool trace_##name##_enabled(void) { return false; }	\
	static inline void trace_##name(proto) { }

#define DECLARE_EVENT_CLASS(name, proto, args, fields, assign, print)
#define DEFINE_EVENT(class, name, proto, args)	SHIM_EVENT(name, TP_PROTO(proto))
#define DEFINE_EVENT_FN(class, name, proto, args, reg, unreg) \
						SHIM_EVENT(name, TP_PROTO(proto))
#define TRACE_EVENT(name, proto, args, fields, assign, print) \
						SHIM_EVENT(name, TP_PROTO(proto))

#endif /* BENCH_SHIM_TRACEPOINT_H */
