// SPDX-License-Identifier: GPL-2.0-only
/* Files of /proc and /sys that make the kernel look at its memory. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

const char *step_write(const struct step *step)
{
	const char *reason = NULL;
	int fd;

	if (step->argc != 3)
		return "usage: write PATH WORD";
	fd = open(step->argv[1], O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return why("open: %m");
	if (write(fd, step->argv[2], strlen(step->argv[2])) < 0)
		reason = why("write: %m");
	close(fd);
	return reason;
}

/* The whole file as one string, to be freed; NULL if it cannot be read. */
static char *slurp(const char *path)
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

/* What follows the path is looked for as it stands. */
static const char *look_for(const struct step *step, int want)
{
	const char *reason = NULL, *at;
	char *text, *needle;

	if (step->argc < 3)
		return "usage: expect-text PATH TEXT | reject-text PATH TEXT";
	text = slurp(step->argv[1]);
	if (!text)
		return why("%s: %m", step->argv[1]);
	needle = (char *)step->rest + strlen(step->argv[1]);
	needle += strspn(needle, " \t");
	at = strstr(text, needle);
	if (want && !at)
		reason = "it is not there";
	else if (!want && at)
		reason = why("it is there: %.*s", (int)strcspn(at, "\n"), at);
	free(text);
	return reason;
}

/* The lines of a file go into the verdict. */
const char *step_show(const struct step *step)
{
	char *text;

	if (step->argc != 2)
		return "usage: show PATH";
	text = slurp(step->argv[1]);
	if (!text)
		return why("%s: %m", step->argv[1]);
	verdict_text(text);
	free(text);
	return NULL;
}

/* In one line, for vm.sh.  JSON has no newline but between its words. */
const char *step_timeline(const struct step *step)
{
	const char *path = step->argc > 1 ? step->argv[1] : "/sys/kernel/debug/kho/timeline.json";
	char *text = slurp(path), *line, *p;

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

/* Returns a reason when @path cannot be read as a number. */
static const char *read_number(const char *path, long *number)
{
	char *text = slurp(path), *end;

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
	reason = read_number(step->argv[1], &is);
	if (!reason && is != want)
		reason = why("it says %ld, not %ld", is, want);
	return reason;
}

static long kept;

/* Like MemTotal it goes from boot to boot on the command line. */
long remembered(void)
{
	const char *s = getenv("kho_remembered");

	if (!kept && s)
		kept = atol(s);
	return kept;
}

const char *step_remember(const struct step *step)
{
	return step->argc == 2 ? read_number(step->argv[1], &kept) : "usage: remember PATH";
}

const char *step_expect_remembered(const struct step *step)
{
	const char *reason;
	long is, was = remembered();

	if (step->argc != 3 || !was)
		return "usage: expect-remembered PATH PERCENT, after remember";
	reason = read_number(step->argv[1], &is);
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
