/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of the KUnit tests of live update, and their handler */
#ifndef _KHO_FAST_TESTS_LUO_NUMBERS_H
#define _KHO_FAST_TESTS_LUO_NUMBERS_H

#include <linux/liveupdate.h>
#include <linux/types.h>

#include "../luo/file_set.h"

#define NR_FILES	64
#define MAX_NEEDS	3
#define TEST_HANDLER	"luo-fast-kunit"

enum event {
	PRESERVE, UNPRESERVE, FREEZE, UNFREEZE, RETRIEVE, FINISH, NR_EVENTS
};

/**
 * struct luo_number - A file of the test, and its number.
 * @file:      The file.
 * @fd:        It as a descriptor.
 * @needs:     Numbers of the files that it needs.
 * @nr_needs:  How many.
 * @fail:      What the callback of an event returns.
 * @unready:   What can_finish() does not allow.
 * @slow_ms:   How long freezing it takes.
 */
struct luo_number {
	struct file	*file;
	int		fd;
	int		needs[MAX_NEEDS];
	int		nr_needs;
	int		fail[NR_EVENTS];
	bool		unready;
	int		slow_ms;
};

extern struct luo_number luo_numbers[NR_FILES];
extern struct luo_fast_set luo_set, luo_other_set;
extern struct liveupdate_file_handler luo_number_handler;

/* Events since luo_forget_events(): all, and those of a kind. */
extern int luo_nr_logged, luo_nr_of[NR_EVENTS];

int luo_when(enum event event, int nr);
void luo_forget_events(void);

int luo_number_preserve(struct luo_fast_set *where, int nr, u64 token);
int luo_numbers_preserve(int nr);
void luo_number_need(int nr, int needed);
int luo_number_adopt(int nr, u64 token);
int luo_numbers_adopt(int nr);
int luo_number_retrieve(u64 token);
int luo_numbers_open(void);
void luo_numbers_close(void);

#endif
