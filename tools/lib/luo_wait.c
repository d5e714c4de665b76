// SPDX-License-Identifier: GPL-2.0-only
/* Sessions by name, with the device open for a moment. */
#include "luo.h"

#include <errno.h>
#include <time.h>

/* Short: a guest may be paused meanwhile. */
#define AGAIN_MS	1

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

int luo_open_wait(unsigned int wait_ms)
{
	uint64_t until = now_ms() + wait_ms;
	int before = errno, fd;

	while ((fd = luo_open()) == -EBUSY && now_ms() < until)
		nanosleep(&(struct timespec){ .tv_nsec = AGAIN_MS * 1000000L }, NULL);
	errno = before;		/* a signal ends nanosleep() */
	return fd;
}

static int by_name(int (*fn)(int device, const char *name), const char *name, unsigned int wait_ms)
{
	int device = luo_open_wait(wait_ms), session;

	if (device < 0)
		return device;
	session = fn(device, name);
	luo_close(device);
	return session;
}

int luo_create_by_name(const char *name, unsigned int wait_ms)
{
	return by_name(luo_session_create, name, wait_ms);
}

int luo_retrieve_by_name(const char *name, unsigned int wait_ms)
{
	return by_name(luo_session_retrieve, name, wait_ms);
}
