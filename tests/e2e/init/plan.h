/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps of one boot, from the text file /plan. */
#ifndef PLAN_H
#define PLAN_H

#include <stddef.h>
#include <stdint.h>

#define PLAN_MAX_WORDS	32

/**
 * struct step - one line of the plan
 * @text: the line, without leading and trailing blanks
 * @rest: what follows the first word in @text, "" if nothing does
 * @argc: number of words, at least 1
 * @argv: the words, NULL terminated
 */
struct step {
	char *text;
	const char *rest;
	int argc;
	char *argv[PLAN_MAX_WORDS + 1];
};

/* A step from one line of text; NULL when it has too many words. */
struct step *step_new(const char *text);

/* NULL terminated array of the steps of stage @nr; NULL and @why on error. */
struct step **plan_load(const char *path, int nr, const char **why);

/* What follows the first @words words, as it stands. */
const char *step_after(const struct step *step, int words);

/* The value of the word key=VALUE, or NULL. */
const char *step_opt(const struct step *step, const char *key);
/* The same as a number with an optional K, M or G; @dflt if absent. */
uint64_t step_num(const struct step *step, const char *key, uint64_t dflt);

#endif /* PLAN_H */
