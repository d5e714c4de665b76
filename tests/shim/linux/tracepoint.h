/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: all events are switched on and off together, and what was fired is kept for
 * tests to look at. The test calls the reg functions, too. They are off in
 * benchmarks, which costs a kernel a patched-out jump and this nothing.
 */
#ifndef SHIM_TRACEPOINT_H
#define SHIM_TRACEPOINT_H

/**
 * struct shim_event - An event that was fired.
 * @name: Its name.
 * @arg:  What trace_<name>() was called with; a string is a pointer.
 */
struct shim_event {
	const char	*name;
	unsigned long	arg[5];
};

#ifdef SHIM_CHECK
extern bool shim_tracing;
#else
#define shim_tracing	false
#endif
void shim_trace(const struct shim_event *event);
unsigned long shim_nr_events(const char *name);
const struct shim_event *shim_event(const char *name, unsigned long nth);
void shim_forget_events(void);

#define SHIM_WORD_1(a)		(unsigned long)(a)
#define SHIM_WORD_2(a, ...)	(unsigned long)(a), SHIM_WORD_1(__VA_ARGS__)
#define SHIM_WORD_3(a, ...)	(unsigned long)(a), SHIM_WORD_2(__VA_ARGS__)
#define SHIM_WORD_4(a, ...)	(unsigned long)(a), SHIM_WORD_3(__VA_ARGS__)
#define SHIM_WORD_5(a, ...)	(unsigned long)(a), SHIM_WORD_4(__VA_ARGS__)
#define SHIM_PICK(a, b, c, d, e, word, ...) word
#define SHIM_WORDS(...)		SHIM_PICK(__VA_ARGS__, SHIM_WORD_5, SHIM_WORD_4, SHIM_WORD_3, \
					  SHIM_WORD_2, SHIM_WORD_1)(__VA_ARGS__)

#define TP_PROTO(...)		__VA_ARGS__
#define TP_ARGS(...)		SHIM_WORDS(__VA_ARGS__)

#define SHIM_EVENT(name_, proto, ...)						\
	static inline bool trace_##name_##_enabled(void)			\
	{									\
		return shim_tracing;						\
	}									\
	static inline void trace_##name_(proto)					\
	{									\
		if (shim_tracing)						\
			shim_trace(&(struct shim_event){ #name_, { __VA_ARGS__ } });	\
	}

#define DECLARE_EVENT_CLASS(name, proto, args, fields, assign, print)
#define DEFINE_EVENT(class, name, proto, args)	SHIM_EVENT(name, TP_PROTO(proto), args)
#define DEFINE_EVENT_FN(class, name, proto, args, reg, unreg) \
						SHIM_EVENT(name, TP_PROTO(proto), args)
#define TRACE_EVENT(name, proto, args, fields, assign, print) \
						SHIM_EVENT(name, TP_PROTO(proto), args)

#endif /* SHIM_TRACEPOINT_H */
