// SPDX-License-Identifier: GPL-2.0-only
/*
 * Results of tools/lib/obstacle.c for the files below ROOT, for test.sh:
 *
 *	print ROOT symbol NAME		result of symbol_find(), and the address
 *	print ROOT address NAME		why the address is not known
 *	print ROOT device ERRNO		why /dev/liveupdate could not be opened
 *	print ROOT debugfs
 *	print ROOT host			whether this process is not in a container
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "obstacle.h"

static void print_symbol(const char *name)
{
	uint64_t address = 1;
	int err = symbol_find(name, &address);

	printf("%s 0x%" PRIx64 "\n", err ? strerror(-err) : "found", address);
}

static void print_why(const char *why)
{
	puts(why ? why : "nothing");
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "", *about = argc > 3 ? argv[3] : "";

	if (argc > 1)
		file_root(argv[1]);
	if (!strcmp(what, "symbol"))
		print_symbol(about);
	else if (!strcmp(what, "address"))
		print_why(why_no_address(about));
	else if (!strcmp(what, "device"))
		print_why(why_no_luo_device(atoi(about)));
	else if (!strcmp(what, "debugfs"))
		print_why(why_no_debugfs());
	else if (!strcmp(what, "host"))
		puts(is_of_host() ? "of the host" : "of a container");
	else
		return 2;
	return 0;
}
