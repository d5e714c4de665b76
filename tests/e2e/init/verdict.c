// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict goes out of band: the console carries the kernel's log, which a
 * test must be free to fill, spoil or silence.
 */
#include "verdict.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int port = -1;
static int stage;

void verdict_open(int nr)
{
	struct termios tio;

	stage = nr;
	port = open("/dev/ttyS1", O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (port < 0) {
		perror("init: /dev/ttyS1");
		return;
	}
	if (!tcgetattr(port, &tio)) {
		cfmakeraw(&tio);
		cfsetspeed(&tio, B115200);
		tcsetattr(port, TCSANOW, &tio);
	}
}

/* One write() per line: a reader on the host never sees half of one. */
static void line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void line(const char *fmt, ...)
{
	char *buf;
	va_list ap;
	int len, done = 0;

	va_start(ap, fmt);
	len = vasprintf(&buf, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	while (done < len) {
		int n = write(port, buf + done, len - done);

		if (n <= 0)
			break;
		done += n;
	}
	free(buf);
}

void verdict_ok(const char *step)
{
	line("ok %d %s\n", stage, step);
}

void verdict_fail(const char *step, const char *why)
{
	line("not ok %d %s: %s\n", stage, step, why);
}

void verdict_kv(const char *key, uint64_t value)
{
	line("%d %s=%" PRIu64 "\n", stage, key, value);
}

void verdict_text(const char *text)
{
	const char *end;

	for (; *text; text = *end ? end + 1 : end) {
		int len;

		end = strchrnul(text, '\n');
		len = end - text;
		if (!len)
			continue;
		if (memchr(text, '=', len))
			line("%d %.*s\n", stage, len, text);
		else
			line("# %d %.*s\n", stage, len, text);
	}
}

void verdict_done(void)
{
	line("done\n");
}

void verdict_flush(void)
{
	tcdrain(port);
}
