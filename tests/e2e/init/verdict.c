// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict has a serial port of its own: the console has the kernel log, which
 * tests may fill or silence.
 */
#include "verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static int port = -1;
static int stage;

/* The second serial port, of a PC or of QEMU's arm64 machine */
static int open_port(void)
{
	int fd = open("/dev/ttyS1", O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		fd = open("/dev/ttyAMA1", O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	return fd;
}

void verdict_open(int nr)
{
	struct termios tio;

	stage = nr;
	port = open_port();
	if (port < 0) {
		perror("init: second serial port");
		return;
	}
	if (!tcgetattr(port, &tio)) {
		cfmakeraw(&tio);
		cfsetspeed(&tio, B115200);
		tcsetattr(port, TCSANOW, &tio);
	}
}

/* Bytes to be sent */
static int queued(void)
{
	int bytes = 0;

	ioctl(port, TIOCOUTQ, &bytes);
	return bytes;
}

/*
 * Wait until at most so many bytes are queued. Rarely, on a busy host, the interrupt of the
 * port is lost in a kexec and the queue is stuck: stopping and starting the output
 * requests it again.
 */
static void wait_sent(int bytes)
{
	int idle_ms = 0, last = queued(), now;

	while ((now = queued()) > bytes) {
		usleep(1000);
		idle_ms = now == last ? idle_ms + 1 : 0;
		last = now;
		if (idle_ms < 500)
			continue;
		tcflow(port, TCOOFF);
		tcflow(port, TCOON);
		idle_ms = 0;
	}
}

/* One write() per line, so that the host never reads a part of one */
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

		if (n > 0)
			done += n;
		else if (n < 0 && errno == EAGAIN)
			wait_sent(1024);
		else
			break;
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

void verdict_lost(const char *step, const char *why)
{
	line("lost %d %s: %s\n", stage, step, why);
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
	wait_sent(0);
	tcdrain(port);
}
