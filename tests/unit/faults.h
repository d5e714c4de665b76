/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every allocation of a call, failed in turn.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <linux/mm.h>

/**
 * struct faults - A call that is made again and again.
 * @what:   The call, for the report.
 * @n:      Allocation that fails, from 0; -1 before the first call.
 * @called: Has the call been made?
 * @met:    Has it met the fault?
 * @failed: Number of allocations that have failed.
 */
struct faults {
	const char	*what;
	long		n;
	bool		called, met;
	unsigned int	failed;
};

/* In shared memory: the call may be made by a child, such as the next kernel. */
struct faults *faults_begin(const char *what);
bool faults_next(struct faults *f);

/*
 * Run the body until FAULT(), which it must use once, meets no fault: all allocations of the
 * call have failed then, one after the other. Prints their number; make faults shows it.
 */
#define for_each_fault(f, what)							\
	for (struct faults *f = faults_begin(what); faults_next(f);)

/* Make a call with a fault; its result */
#define FAULT(f, call) ({							\
	faults_arm(f);								\
	__typeof__(call) ret_ = (call);						\
	faults_disarm(f);							\
	ret_; })

void faults_arm(const struct faults *f);
void faults_disarm(struct faults *f);

#endif /* FAULTS_H */
