// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keeper.h"

static void say_v(const char *fmt, va_list ap, const char *tail)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		text = "out of memory";
	fprintf(stderr, "keeper: %s%s%s\n", text, *tail ? ": " : "", tail);
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_v(fmt, ap, "");
	va_end(ap);
}

int fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_v(fmt, ap, "");
	va_end(ap);
	return -1;
}

int fail_errno(const char *fmt, ...)
{
	int error = errno;
	va_list ap;

	va_start(ap, fmt);
	say_v(fmt, ap, strerror(error));
	va_end(ap);
	return -1;
}

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_v(fmt, ap, "");
	va_end(ap);
	exit(1);
}

void die_errno(const char *fmt, ...)
{
	int error = errno;
	va_list ap;

	va_start(ap, fmt);
	say_v(fmt, ap, strerror(error));
	va_end(ap);
	exit(1);
}
