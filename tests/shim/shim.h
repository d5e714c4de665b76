/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: force-included; what kbuild and the kernel's everyday headers bring. With
 * SHIM_CHECK users of the shim are checked; without, it costs what the kernel does.
 */
#ifndef SHIM_H
#define SHIM_H

/*
 * Looser than the kernel's, which insist on one signedness, and evaluating each
 * argument once like them. Before <linux/kernel.h> so that it keeps its own out.
 */
#define min(x, y) ({ __auto_type x_ = (x); __auto_type y_ = (y); x_ < y_ ? x_ : y_; })
#define max(x, y) ({ __auto_type x_ = (x); __auto_type y_ = (y); x_ > y_ ? x_ : y_; })

#include <string.h>
#include <linux/errno.h>
#include <linux/kconfig.h>
#include <linux/kernel.h>
#include <linux/types.h>
#include <linux/bits.h>
#include <linux/bitops.h>

/* An atomic read, as in the kernel. */
#undef test_bit
#define test_bit(nr, addr) \
	(__atomic_load_n((addr) + BIT_WORD(nr), __ATOMIC_RELAXED) >> (nr) % BITS_PER_LONG & 1)

#undef clamp
#define clamp(val, lo, hi) ({					\
	typeof(val) v_ = (val), lo_ = (lo), hi_ = (hi);		\
	v_ < lo_ ? lo_ : v_ > hi_ ? hi_ : v_; })
#define min3(x, y, z)	({ __auto_type z_ = (z); min(min(x, y), z_); })
#define swap(a, b)	do { typeof(a) a_ = (a); (a) = (b); (b) = a_; } while (0)
static inline u64 ror64(u64 word, unsigned int shift)
{
	return word >> (shift & 63) | word << (-shift & 63);
}

#define count_trailing_zeros(x)	((x) ? (int)__builtin_ctzl(x) : BITS_PER_LONG)

/* tools/include makes u64 an unsigned long, so the kernel's own %llu would warn. */
#undef __printf
#define __printf(fmt, args)

#define __ref
#define __ro_after_init
#define __private
#define ACCESS_PRIVATE(p, member)	((p)->member)
#define offsetofend(type, member)	(offsetof(type, member) + sizeof(((type *)0)->member))
#define typecheck(type, x)	((void)sizeof((typeof(type) *)0 == (typeof(x) *)0))
#define EXPORT_SYMBOL(sym)
#define EXPORT_SYMBOL_GPL(sym)
#define _RET_IP_		((unsigned long)__builtin_return_address(0))

/* Loops whose iterations are few, and known. */
#ifdef SHIM_CHECK
#define unrolled_full
#else
#define unrolled_full		_Pragma("GCC unroll 64")
#endif

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))

/* The test stops here, and the harness says so. */
void __noreturn shim_die(const char *fmt, ...);
#undef panic
/* With a status of its own, for tests that expect it. */
#define SHIM_PANIC		77
void __noreturn shim_panic(void);
#define panic(...)		shim_panic()

/* Before struct pages are published, stores to them must be ordered; see stores.c. */
#ifdef SHIM_CHECK
void shim_publish(const char *how);
#else
#define shim_publish(how)	((void)0)
#endif

/* TSan knows neither volatile nor address dependencies: make them visible. */
#undef READ_ONCE
#undef WRITE_ONCE
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define WRITE_ONCE(x, val)	__atomic_store_n(&(x), (val), __ATOMIC_RELAXED)
#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) \
	(shim_publish("a release"), __atomic_store_n((p), (v), __ATOMIC_RELEASE))
#define cmpxchg(p, old, new) ({						\
	typeof(*(p)) old_ = (old);					\
	__atomic_compare_exchange_n((p), &old_, (typeof(*(p)))(new), false, \
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	old_; })
#define cmpxchg64		cmpxchg
#define try_cmpxchg(p, old, new) \
	__atomic_compare_exchange_n((p), (old), (new), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
#define xchg(p, v)		__atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define atomic_inc(v)		__atomic_fetch_add(&(v)->counter, 1, __ATOMIC_RELAXED)
#define atomic_read(v)		__atomic_load_n(&(v)->counter, __ATOMIC_RELAXED)
#define atomic_inc_return(v)	__atomic_add_fetch(&(v)->counter, 1, __ATOMIC_RELAXED)
#define atomic_dec(v)		((void)atomic_dec_return(v))
#define atomic_dec_and_test(v)	(!__atomic_sub_fetch(&(v)->counter, 1, __ATOMIC_SEQ_CST))
#define atomic_dec_return(v)	__atomic_sub_fetch(&(v)->counter, 1, __ATOMIC_RELAXED)
#define atomic_set(v, n)	WRITE_ONCE((v)->counter, (n))
#define atomic_long_add(n, v)	((void)__atomic_fetch_add(&(v)->counter, (n), __ATOMIC_RELAXED))
#define atomic_long_sub(n, v)	((void)__atomic_fetch_sub(&(v)->counter, (n), __ATOMIC_RELAXED))
#define atomic_long_set(v, n)	atomic_set((v), (n))
#define atomic_long_xchg(v, n)	__atomic_exchange_n(&(v)->counter, (n), __ATOMIC_SEQ_CST)
#define atomic_long_dec(v)	atomic_long_sub(1, (v))
#define atomic_long_fetch_add(n, v)	__atomic_fetch_add(&(v)->counter, (n), __ATOMIC_SEQ_CST)
#define atomic_long_inc_return(v)	atomic_inc_return(v)
#define atomic_long_dec_return(v)	__atomic_sub_fetch(&(v)->counter, 1, __ATOMIC_SEQ_CST)
#define atomic_long_inc_return_relaxed(v) atomic_inc_return(v)
#define atomic_long_inc(v)	atomic_long_add(1, (v))
#define atomic_long_dec_and_test(v)	(!__atomic_sub_fetch(&(v)->counter, 1, __ATOMIC_SEQ_CST))
#define ATOMIC_INIT(n)		{ (n) }
#define ATOMIC_LONG_INIT(n)	{ (n) }
#define atomic_long_read(v)	__atomic_load_n(&(v)->counter, __ATOMIC_RELAXED)
#define set_mask_bits(p, clear, set) ({						\
	typeof(*(p)) was_ = READ_ONCE(*(p));					\
	while (!__atomic_compare_exchange_n((p), &was_, (was_ & ~(clear)) | (set), false, \
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) \
		;								\
	was_; })

/* Dies of what would be a division error on x86. */
static inline u64 mul_u64_u64_div_u64(u64 a, u64 mul, u64 div)
{
	unsigned __int128 quotient = (unsigned __int128)a * mul / div;

	if (quotient >> 64)
		shim_die("%llu * %llu / %llu overflows", a, mul, div);
	return quotient;
}

int kstrtouint(const char *s, unsigned int base, unsigned int *res);
int kstrtobool(const char *s, bool *res);
int kstrtoull(const char *s, unsigned int base, unsigned long long *res);
#define kstrtoul(s, base, res)	kstrtoull((s), (base), (unsigned long long *)(res))
#define kstrtol(s, base, res)	kstrtoll((s), (base), (long long *)(res))
#define check_shl_overflow(a, shift, to)					\
	({ const u64 a_ = (a); *(to) = a_ << (shift); *(to) >> (shift) != a_; })
unsigned long long simple_strtoull(const char *text, char **end, unsigned int base);
#define simple_strtol			simple_strtoull
#define COMMAND_LINE_SIZE	2048
char *skip_spaces(const char *text);
char *next_arg(char *args, char **param, char **val);

/* As in kernel/params.c: - and _ are equal. */
static inline bool parameq(const char *a, const char *b)
{
	while (*a && (*a == *b || (*a == '-' && *b == '_') || (*a == '_' && *b == '-'))) {
		a++;
		b++;
	}
	return *a == *b;
}

unsigned long long memparse(const char *ptr, char **retptr);

/* Clients preserve what they have freed. */
extern bool shim_clients_err;
/* A test says whether this is a crash kernel. */
extern bool shim_is_kdump;
#define is_kdump_kernel()		shim_is_kdump

/* Time is what a test makes it. */
extern unsigned long jiffies;
#define time_after(a, b)		((long)((b) - (a)) < 0)

/* Per thread, so a thread is a task that never moves to another CPU. */
#define DECLARE_PER_CPU(type, name)	extern __thread type name
#define DEFINE_PER_CPU(type, name)	__thread type name
#define this_cpu_ptr(p)			(p)
#define per_cpu(var, cpu)		(*({ (void)(cpu); &(var); }))
#define for_each_possible_cpu(cpu)	for ((cpu) = 0; (cpu) < 1; (cpu)++)
extern unsigned int shim_online_cpus;
#define num_online_cpus()		shim_online_cpus
#define nr_cpu_ids			shim_online_cpus
#define for_each_online_cpu(cpu)	for ((cpu) = 0; (cpu) < shim_online_cpus; (cpu)++)
#define cpu_to_node(cpu)		((void)(cpu), 0)

extern __thread struct task_struct {
	char		comm[16];
	int		pid;
	unsigned int	memcg_nr_pages_over_high;
} shim_task;

/* There is neither userspace nor a watchdog. */
#define current				(&shim_task)
#define smp_rmb()			barrier()	/* each READ_ONCE() acquires */
#define current_pt_regs()		NULL
#define instruction_pointer(regs)	((unsigned long)(regs))
#define fault_in_readable(uaddr, size)	((void)(uaddr))
#define copy_from_user(to, uaddr, size)	((void)(uaddr), (size))
#define touch_nmi_watchdog()		do { } while (0)

/* What kmemleak scans is not freed: debug_pagealloc would unmap it. */
void shim_kmemleak_forget(phys_addr_t start, phys_addr_t end);
#define kmemleak_ignore_phys(phys)	shim_kmemleak_forget((phys), PHYS_ADDR_MAX)
#define kmemleak_free_part_phys(phys, size)	shim_kmemleak_forget((phys), (phys) + (size))

_Static_assert(sizeof(phys_addr_t) == 8, "build with -DCONFIG_PHYS_ADDR_T_64BIT");

#endif /* SHIM_H */
