/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: work, notifiers and task work are run by the test. Work queued on a node is a
 * thread, and so is long work, but for one in three that never finds a thread.
 */
#ifndef SHIM_WORKQUEUE_H
#define SHIM_WORKQUEUE_H

#include <pthread.h>
#include <semaphore.h>

#include <linux/align.h>
#include <linux/err.h>
#include <linux/mmzone.h>

#define HZ	1	/* nothing ever waits */

struct work_struct {
	void	(*fn)(struct work_struct *work);
	bool	pending;	/* atomic */
	bool	has_thread;
	pthread_t thread;
	int	nid;
};

struct delayed_work {
	struct work_struct work;
};

#define DECLARE_WORK(name, fn)		struct work_struct name = { fn }
#define DECLARE_DELAYED_WORK(name, fn)	struct delayed_work name = { { fn } }

/* The latest of each kind. */
extern struct work_struct *shim_work, *shim_delayed_work;

bool shim_queue(struct work_struct **kind, struct work_struct *work);
bool flush_work(struct work_struct *work);

#define INIT_WORK(work, func)	(*(work) = (struct work_struct){ .fn = (func) })
extern void (*shim_take_work)(struct work_struct *work);	/* of a node, if not NULL */
void shim_queue_on_node(int nid, struct work_struct *work);
extern unsigned long shim_node_threads[MAX_NUMNODES];	/* how many were queued */

struct workqueue_attrs {
	int	affn_scope;
};

#define WQ_UNBOUND				0
#define WQ_AFFN_NUMA				0
#define alloc_workqueue(name, flags, max)	((struct workqueue_struct *)(flags))
#define alloc_workqueue_attrs()			((struct workqueue_attrs *)kcalloc(1, 4, GFP_KERNEL))
#define free_workqueue_attrs(attrs)		kfree(attrs)
#define apply_workqueue_attrs(wq, attrs)	((void)(wq), (void)(attrs))
#define system_dfl_long_wq			NULL
#define queue_work_node(nid, wq, work)		((void)(wq), shim_queue_on_node((nid), (work)))

#define system_dfl_wq				(&shim_work)
#define queue_work(wq, work)			shim_queue((wq), (work))
bool cancel_work(struct work_struct *work);

/* When all readers are done, at once. */
struct rcu_work {
	struct work_struct work;
};

#define INIT_RCU_WORK(rwork, func)		INIT_WORK(&(rwork)->work, (func))
#define to_rcu_work(w)				container_of((w), struct rcu_work, work)
#define queue_rcu_work(wq, rwork) \
	((void)(wq), synchronize_rcu(), (rwork)->work.fn(&(rwork)->work))
#define delayed_work_pending(dwork)		READ_ONCE((dwork)->work.pending)
#define schedule_delayed_work(dwork, delay)	shim_queue(&shim_delayed_work, &(dwork)->work)

struct completion {
	sem_t	done;
};

#define init_completion(c)	sem_init(&(c)->done, 0, 0)
#define complete(c)		sem_post(&(c)->done)
#define wait_for_completion(c)							\
	do {									\
		might_sleep();							\
		while (sem_wait(&(c)->done))					\
			;							\
	} while (0)

/* A worker runs on the node that it was queued for, other threads on node 0. */
extern __thread int shim_this_node;
#define numa_node_id()	shim_this_node

/* A thread runs to its end when it is woken up. */
extern nodemask_t shim_kthread_nodes;	/* where some ran */
struct task_struct *shim_kthread(int (*fn)(void *arg), void *arg, int nid);
void wake_up_process(struct task_struct *task);
#define kthread_create_on_node(fn, arg, nid, fmt, ...)	shim_kthread((fn), (arg), (nid))
#define MAX_NICE				19
#define set_user_nice(task, nice)		((void)(task))

struct callback_head {
	void (*func)(struct callback_head *head);
};

#define TWA_RESUME			0
#define init_task_work(head, fn)	((void)((head)->func = (fn)))
#define task_work_add(task, head, how)	(shim_task_work = (head), 0)
extern struct callback_head *shim_task_work;

#define NOTIFY_OK			1
#define register_oom_notifier(nb)	(shim_oom_notifier = (nb))
extern struct notifier_block {
	int (*notifier_call)(struct notifier_block *nb, unsigned long unused, void *freed);
} *shim_oom_notifier, *shim_reboot_notifier;

#define NOTIFY_DONE			0
#define register_reboot_notifier(nb)	(shim_reboot_notifier = (nb), 0)

struct memory_notify {
	unsigned long start_pfn, nr_pages;
};

#define MEM_GOING_OFFLINE		(1 << 1)
#define MEM_CANCEL_OFFLINE		(1 << 4)
#define DEFAULT_CALLBACK_PRI		0
#define notifier_from_errno(err)	(err)
#define hotplug_memory_notifier(fn, pri) (shim_memory_notify = (fn), 0)
extern int (*shim_memory_notify)(struct notifier_block *nb, unsigned long action, void *arg);

/* The test's own thread does all of such a job, in two parts. */
struct padata_mt_job {
	void		(*thread_fn)(unsigned long start, unsigned long end, void *arg);
	void		*fn_arg;
	unsigned long	start, size, align, min_chunk;
	int		max_threads;
	bool		numa_aware;
};

/* Like the kernel's it uses the job up. */
static inline void padata_do_multithreaded(struct padata_mt_job *job)
{
	unsigned long half = ALIGN(job->size / 2, job->align);

	job->thread_fn(job->start, job->start + half, job->fn_arg);
	job->thread_fn(job->start + half, job->start + job->size, job->fn_arg);
	job->start += job->size;
	job->size = 0;
}

#endif /* SHIM_WORKQUEUE_H */
