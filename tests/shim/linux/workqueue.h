/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: work waits until the test runs it. */
#ifndef SHIM_WORKQUEUE_H
#define SHIM_WORKQUEUE_H

struct work_struct {
	void (*fn)(struct work_struct *work);
};

struct delayed_work {
	struct work_struct work;
};

#define DECLARE_DELAYED_WORK(name, fn)	struct delayed_work name = { { fn } }

extern struct work_struct *shim_work;	/* the only one, NULL when none waits */

#define delayed_work_pending(dwork)	(READ_ONCE(shim_work) == &(dwork)->work)
#define schedule_delayed_work(dwork, delay)	WRITE_ONCE(shim_work, &(dwork)->work)

#endif /* SHIM_WORKQUEUE_H */
