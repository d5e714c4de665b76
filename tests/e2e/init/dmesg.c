// SPDX-License-Identifier: GPL-2.0-only
/* The kernel log of this boot */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

#include "steps.h"

#define READ_ALL	3
#define SIZE_BUFFER	10

/* Number of occurrences of @text in the log; -1 if it cannot be read */
static int dmesg_count(const char *text)
{
	int size = klogctl(SIZE_BUFFER, NULL, 0), len, found = 0;
	char *buf, *p;

	if (size < 0)
		return -1;
	buf = malloc(size + 1);
	len = klogctl(READ_ALL, buf, size);
	if (len < 0) {
		free(buf);
		return -1;
	}
	buf[len] = '\0';
	for (p = buf; (p = strstr(p, text)); p += strlen(text))
		found++;
	free(buf);
	return found;
}

static const char *expect(const struct step *step, int min, int max)
{
	int found;

	if (step->argc < 2)
		return "usage: expect-dmesg TEXT | expect-once TEXT | reject-dmesg TEXT";
	found = dmesg_count(step->rest);
	if (found < 0)
		return why("reading the kernel log: %m");
	if (found < min || found > max)
		return why("%d times in the kernel log", found);
	return NULL;
}

const char *step_expect_dmesg(const struct step *step)
{
	return expect(step, 1, INT_MAX);
}

const char *step_reject_dmesg(const struct step *step)
{
	return expect(step, 0, 0);
}

const char *step_expect_once(const struct step *step)
{
	return expect(step, 1, 1);
}
