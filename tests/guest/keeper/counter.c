// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's time stamp counter is put back to where it was saved. When QEMU has set the counter
 * of a new guest, KVM takes a second value within a second of what the counter says for one that
 * was meant to be the same, and keeps the counter: that of a guest would leap by up to a second,
 * and if it leaps back the guest's timers stand still until it has caught up. So nothing is
 * loaded while the counter is near what was saved.
 */
#include <stdlib.h>
#include <unistd.h>
#include <x86intrin.h>

#include "keeper.h"

#define TRY_US		10000
#define MS_PER_S	1000

/* Seconds: what KVM compares with, and a load that takes a while */
#define NEAR		1.2
#define SLOW_LOAD	1.0
/* A new QEMU is set up before that; a guest that is older need not wait. */
#define OLD		2.5

static double seconds(const struct guest *guest, int64_t ticks)
{
	return (double)ticks / guest->note->tsc_khz / MS_PER_S;
}

/* A guest that runs for so short a time would have to wait in the next kernel. */
void counter_wait_until_old(const struct guest *guest)
{
	int64_t offset = qemu_tsc_offset(guest);

	while (offset && seconds(guest, __rdtsc() + offset) < OLD)
		usleep(TRY_US);
}

/* How far the counter is behind the last stamp, which is a little before it was saved */
static double behind(const struct guest *guest, int64_t offset)
{
	struct stamp last;

	ring_newest(guest, &last);
	return seconds(guest, last.tsc - (int64_t)(__rdtsc() + offset));
}

static bool is_near(const struct guest *guest, int64_t offset)
{
	double far = behind(guest, offset);

	return -NEAR < far && far < NEAR + SLOW_LOAD;
}

/* Before the state is loaded into a new QEMU. Without KVM there is no offset. */
void counter_wait_until_far(const struct guest *guest)
{
	int64_t offset = qemu_tsc_offset(guest);

	while (offset && is_near(guest, offset))
		usleep(TRY_US);
}

/*
 * After that: a guest whose counter went back is not to run. On a busy host the load took longer
 * than SLOW_LOAD then; the counter of the next QEMU has to get past the saved one, or has time.
 */
int counter_check(const struct guest *guest)
{
	int64_t offset = qemu_tsc_offset(guest);
	double back = offset ? behind(guest, offset) : 0;

	if (back <= 0)
		return 0;
	fail("%s: its counter went back by %.3f s", guest->name, back);
	return RESUME_AGAIN;
}
