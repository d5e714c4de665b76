/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gate between operations on sessions and the freeze.
 */
#ifndef _KERNEL_KHO_FAST_LUO_GATE_H
#define _KERNEL_KHO_FAST_LUO_GATE_H

#include <linux/liveupdate.h>
#include <linux/list.h>

struct task_struct;

/* Seconds */
#define LUO_FAST_GATE_TIMEOUT		30
#define LUO_FAST_GATE_MAX_TIMEOUT	3600

/**
 * struct luo_fast_gate_op - An operation in progress, on the stack.
 * @list:    Entry in the list of operations in progress.
 * @task:    The task; valid while the operation is in the list.
 * @session: Name of the session; empty for an operation on the device. A copy,
 *           since closing a session frees it.
 */
struct luo_fast_gate_op {
	struct list_head	list;
	struct task_struct	*task;
	char			session[LIVEUPDATE_SESSION_NAME_LENGTH];
};

extern unsigned int luo_fast_gate_timeout;

int luo_fast_gate_enter(struct luo_fast_gate_op *op, const char *session);
void luo_fast_gate_enter_unkillable(struct luo_fast_gate_op *op,
				    const char *session);
void luo_fast_gate_leave(struct luo_fast_gate_op *op);
int luo_fast_gate_close(void);
void luo_fast_gate_open(void);

#endif /* _KERNEL_KHO_FAST_LUO_GATE_H */
