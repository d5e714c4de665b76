// SPDX-License-Identifier: GPL-2.0-only
/*
 * stamp: time stamps of lines of a serial port
 *
 * usage: stamp RAW [GATHER_US] <PORT >LINES
 *
 * RAW gets all bytes; LINES gets "NS TEXT" for each line, where NS is CLOCK_MONOTONIC
 * at its first byte. QEMU writes bytes one by one, and a wake-up for each would take
 * CPU time from the guest: after input, the next read is GATHER_US later (0). Input
 * after a pause is stamped at once.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXIT_TROUBLE	2

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Part of a line; bytes other than text, as of a guest that crashes, are dropped. */
static void add_text(uint64_t ns, const char *text, size_t len)
{
	static bool inside;

	for (; len; text++, len--) {
		if (!inside)
			printf("%" PRIu64 " ", ns);
		inside = *text != '\n';
		if (!inside || *text == '\t' || (unsigned char)*text >= ' ')
			putchar(*text);
	}
	fflush(stdout);
}

static void write_all(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t done = write(fd, buf, len);

		if (done < 0)
			err(EXIT_TROUBLE, "write");
		buf += done;
		len -= done;
	}
}

int main(int argc, char **argv)
{
	static char buf[1 << 16];
	ssize_t len;
	int raw;

	if (argc != 2 && argc != 3)
		errx(EXIT_TROUBLE, "usage: stamp RAW [GATHER_US] <PORT >LINES");
	raw = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (raw < 0)
		err(EXIT_TROUBLE, "%s", argv[1]);
	while ((len = read(0, buf, sizeof(buf))) > 0 || (len < 0 && errno == EINTR)) {
		if (len < 0)
			continue;
		add_text(now_ns(), buf, len);
		write_all(raw, buf, len);
		if (argc == 3)
			usleep(atoi(argv[2]));
	}
	return len ? EXIT_TROUBLE : 0;
}
