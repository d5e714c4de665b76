/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: work waits until the test runs it; that of one node is a thread. */
#ifndef SHIM_WORKQUEUE_H
#define SHIM_WORKQUEUE_H

#include <pthread.h>

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
void shim_queue_on_node(int nid, struct work_struct *work);
#define system_dfl_long_wq			NULL
#define queue_work_node(nid, wq, work)		((void)(wq), shim_queue_on_node((nid), (work)))

#define system_dfl_wq				(&shim_work)
#define queue_work(wq, work)			shim_queue((wq), (work))
#define delayed_work_pending(dwork)		READ_ONCE((dwork)->work.pending)
#define schedule_delayed_work(dwork, delay)	shim_queue(&shim_delayed_work, &(dwork)->work)

#endif /* SHIM_WORKQUEUE_H */
