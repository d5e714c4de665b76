// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages, work, number parsing, and where a task may sleep.
 */
#include <unistd.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/timex.h>
#include <linux/workqueue.h>

unsigned int shim_nr_warns, shim_nr_errs, shim_nr_warnings;
const char *shim_last_msg = "", *shim_last_err = "";
__thread char shim_last_line[1024];
bool shim_is_kdump, shim_slab_is_up, shim_clients_err;
int shim_full_node = NUMA_NO_NODE;
nodemask_t shim_nodes_without_cpus, shim_kthread_nodes;
unsigned int shim_online_cpus = 4;
unsigned long shim_cpus_per_node = 4;
unsigned long shim_node_threads[MAX_NUMNODES];
unsigned long shim_nr_irqsave;
unsigned long jiffies;
long shim_nr_free_pages, shim_live_objects, shim_object_bytes, shim_object_peak;
cycles_t shim_cycles;
unsigned int shim_tsc_khz = 1000000;
enum clocksource_ids shim_clocksource;
bool shim_tsc_known_freq;
struct callback_head *shim_task_work;
struct notifier_block *shim_oom_notifier, *shim_reboot_notifier;
int (*shim_memory_notify)(struct notifier_block *nb, unsigned long action, void *arg);
struct work_struct *shim_work, *shim_delayed_work;
pthread_rwlock_t shim_rcu = PTHREAD_RWLOCK_INITIALIZER;
__thread unsigned int shim_rcu_depth, shim_preempt_depth;
struct page *shim_memmap;
__thread struct task_struct shim_task = { "shim", 1, 0 };
long shim_fail_after = -1;

void shim_die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("# kernel would die: ", stderr);
	vfprintf(stderr, fmt, args);
	fputs("\n", stderr);
	abort();
}

void shim_panic(void)
{
	_exit(SHIM_PANIC);
}

#ifdef SHIM_CHECK
bool shim_fault(void)
{
	return READ_ONCE(shim_fail_after) >= 0 &&
	       !__atomic_fetch_sub(&shim_fail_after, 1, __ATOMIC_RELAXED);
}
#endif

unsigned long shim_nr_sleeps;	/* with SHIM_CHECK; elsewhere it would be measured */
void (*shim_other_task)(void);

bool shim_may_postpone, shim_late_is_done, shim_init_on_free;

/* In place of mm/kho_late_sections.c */
bool kho_fast_may_postpone(void)
{
	return shim_may_postpone;
}

void kho_fast_late_done(void)
{
	shim_late_is_done = true;
}

/* Not in an RCU reader, not with preemption off. */
void shim_might_sleep(const char *caller)
{
#ifdef SHIM_CHECK
	__atomic_fetch_add(&shim_nr_sleeps, 1, __ATOMIC_RELAXED);
#endif
	if (shim_rcu_depth || shim_preempt_depth)
		shim_die("%s: sleeps %s", caller,
			 shim_rcu_depth ? "under rcu_read_lock()" : "with preemption off");
#ifdef SHIM_CHECK
	if (shim_other_task)
		shim_other_task();
#endif
}

/* The message inside %pV, which may begin with another one. */
static const char *innermost(struct va_format *vaf)
{
	while (strstr(vaf->fmt, "%pV"))
		vaf = va_arg(*vaf->va, struct va_format *);
	return vaf->fmt;
}

/* %*pE, which escapes a string, as libc's %.*s, which takes the same arguments */
static const char *without_escapes(const char *fmt, char *to, size_t size)
{
	char *at;

	snprintf(to, size, "%s", fmt);
	while ((at = strstr(to, "%*pE")))
		memcpy(at, "%.*s", 4);
	return to;
}

/*
 * Formats it, so that a bad string in it is found, unless with one of the kernel's own.
 * Threads may report at once; the last message is that of any.
 */
void shim_printk(unsigned int *count, const char *fmt, ...)
{
	const char *msg = fmt;
	char plain[1024];
	va_list args;

	va_start(args, fmt);
	fmt = without_escapes(fmt, plain, sizeof(plain));
	if (strstr(fmt, "%pV"))
		msg = innermost(va_arg(args, struct va_format *));
	else if (!strstr(fmt, "%p"))
		vsnprintf(shim_last_line, sizeof(shim_last_line), fmt, args);
	va_end(args);

	__atomic_store_n(&shim_last_msg, msg, __ATOMIC_RELAXED);
	if (count == &shim_nr_errs)
		__atomic_store_n(&shim_last_err, msg, __ATOMIC_RELAXED);
	if (count)
		__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
}

/* Unlike strtoull(), the kernel's takes neither blanks nor a sign. */
unsigned long long simple_strtoull(const char *text, char **end, unsigned int base)
{
	if (end)
		*end = (char *)text;
	return *text >= '0' && *text <= '9' ? strtoull(text, end, base) : 0;
}

char *skip_spaces(const char *text)
{
	while (*text && strchr(" \t\n\v\f\r", *text))
		text++;
	return (char *)text;
}

/* The image that is loaded; whether LUO is enabled */
struct kimage *kexec_image;
bool shim_liveupdate, shim_kexec_locked;

bool liveupdate_enabled(void)
{
	return shim_liveupdate;
}

__thread int shim_this_node;
__thread struct mem_cgroup *shim_active_memcg;
__thread bool shim_is_worker, shim_noio;
struct mem_cgroup { char unused; } shim_task_memcg, shim_root_memcg;

static void *work_thread(void *arg)
{
	struct work_struct *work = arg;

	shim_this_node = work->nid;
	shim_is_worker = true;
	work->fn(work);
	return NULL;
}

/* Nobody joins its thread. */
static void queue_long_work(struct work_struct *work)
{
	static unsigned int nr;	/* atomic */
	pthread_t thread;

	if (__atomic_add_fetch(&nr, 1, __ATOMIC_RELAXED) % 3 == 0)
		return;

	work->pending = false;
	if (pthread_create(&thread, NULL, work_thread, work) || pthread_detach(thread))
		shim_die("cannot start a thread");
}

bool shim_queue(struct work_struct **kind, struct work_struct *work)
{
	if (__atomic_exchange_n(&work->pending, true, __ATOMIC_SEQ_CST))
		return false;
	if (kind)
		__atomic_store_n(kind, work, __ATOMIC_SEQ_CST);
	else
		queue_long_work(work);
	return true;
}

bool cancel_work(struct work_struct *work)
{
	return __atomic_exchange_n(&work->pending, false, __ATOMIC_SEQ_CST);
}

void (*shim_take_work)(struct work_struct *work);
void (*shim_resched)(void);
bool shim_knows_no_ram;

void shim_queue_on_node(int nid, struct work_struct *work)
{
	if (shim_take_work) {
		shim_take_work(work);
		return;
	}
	shim_node_threads[nid]++;
	work->nid = nid;
	work->has_thread = true;
	if (pthread_create(&work->thread, NULL, work_thread, work))
		shim_die("cannot start a thread");
}

static __thread struct {
	struct task_struct	task;
	int			(*fn)(void *arg);
	void			*arg;
	int			nid;
} new_kthread;

struct task_struct *shim_kthread(int (*fn)(void *arg), void *arg, int nid)
{
	if (shim_fault())
		return ERR_PTR(-ENOMEM);
	new_kthread.fn = fn;
	new_kthread.arg = arg;
	new_kthread.nid = nid;
	return &new_kthread.task;
}

void wake_up_process(struct task_struct *task)
{
	const int own = shim_this_node;

	shim_this_node = new_kthread.nid;
	node_set(shim_this_node, shim_kthread_nodes);
	new_kthread.fn(new_kthread.arg);
	shim_this_node = own;
}

/* Runs it: the test is the only worker, but for that of one node. */
bool flush_work(struct work_struct *work)
{
	if (work && work->has_thread) {
		pthread_join(work->thread, NULL);
		work->has_thread = false;
		return true;
	}
	if (!work || !__atomic_exchange_n(&work->pending, false, __ATOMIC_SEQ_CST))
		return false;
	work->fn(work);
	return true;
}
