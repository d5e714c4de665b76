// SPDX-License-Identifier: GPL-2.0-only
/* The newest stamps of all guests as lines of a file, for those who look on. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "keeper.h"

#define EVERY_US	200000

static const struct guest *watched;
static unsigned int nr_watched;
static int to;

static void *watch(void *arg)
{
	for (;; usleep(EVERY_US)) {
		for (unsigned int i = 0; i < nr_watched; i++) {
			struct stamp stamp;

			if (watched[i].phase != GUEST_RUNS && watched[i].phase != GUEST_PAUSED)
				continue;
			ring_newest(&watched[i], &stamp);
			dprintf(to, "keeper: %s counts %llu, %u bad pages\n", watched[i].name,
				(unsigned long long)stamp.nr, stamp.bad);
		}
	}
	return arg;
}

void watch_start(const char *path, const struct guest *guests, unsigned int nr)
{
	pthread_t thread;

	watched = guests;
	nr_watched = nr;
	to = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
	if (to < 0)
		die_errno("%s", path);
	if (pthread_create(&thread, NULL, watch, NULL) || pthread_detach(thread))
		die("a thread that watches the guests");
}
