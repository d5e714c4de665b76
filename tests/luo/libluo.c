// SPDX-License-Identifier: GPL-2.0-only
/* Tests of libluo over fake.c; 'libluo boot' and 'libluo kexec' are for the script. */
#include <errno.h>
#include <luo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"

#define CHECK_EQ(a, b) do {							\
	long long _a = (a), _b = (b);						\
	if (_a != _b) {								\
		fprintf(stderr, "%s:%d: %s is %lld, not %s, %lld\n", __FILE__,	\
			__LINE__, #a, _a, #b, _b);				\
		exit(1);							\
	}									\
} while (0)

/* The other process lets go of the device after 300 ms. */
static void a_busy_device_is_tried_again(void)
{
	int device = luo_open(), session;

	CHECK_EQ(luo_open_wait(0), -EBUSY);
	CHECK_EQ(luo_create_by_name("vm", 20), -EBUSY);
	CHECK_EQ(luo_retrieve_by_name("vm", 20), -EBUSY);
	if (!fork()) {
		usleep(300000);
		_exit(0);
	}
	luo_close(device);
	errno = 77;
	session = luo_create_by_name("vm", 60000);
	CHECK_EQ(errno, 77);
	CHECK_EQ(session >= 0, 1);
	CHECK_EQ(luo_create_by_name("vm", 0), -EEXIST);
	CHECK_EQ(luo_close(luo_open()), 0);
}

static const struct test {
	const char *name;
	void (*run)(void);
} tests[] = {
#define TEST(fn)	{ #fn, fn }
	{ "boot", fake_boot },
	{ "kexec", fake_kexec },
	TEST(a_busy_device_is_tried_again),
	{ 0 }
};

int main(int argc, char **argv)
{
	const struct test *t;

	for (t = tests; t->name && argc == 2 && strcmp(t->name, argv[1]); t++)
		;
	if (argc != 2 || !t->name) {
		for (t = tests + 2; t->name; t++)
			puts(t->name);
		return 0;
	}
	t->run();
	return 0;
}
