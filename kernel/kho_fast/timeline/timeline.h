/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timeline, for those within kernel/kho_fast/ and mm/deferred_kho.c.
 */
#ifndef _KERNEL_KHO_FAST_TIMELINE_H
#define _KERNEL_KHO_FAST_TIMELINE_H

#include <linux/kho_timeline.h>
#include <linux/math64.h>
#include <linux/numa.h>
#include <linux/timex.h>
#include <linux/types.h>

#ifdef CONFIG_X86
#include <asm/tsc.h>
#define KHO_FAST_CLOCK_NAME	"tsc"
#define kho_fast_clock_khz()	tsc_khz
#define kho_fast_read_clock()	rdtsc()	/* get_cycles() is 0 in start_kernel() */
#else
#define KHO_FAST_CLOCK_NAME	"cycles"
#define kho_fast_clock_khz()	0	/* unknown */
#define kho_fast_read_clock()	get_cycles()
#endif

/* A clock that goes on across kexec, from the first line of C on. */
static inline u64 kho_fast_clock(void)
{
	return kho_fast_read_clock();
}

/* Nanoseconds that so many ticks take; 0 on a machine that cannot tell. */
static inline u64 kho_fast_clock_ns(u64 ticks)
{
	u64 khz = kho_fast_clock_khz();

	return khz ? mul_u64_u64_div_u64(ticks, USEC_PER_SEC, khz) : 0;
}

#ifdef CONFIG_KHO_FAST_TIMELINE

/* record.c */
const char *kho_fast_phase_name(enum kho_phase what);
void kho_fast_phase_abort(void);
void kho_fast_span(enum kho_phase what, u64 begin, u64 end, int node,
		   const char *label);
void kho_fast_timeline_copy(struct kho_timeline_ser *to);
u64 kho_fast_timeline_began(void);

/* handover.c */
const char *kho_fast_timeline_fault(const struct kho_timeline_ser *ser,
				    size_t size);
extern struct kho_timeline_ser *kho_fast_timeline_in;
int kho_fast_timeline_init(void);
void kho_fast_timeline_read(void);

/* show.c */
struct dentry;
void kho_fast_timeline_debugfs(struct dentry *dir);

#else /* !CONFIG_KHO_FAST_TIMELINE */

static inline void kho_fast_phase_abort(void) { }
static inline void kho_fast_span(enum kho_phase what, u64 begin, u64 end,
				 int node, const char *label) { }
static inline int kho_fast_timeline_init(void) { return 0; }
static inline void kho_fast_timeline_read(void) { }
struct dentry;
static inline void kho_fast_timeline_debugfs(struct dentry *dir) { }

#endif /* CONFIG_KHO_FAST_TIMELINE */

#endif /* _KERNEL_KHO_FAST_TIMELINE_H */
