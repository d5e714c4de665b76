/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps of one boot, from the text file /plan */
#ifndef PLAN_H
#define PLAN_H

#include <stddef.h>
#include <stdint.h>

#define PLAN_MAX_WORDS	32

/**
 * struct step - A line of the plan.
 * @text: The line, without leading and trailing blanks.
 * @rest: Text after the first word, may be "".
 * @argc: Number of words, at least 1.
 * @argv: Words, NULL terminated.
 */
struct step {
	char *text;
	const char *rest;
	int argc;
	char *argv[PLAN_MAX_WORDS + 1];
};

/* A step from a line of text; NULL if it has too many words */
struct step *step_new(const char *text);

/* NULL terminated array of the steps of stage @nr; NULL and @why on error */
struct step **plan_load(const char *path, int nr, const char **why);

/* Text after the first @words words */
const char *step_after(const struct step *step, int words);

/* Value of the word key=VALUE, or NULL */
const char *step_opt(const struct step *step, const char *key);
/* The same as a number, with K, M or G allowed; @dflt if absent */
uint64_t step_num(const struct step *step, const char *key, uint64_t dflt);

#endif /* PLAN_H */
