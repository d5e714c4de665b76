/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: work waits until the test runs it. */
#ifndef SHIM_WORKQUEUE_H
#define SHIM_WORKQUEUE_H

struct work_struct {
	void	(*fn)(struct work_struct *work);
	bool	pending;	/* atomic */
};

struct delayed_work {
	struct work_struct work;
};

#define DECLARE_WORK(name, fn)		struct work_struct name = { fn, false }
#define DECLARE_DELAYED_WORK(name, fn)	struct delayed_work name = { { fn, false } }

/* The latest of each kind. */
extern struct work_struct *shim_work, *shim_delayed_work;

bool shim_queue(struct work_struct **kind, struct work_struct *work);
bool flush_work(struct work_struct *work);

#define system_dfl_wq				(&shim_work)
#define queue_work(wq, work)			shim_queue((wq), (work))
#define delayed_work_pending(dwork)		READ_ONCE((dwork)->work.pending)
#define schedule_delayed_work(dwork, delay)	shim_queue(&shim_delayed_work, &(dwork)->work)

#endif /* SHIM_WORKQUEUE_H */
