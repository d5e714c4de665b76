// SPDX-License-Identifier: GPL-2.0-only
/* Files of /proc and /sys, and output of programs */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "steps.h"
#include "verdict.h"

const char *step_read(const struct step *step)
{
	static char buf[1 << 16];
	uint64_t total = 0, max = step_num(step, "bytes", UINT64_MAX);
	ssize_t len;
	int fd;

	if (step->argc < 2)
		return "usage: read PATH [bytes=MAX]";
	fd = open(step->argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return why("open: %m");
	do {
		len = read(fd, buf, sizeof(buf));
		total += len > 0 ? len : 0;
	} while (len > 0 && total < max);
	close(fd);
	if (len < 0)
		return why("read: %m");
	verdict_kv("bytes", total);
	return total ? NULL : "it is empty";
}

const char *file_write(const char *path, const char *word)
{
	const char *reason = NULL;
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return why("open: %m");
	if (write(fd, word, strlen(word)) < 0)
		reason = why("write: %m");
	close(fd);
	return reason;
}

const char *step_write(const struct step *step)
{
	if (step->argc != 3)
		return "usage: write PATH WORD";
	return file_write(step->argv[1], step->argv[2]);
}

char *file_text(const char *path)
{
	size_t size = 1 << 16, have = 0;
	char *text = malloc(size);
	ssize_t len = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && (len = read(fd, text + have, size - have - 1)) > 0) {
		have += len;
		if (size - have < 1 << 12)
			text = realloc(text, size *= 2);
	}
	if (fd < 0 || len < 0) {
		free(text);
		text = NULL;
	} else {
		text[have] = '\0';
	}
	if (fd >= 0)	/* the reason is in errno */
		close(fd);
	return text;
}

/* The rest of the step is the text. */
static const char *look_for(const struct step *step, int want)
{
	const char *reason = NULL, *at, *needle;
	char *text;

	if (step->argc < 3)
		return "usage: expect-text PATH TEXT | reject-text PATH TEXT";
	text = file_text(step->argv[1]);
	if (!text)
		return why("%s: %m", step->argv[1]);
	needle = step_after(step, 2);
	at = strstr(text, needle);
	if (want && !at)
		reason = "it is not there";
	else if (!want && at)
		reason = why("it is there: %.*s", (int)strcspn(at, "\n"), at);
	free(text);
	return reason;
}

/* Copy the lines of a file to the verdict. */
const char *step_show(const struct step *step)
{
	char *text;

	if (step->argc != 2)
		return "usage: show PATH";
	text = file_text(step->argv[1]);
	if (!text)
		return why("%s: %m", step->argv[1]);
	verdict_text(text);
	free(text);
	return NULL;
}

/* As one line, for vm.sh: newlines of JSON are white space. */
const char *step_timeline(const struct step *step)
{
	const char *path = step->argc > 1 ? step->argv[1] : "/sys/kernel/debug/kho/timeline.json";
	char *text = file_text(path), *line, *p;

	if (!text)
		return why("%s: %m", path);
	while ((p = strchr(text, '\n')))
		*p = ' ';
	if (asprintf(&line, "timeline=%s", text) < 0)
		return "out of memory";
	verdict_text(line);
	free(line);
	free(text);
	return NULL;
}

const char *file_number(const char *path, long *number)
{
	char *text = file_text(path), *end;

	if (!text)
		return why("%s: %m", path);
	*number = strtol(text, &end, 10);
	free(text);
	return end == text ? why("%s: no number", path) : NULL;
}

const char *step_expect_number(const struct step *step)
{
	const char *reason;
	long is, want;

	if (step->argc != 3)
		return "usage: expect-number PATH N";
	want = atol(step->argv[2]);
	reason = file_number(step->argv[1], &is);
	if (!reason && is != want)
		reason = why("it says %ld, not %ld", is, want);
	return reason;
}

static long kept;

/* Passed from boot to boot on the command line, like MemTotal */
long remembered(void)
{
	const char *s = getenv("kho_remembered");

	if (!kept && s)
		kept = atol(s);
	return kept;
}

const char *step_remember(const struct step *step)
{
	return step->argc == 2 ? file_number(step->argv[1], &kept) : "usage: remember PATH";
}

const char *step_expect_remembered(const struct step *step)
{
	const char *reason;
	long is, was = remembered();

	if (step->argc != 3 || !was)
		return "usage: expect-remembered PATH PERCENT, after remember";
	reason = file_number(step->argv[1], &is);
	if (!reason && labs(is - was) * 100 > was * atol(step->argv[2]))
		reason = why("it says %ld now, %ld then", is, was);
	return reason;
}

const char *step_expect_text(const struct step *step)
{
	return look_for(step, 1);
}

const char *step_reject_text(const struct step *step)
{
	return look_for(step, 0);
}

/* Cut the last word, the number, and the blanks before it. */
static char *text_before_number(const struct step *step)
{
	const char *from = step_after(step, 2);
	size_t len = strlen(from) - strlen(step->argv[step->argc - 1]);

	while (len && strchr(" \t", from[len - 1]))
		len--;
	return strndup(from, len);
}

static long lines_with(char *text, const char *needle)
{
	char *line, *save;
	long nr = 0;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		nr += !!strstr(line, needle);
	return nr;
}

const char *step_expect_lines(const struct step *step)
{
	char *text, *needle, *end;
	long nr, want;

	if (step->argc < 4)
		return "usage: expect-lines PATH TEXT N";
	want = strtol(step->argv[step->argc - 1], &end, 10);
	if (*end)
		return "usage: expect-lines PATH TEXT N";
	text = file_text(step->argv[1]);
	if (!text)
		return why("%s: %m", step->argv[1]);
	needle = text_before_number(step);
	nr = lines_with(text, needle);
	free(needle);
	free(text);
	return nr == want ? NULL : why("%ld lines have it, not %ld", nr, want);
}

/* Number after the next @key in @text; returns the rest, NULL if there is none */
static const char *next_number(const char *text, const char *key, unsigned long long *number)
{
	const char *at = strstr(text, key);
	char *end;

	if (!at)
		return NULL;
	at += strlen(key);
	*number = strtoull(at, &end, 0);
	return end == at ? NULL : end;
}

/* 'expect-same PATH PATH KEY': both have the same numbers after KEY, at least one */
const char *step_expect_same(const struct step *step)
{
	const char *a, *b, *reason = NULL;
	unsigned long long x = 0, y = 0;
	char *one, *two;
	long nr = 0;

	if (step->argc != 4)
		return "usage: expect-same PATH PATH KEY";
	one = file_text(step->argv[1]);
	two = file_text(step->argv[2]);
	for (a = one, b = two; a && b && !reason; nr++) {
		a = next_number(a, step->argv[3], &x);
		b = next_number(b, step->argv[3], &y);
		if (!a != !b)
			reason = why("%s has more than %ld", step->argv[a ? 1 : 2], nr);
		else if (a && x != y)
			reason = why("number %ld is %llu there, %llu here", nr, x, y);
	}
	if (!one || !two || nr < 2)
		reason = reason ?: "there is nothing to compare";
	free(one);
	free(two);
	return reason;
}
