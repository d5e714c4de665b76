// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trace events that were fired.
 */
#include <pthread.h>

#include <linux/tracepoint.h>

#define MAX_EVENTS	4096

bool shim_tracing;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct shim_event events[MAX_EVENTS];
static unsigned long nr_events;

void shim_trace(const struct shim_event *event)
{
	pthread_mutex_lock(&lock);
	if (nr_events == MAX_EVENTS)
		shim_die("more events than a test may look at");
	events[nr_events++] = *event;
	pthread_mutex_unlock(&lock);
}

unsigned long shim_nr_events(const char *name)
{
	unsigned long i, nr = 0;

	for (i = 0; i < nr_events; i++)
		nr += !strcmp(events[i].name, name);
	return nr;
}

/* The nth event of a name, from 0. */
const struct shim_event *shim_event(const char *name, unsigned long nth)
{
	unsigned long i;

	for (i = 0; i < nr_events; i++)
		if (!strcmp(events[i].name, name) && !nth--)
			return events + i;
	shim_die("there is no such event: %s", name);
}

void shim_forget_events(void)
{
	nr_events = 0;
}
