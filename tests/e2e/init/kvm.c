// SPDX-License-Identifier: GPL-2.0-only
/* The counter of KVM's guests */
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "file.h"
#include "steps.h"

#define CLOCKSOURCES	"/sys/devices/system/clocksource/clocksource0/available_clocksource"

/*
 * KVM may keep the frequency of the TSC that it finds when it is loaded. In a first boot that
 * is a rough one, until the clocksource tsc-early gives way to tsc.
 */
const char *kvm_await_refined_tsc(void)
{
	int tries;

	for (tries = 0; tries < 600; tries++) {
		char *text = file_text(CLOCKSOURCES);
		bool rough = text && strstr(text, "tsc-early");

		free(text);
		if (!rough)
			return NULL;
		usleep(100000);
	}
	return "the frequency of the TSC is not refined after a minute";
}

/* Frequency in kHz that a new guest gets; or -1 */
static long default_khz(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), guest = -1;
	long khz = -1;

	if (kvm >= 0)
		guest = ioctl(kvm, KVM_CREATE_VM, 0UL);
	if (guest >= 0)
		khz = ioctl(guest, KVM_GET_TSC_KHZ);
	close(guest);
	close(kvm);
	return khz;
}

/* 'expect-kvm-khz PATH': a new guest gets the frequency in the file */
const char *step_expect_kvm_khz(const struct step *step)
{
	long want, khz = default_khz();
	const char *reason;

	if (step->argc != 2)
		return "usage: expect-kvm-khz PATH";
	if (khz < 0)
		return "KVM gives no frequency";
	reason = file_number(step->argv[1], &want);
	if (!reason && khz != want)
		reason = why("KVM says %ld, not %ld", khz, want);
	return reason;
}
