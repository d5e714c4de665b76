/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: the test says when the task goes back to userspace. */
#ifndef SHIM_TASK_WORK_H
#define SHIM_TASK_WORK_H

struct callback_head {
	void (*func)(struct callback_head *head);
};

#define TWA_RESUME	0
#define current		NULL

extern struct callback_head *shim_task_work;

static inline void init_task_work(struct callback_head *head,
				  void (*func)(struct callback_head *head))
{
	head->func = func;
}

static inline int task_work_add(void *task, struct callback_head *head, int how)
{
	shim_task_work = head;
	return 0;
}

#endif /* SHIM_TASK_WORK_H */
