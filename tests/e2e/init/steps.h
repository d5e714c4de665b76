/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps of a plan. A step returns NULL for success, or the reason of a failure.
 */
#ifndef STEPS_H
#define STEPS_H

#include <stdbool.h>

#include "plan.h"

/* Format a reason; valid until the next call. */
const char *why(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

const char *step_insmod(const struct step *step);
const char *step_workload(const struct step *step);
const char *step_memfd_preserve(const struct step *step);
const char *step_memfd_again(const struct step *step);
const char *step_memfd_unpreserve(const struct step *step);
const char *step_memfd_retrieve(const struct step *step);
const char *step_memfd_finish(const struct step *step);
const char *step_link(const struct step *step);
const char *step_link_preserve(const struct step *step);
const char *step_link_unpreserve(const struct step *step);
const char *step_link_retrieve(const struct step *step);
const char *step_link_finish(const struct step *step);
const char *step_link_close(const struct step *step);
const char *step_next_kernel(const struct step *step);
const char *step_links_preserve(const struct step *step);
const char *step_links_retrieve(const struct step *step);
const char *step_luo(const struct step *step);
const char *step_many_preserve(const struct step *step);
const char *step_many_retrieve(const struct step *step);
const char *step_faults_preserve(const struct step *step);
const char *step_faults_kexec(const struct step *step);
const char *step_faults_retrieve(const struct step *step);
const char *step_memtotal(const struct step *step);
const char *step_expect_memtotal(const struct step *step);
const char *step_memfree(const struct step *step);
const char *step_expect_freed(const struct step *step);
const char *step_expect_dmesg(const struct step *step);
const char *step_reject_dmesg(const struct step *step);
const char *step_expect_once(const struct step *step);
const char *step_cgroup(const struct step *step);
const char *step_read(const struct step *step);
const char *step_write(const struct step *step);
const char *step_show(const struct step *step);
const char *step_timeline(const struct step *step);
const char *step_expect_number(const struct step *step);
const char *step_remember(const struct step *step);
const char *step_expect_remembered(const struct step *step);
const char *step_expect_text(const struct step *step);
const char *step_reject_text(const struct step *step);
const char *step_read_kcore(const struct step *step);
const char *step_run(const struct step *step);
const char *step_spawn(const struct step *step);
const char *step_beside(const struct step *step);
const char *step_await_in(const struct step *step);
const char *step_kill(const struct step *step);
const char *step_await_text(const struct step *step);
const char *step_await_end(const struct step *step);
const char *step_stop(const struct step *step);
const char *step_expect_lines(const struct step *step);
const char *step_expect_same(const struct step *step);
const char *step_expect_kvm_khz(const struct step *step);
const char *step_load_next_kernel(const struct step *step);
const char *step_kexec(const struct step *step);
const char *step_kexec_load(const struct step *step);
const char *step_unretrieved(const struct step *step);
const char *step_poweroff(const struct step *step);
const char *step_hang(const struct step *step);
const char *step_sleep(const struct step *step);

/* Run a step; NULL for success, or the reason of its failure */
const char *step_one(const struct step *step);
/* MemTotal at the last 'memtotal', in this or an earlier boot; 0: none */
unsigned long memtotal_kb(void);
/* Number of the last 'remember', in this or an earlier boot; 0: none */
long remembered(void);
/* Wait until the TSC of this boot has its final frequency */
const char *kvm_await_refined_tsc(void);
/* Number of this boot, from 1 */
int stage_nr(void);
/* The step is one of 'fails'; for steps that do not return if they succeed */
extern bool must_fail;
/* On the command line of a kernel that was booted by a kexec that must fail */
#define WENT_AHEAD	"kho_went_ahead"
/* The plan is a service; init is systemd. */
bool under_systemd(void);
/* What the programs in the background have said, when a step that talks to one fails */
void spawn_show_all(void);

#endif /* STEPS_H */
