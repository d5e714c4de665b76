// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions of the kernel beyond tests/shim. Messages are formatted, so that a bad
 * format string is found.
 */
#include <stdio.h>
#include <stdlib.h>

#include <linux/bug.h>
#include <linux/err.h>
#include <linux/kexec_handover.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/timex.h>

#include "fuzz.h"

unsigned int shim_nr_errs, shim_nr_warnings, shim_nr_warns;
cycles_t shim_cycles;
long shim_fail_after = -1, shim_live_objects, shim_object_bytes, shim_object_peak;
pthread_rwlock_t shim_rcu = PTHREAD_RWLOCK_INITIALIZER;

void shim_die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("# ", stderr);
	vfprintf(stderr, fmt, args);
	fputs("\n", stderr);
	abort();
}

void shim_printk(unsigned int *count, const char *fmt, ...)
{
	char line[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (count)
		++*count;
}

bool shim_fault(void)
{
	return shim_fail_after >= 0 && !shim_fail_after--;
}

void *kho_alloc_preserve(size_t size)
{
	return image_alloc() ?: ERR_PTR(-ENOMEM);
}

void kho_unpreserve_free(void *mem)
{
	shim_die("a page is freed while an image is built");
}
