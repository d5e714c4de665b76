// SPDX-License-Identifier: GPL-2.0-only
#include "plan.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *trim(char *s)
{
	char *end;

	s += strspn(s, " \t");
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

struct step *step_new(const char *text)
{
	struct step *step = calloc(1, sizeof(*step));
	char *words, *save, *word;

	step->text = strdup(text);
	step->rest = step->text + strcspn(step->text, " \t");
	step->rest += strspn(step->rest, " \t");

	words = strdup(text);
	for (word = strtok_r(words, " \t", &save); word;
	     word = strtok_r(NULL, " \t", &save)) {
		if (step->argc == PLAN_MAX_WORDS)
			return NULL;
		step->argv[step->argc++] = word;
	}
	return step;
}

struct step **plan_load(const char *path, int nr, const char **why)
{
	struct step **steps = NULL;
	size_t nr_steps = 0, size = 0;
	char *buf = NULL;
	int stage = 0;
	FILE *f = fopen(path, "re");

	if (!f) {
		*why = "cannot open the plan";
		return NULL;
	}
	while (getline(&buf, &size, f) >= 0) {
		char *text = trim(buf);

		if (!*text || *text == '#')
			continue;
		if (sscanf(text, "stage %d", &stage) == 1 || stage != nr)
			continue;
		steps = realloc(steps, (nr_steps + 2) * sizeof(*steps));
		steps[nr_steps] = step_new(text);
		if (!steps[nr_steps++]) {
			*why = "a step of the plan has too many words";
			return NULL;
		}
		steps[nr_steps] = NULL;
	}
	free(buf);
	fclose(f);
	if (!steps)
		*why = "the plan has no steps for this stage";
	return steps;
}

const char *step_after(const struct step *step, int words)
{
	const char *p = step->text;

	while (words--) {
		p += strcspn(p, " \t");
		p += strspn(p, " \t");
	}
	return p;
}

const char *step_opt(const struct step *step, const char *key)
{
	size_t len = strlen(key);
	int i;

	for (i = 1; i < step->argc; i++)
		if (!strncmp(step->argv[i], key, len) && step->argv[i][len] == '=')
			return step->argv[i] + len + 1;
	return NULL;
}

uint64_t step_num(const struct step *step, const char *key, uint64_t dflt)
{
	const char *s = step_opt(step, key);
	uint64_t num;
	char *end;

	if (!s)
		return dflt;
	num = strtoull(s, &end, 0);
	switch (*end) {
	case 'G':
		num <<= 10;
		/* fallthrough */
	case 'M':
		num <<= 10;
		/* fallthrough */
	case 'K':
		num <<= 10;
	}
	return num;
}
