// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation of a call, failed in turn; see faults.h.
 */
#include <stdio.h>
#include <sys/mman.h>

#include "faults.h"

/* A call that needs more is not tested, but does not end. */
#define MAX_FAULTS	100000

struct faults *faults_begin(const char *what)
{
	struct faults *f = mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (f == MAP_FAILED)
		shim_die("no memory");
	*f = (struct faults){ .what = what, .n = -1, .called = true, .met = true };
	return f;
}

bool faults_next(struct faults *f)
{
	if (!f->called)
		shim_die("%s: fault %ld was not tried", f->what, f->n);
	if (f->met && ++f->n < MAX_FAULTS) {
		f->called = f->met = false;
		return true;
	}
	if (f->met || !f->failed)
		shim_die("%s: %u allocations and no end", f->what, f->failed);

	printf("# allocations failed: %u: %s\n", f->failed, f->what);
	fflush(stdout);
	munmap(f, sizeof(*f));
	return false;
}

void faults_arm(const struct faults *f)
{
	shim_fail_after = f->n;
}

void faults_disarm(struct faults *f)
{
	f->called = true;
	f->met = shim_fail_after < 0;
	f->failed += f->met;
	shim_fail_after = -1;
}
