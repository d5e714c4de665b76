// SPDX-License-Identifier: GPL-2.0-only
/*
 * Let a guest of QEMU run up to an instruction, and save its devices.
 *
 * usage: save DEBUGGER MONITOR ADDRESS FILE
 *   DEBUGGER  socket of -gdb
 *   MONITOR   socket of -monitor
 *   ADDRESS   of the instruction, in hexadecimal
 *   FILE      receives the state of the devices; memory is a file already
 *
 * Prints the first four arguments of the function that begins there. Ends QEMU.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "save: %s\n", what);
	exit(1);
}

static FILE *dial(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), tries;

	if (fd < 0 || strlen(path) >= sizeof(addr.sun_path))
		die(path);
	strcpy(addr.sun_path, path);
	for (tries = 0; connect(fd, (struct sockaddr *)&addr, sizeof(addr)); tries++) {
		if (tries == 300)
			die("QEMU does not listen");
		usleep(100000);
	}
	return fdopen(fd, "r+");
}

static int next(FILE *f)
{
	int c = getc(f);

	if (c == EOF)
		die("QEMU has ended: the guest did not get there");
	return c;
}

/* Send a command of the remote protocol, and return the reply, which is valid until the next. */
static const char *debugger(FILE *gdb, const char *command)
{
	static char reply[8192];
	unsigned char sum = 0;
	const char *p;
	size_t len = 0;
	int c;

	for (p = command; *p; p++)
		sum += *p;
	fprintf(gdb, "$%s#%02x", command, sum);
	fflush(gdb);
	while (next(gdb) != '$')
		;
	while ((c = next(gdb)) != '#' && len < sizeof(reply) - 1)
		reply[len++] = c;
	reply[len] = '\0';
	next(gdb);
	next(gdb);
	putc('+', gdb);
	fflush(gdb);
	return reply;
}

/* A register, of the 16 digits from the lowest byte on */
static unsigned long long reg(const char *regs, int nr)
{
	unsigned long long value = 0;
	unsigned int byte, i;

	for (i = 0; i < 8; i++)
		if (sscanf(regs + 16 * nr + 2 * i, "%2x", &byte) == 1)
			value |= (unsigned long long)byte << 8 * i;
	return value;
}

static void run_to(FILE *gdb, const char *address)
{
	char command[64];
	const char *regs;

	snprintf(command, sizeof(command), "Z0,%s,1", address);
	if (strcmp(debugger(gdb, command), "OK"))
		die("QEMU sets no breakpoint");
	if (strncmp(debugger(gdb, "c"), "T05", 3))
		die("the guest has stopped elsewhere");
	regs = debugger(gdb, "g");
	if (strlen(regs) < 16 * 6)
		die("QEMU sends no registers");
	/* rdi, rsi, rdx, rcx */
	printf("%#llx %#llx %#llx %#llx\n", reg(regs, 5), reg(regs, 4), reg(regs, 3), reg(regs, 2));
}

/* Read up to the prompt; true if @want is in there. */
static bool answer(FILE *monitor, const char *want)
{
	static const char prompt[] = "(qemu) ";
	static char text[16384];
	size_t len = 0;

	do {
		text[len++] = next(monitor);
		text[len] = '\0';
	} while (len < sizeof(text) - 1 && !(len >= sizeof(prompt) - 1 &&
		 !strcmp(text + len - (sizeof(prompt) - 1), prompt)));
	return strstr(text, want);
}

static bool monitor_says(FILE *monitor, const char *command, const char *want)
{
	fprintf(monitor, "%s\n", command);
	fflush(monitor);
	return answer(monitor, want);
}

int main(int argc, char **argv)
{
	FILE *gdb, *monitor;
	char command[4096];
	int tries;

	if (argc != 5)
		die("usage: see save.c");
	monitor = dial(argv[2]);
	gdb = dial(argv[1]);
	answer(monitor, "");
	run_to(gdb, argv[3]);
	monitor_says(monitor, "migrate_set_capability x-ignore-shared on", "");
	snprintf(command, sizeof(command), "migrate -d file:%s", argv[4]);
	monitor_says(monitor, command, "");
	for (tries = 0; !monitor_says(monitor, "info migrate", "completed"); tries++) {
		if (tries == 600)
			die("QEMU does not save the devices");
		usleep(100000);
	}
	fputs("quit\n", monitor);
	fflush(monitor);
	return 0;
}
