// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions of the Live Update Orchestrator. Its device has one user at a time, and other
 * programs want it too, so it is open only while a session is created or retrieved.
 */
#include <errno.h>
#include <luo.h>
#include <pthread.h>
#include <unistd.h>

#include "keeper.h"

#define DEVICE_TRIES	500
#define DEVICE_WAIT_US	10000

static int open_device(void)
{
	int device = luo_open();

	for (int i = 0; device == -EBUSY && i < DEVICE_TRIES; i++) {
		usleep(DEVICE_WAIT_US);
		device = luo_open();
	}
	return device;
}

/* The session, or a negative errno */
int session_open(int (*how)(int device, const char *name), const char *name)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int device, session;

	pthread_mutex_lock(&lock);
	device = open_device();
	session = device < 0 ? device : how(device, name);
	if (device >= 0)
		luo_close(device);
	pthread_mutex_unlock(&lock);
	return session;
}
