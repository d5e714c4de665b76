// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of a guest's second-level page tables, which are not preserved: after the update KVM
 * maps each page anew when the guest touches it.
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "keeper.h"

static void *faults_count(void *arg)
{
	struct guest *guest = arg;
	long long nr = 0;

	usleep(1000000);
	if (!qemu_kvm_number(guest, "pf_fixed", &nr))
		guest->faults = nr;
	return NULL;
}

/* From the moment when the guest goes on */
void faults_watch(struct guest *guest)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, faults_count, guest) || pthread_detach(thread))
		fail("%s: a thread that counts faults", guest->name);
}

void faults_report(const struct guest *guest)
{
	long long small = 0, huge = 0;

	if (!guest->faults || qemu_kvm_number(guest, "pages_4k", &small) ||
	    qemu_kvm_number(guest, "pages_2m", &huge))
		return;
	printf("%s: %llu second-level faults in its first second, mapped now: %lld pages of 4 KiB, "
	       "%lld of 2 MiB\n", guest->name, (unsigned long long)guest->faults, small, huge);
}
