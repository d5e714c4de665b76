/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of the KUnit tests of LUO, and their handler.
 */
#ifndef _KHO_FAST_TESTS_LUO_NUMBERS_H
#define _KHO_FAST_TESTS_LUO_NUMBERS_H

#include <linux/liveupdate.h>
#include <linux/types.h>

#include "../luo/file_set.h"

#define LUO_TEST_FILES		64
#define LUO_TEST_MAX_DEPS	3
#define LUO_TEST_HANDLER	"luo-fast-kunit"

enum luo_test_event {
	LUO_EV_PRESERVE, LUO_EV_UNPRESERVE, LUO_EV_FREEZE, LUO_EV_UNFREEZE,
	LUO_EV_RETRIEVE, LUO_EV_FINISH, LUO_NR_EV
};

/**
 * struct luo_number - A test file.
 * @file:    The file.
 * @fd:      A descriptor of @file.
 * @deps:    Numbers of the files that it depends on.
 * @nr_deps: Length of @deps.
 * @fail:    Result of the callback, for each event; 0: success.
 * @unready: can_finish() fails.
 * @refused: can_preserve() fails.
 * @slow_ms: Delay of the freeze.
 */
struct luo_number {
	struct file	*file;
	int		fd;
	int		deps[LUO_TEST_MAX_DEPS];
	int		nr_deps;
	int		fail[LUO_NR_EV];
	bool		unready;
	bool		refused;
	int		slow_ms;
};

extern struct luo_number luo_numbers[LUO_TEST_FILES];
extern struct luo_fast_file_set luo_test_set, luo_test_other;
extern const struct liveupdate_file_ops luo_number_ops;
extern struct liveupdate_file_handler luo_test_handler;

/* Events since luo_test_reset_events(): in all, and of each kind */
extern int luo_test_nr_logged, luo_test_nr_of[LUO_NR_EV];

int luo_test_when(enum luo_test_event event, int nr);
void luo_test_reset_events(void);

int luo_test_preserve(struct luo_fast_file_set *where, int nr, u64 token);
int luo_test_preserve_all(int nr);
int luo_test_unpreserve(u64 token);
void luo_test_add_dep(int nr, int needed);
int luo_test_deserialize(int nr, u64 token);
int luo_test_deserialize_all(int nr);
int luo_test_retrieve(u64 token);
int luo_test_open(void);
void luo_test_close(void);

#endif
