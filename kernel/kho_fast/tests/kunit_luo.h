/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases of the suite luo_fast outside kunit_luo.c.
 */
#ifndef _KHO_FAST_TESTS_KUNIT_LUO_H
#define _KHO_FAST_TESTS_KUNIT_LUO_H

struct kunit;

/* kunit_luo_session.c */
void luo_test_session_names_are_unique(struct kunit *test);
void luo_test_sessions_freeze_all_or_none(struct kunit *test);
void luo_test_unknown_format_is_not_frozen(struct kunit *test);
void luo_test_unretrieved_session_is_not_lost(struct kunit *test);
void luo_test_session_waits_for_its_handler(struct kunit *test);
void luo_test_unreadable_session_is_not_retrieved(struct kunit *test);

/* kunit_luo_flb.c */
void luo_test_flb_lives_from_the_first_file_to_the_last(struct kunit *test);
void luo_test_flb_belongs_to_the_files_that_took_it(struct kunit *test);
void luo_test_flb_is_finished_after_its_last_user(struct kunit *test);
void luo_test_flb_waits_for_unknown_files(struct kunit *test);
void luo_test_flb_handler_leaves_before_its_files(struct kunit *test);
void luo_test_misuse_is_refused_without_a_warning(struct kunit *test);

#endif
