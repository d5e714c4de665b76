// SPDX-License-Identifier: GPL-2.0-only
/* Tests of libluo over fake.c; 'libluo boot' and 'libluo kexec' are for the script. */
#include <errno.h>
#include <fcntl.h>
#include <luo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
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

/* A file's name */
#define LONGEST	"123456789 123456789 123456789 123456789 1234567"

enum { HEAD = 64, ENTRY = 64, AT_NR = 16, AT_VERSION = 8, AT_NAME = 16 };

static int memfd_with(const char *text)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void check_text(int fd, const char *text)
{
	char got[64] = "";

	CHECK_EQ(pread(fd, got, sizeof(got), 0), strlen(text));
	CHECK_EQ(strcmp(got, text), 0);
	CHECK_EQ(luo_close(fd), 0);
}

static void files_are_found_by_name(void)
{
	int session = luo_create_by_name("vm", 0);
	static struct luo_manifest m;
	uint32_t version = 0;

	CHECK_EQ(luo_manifest_create(&m, session), 0);
	CHECK_EQ(luo_manifest_add(&m, memfd_with("all"), "memory", 1), 0);
	CHECK_EQ(luo_manifest_add(&m, memfd_with("some"), "state", 7), 0);
	CHECK_EQ(luo_manifest_add(&m, memfd_with("x"), "state", 8), -EEXIST);
	CHECK_EQ(luo_manifest_add(&m, memfd_with("x"), "", 1), -EINVAL);
	CHECK_EQ(luo_manifest_add(&m, memfd_with("x"), LONGEST "+", 1), -ENAMETOOLONG);
	CHECK_EQ(luo_manifest_add(&m, STDIN_FILENO, "pipe", 1), -ENOENT);
	CHECK_EQ(luo_manifest_add(&m, memfd_with("last"), LONGEST, 9), 0);
	luo_manifest_close(&m);
	fake_kexec();
	session = luo_retrieve_by_name("vm", 0);
	CHECK_EQ(luo_manifest_retrieve(&m, session), 0);
	CHECK_EQ(m.nr, 3);
	check_text(luo_manifest_get(&m, "state", &version), "some");
	CHECK_EQ(version, 7);
	check_text(luo_manifest_get(&m, "memory", NULL), "all");
	check_text(luo_manifest_get(&m, LONGEST, NULL), "last");
	CHECK_EQ(luo_manifest_get(&m, "pipe", &version), -ENOENT);
	CHECK_EQ(luo_manifest_add(&m, memfd_with("x"), "new", 1), -EINVAL);
	luo_manifest_close(&m);
}

/* A hole would have to be filled when a file is added. */
static void a_new_manifest_has_no_hole(void)
{
	static struct luo_manifest m;
	struct stat st;

	CHECK_EQ(luo_manifest_create(&m, luo_create_by_name("vm", 0)), 0);
	CHECK_EQ(fstat(m.fd, &st), 0);
	CHECK_EQ(st.st_size, HEAD + LUO_MANIFEST_MAX * ENTRY);
	CHECK_EQ(lseek(m.fd, 0, SEEK_HOLE), st.st_size);
}

static void a_full_manifest_takes_no_more(void)
{
	int session = luo_create_by_name("vm", 0), i;
	static struct luo_manifest m;
	char name[32];

	CHECK_EQ(luo_manifest_create(&m, session), 0);
	for (i = 0; i < LUO_MANIFEST_MAX; i++) {
		snprintf(name, sizeof(name), "file %d", i);
		CHECK_EQ(luo_manifest_add(&m, memfd_with(name), name, i), 0);
	}
	CHECK_EQ(luo_manifest_add(&m, memfd_with("x"), "more", 1), -ENOSPC);
	luo_manifest_close(&m);
	fake_kexec();
	CHECK_EQ(luo_manifest_retrieve(&m, luo_retrieve_by_name("vm", 0)), 0);
	check_text(luo_manifest_get(&m, "file 254", NULL), "file 254");
}

static void a_session_without_one_has_none(void)
{
	int session = luo_create_by_name("vm", 0);
	static struct luo_manifest m;

	CHECK_EQ(luo_preserve(session, memfd_with("something else"), LUO_MANIFEST_TOKEN), 0);
	CHECK_EQ(luo_manifest_create(&m, session), -EEXIST);
	luo_create_by_name("empty", 0);
	fake_kexec();
	CHECK_EQ(luo_manifest_retrieve(&m, luo_retrieve_by_name("vm", 0)), -EPROTONOSUPPORT);
	CHECK_EQ(m.fd, -1);
	CHECK_EQ(luo_manifest_retrieve(&m, luo_retrieve_by_name("empty", 0)), -ENOENT);
}

static void one_file_is_unpreserved(void)
{
	int session = luo_create_by_name("vm", 0);

	CHECK_EQ(luo_preserve(session, memfd_with("goes"), 1), 0);
	CHECK_EQ(luo_preserve(session, memfd_with("stays"), 2), 0);
	CHECK_EQ(luo_unpreserve(session, 3), -ENOENT);
	CHECK_EQ(luo_unpreserve(session, 1), 0);
	CHECK_EQ(luo_unpreserve(session, 1), -ENOENT);
	CHECK_EQ(luo_preserve(session, memfd_with("new"), 1), 0);
	CHECK_EQ(luo_preserve(session, memfd_with("more"), 1ULL << 40), 0);
	CHECK_EQ(luo_unpreserve(session, 1ULL << 40), 0);
	fake_kexec();
	session = luo_retrieve_by_name("vm", 0);
	CHECK_EQ(luo_unpreserve(session, 1), -EINVAL);
	check_text(luo_retrieve(session, 1), "new");
	check_text(luo_retrieve(session, 2), "stays");
	CHECK_EQ(luo_retrieve(session, 1ULL << 40), -ENOENT);
}

/* In a block of its own, so that a read behind its end is found */
static int parse(const void *image, size_t len)
{
	static struct luo_manifest m;
	void *copy = malloc(len ?: 1);
	int error;

	memcpy(copy, image, len);
	error = luo_manifest_parse(&m, copy, len);
	free(copy);
	for (uint32_t i = 0; !error && i < m.nr; i++) {
		CHECK_EQ(strnlen(m.entry[i].name, LUO_FILE_NAME_SIZE) < LUO_FILE_NAME_SIZE, 1);
		for (uint32_t j = 0; j < i; j++) {
			CHECK_EQ(m.entry[i].token == m.entry[j].token, 0);
			CHECK_EQ(!strcmp(m.entry[i].name, m.entry[j].name), 0);
		}
	}
	return error;
}

/* By hand: the format is that of the documentation, not of the library. */
static size_t make_image(char *image)
{
	static const char *const name[] = { "memory", "state", "vfio 0000:00:01.0" };
	uint32_t nr = 3;

	memset(image, 0, HEAD + 3 * ENTRY);
	memcpy(image, "luo-manifest-1", 14);
	memcpy(image + AT_NR, &nr, 4);
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t token = i + 1;

		memcpy(image + HEAD + i * ENTRY, &token, 8);
		strcpy(image + HEAD + i * ENTRY + AT_NAME, name[i]);
	}
	return HEAD + 3 * ENTRY;
}

static void set32(char *at, uint32_t v)
{
	memcpy(at, &v, sizeof(v));
}

static void hostile_contents_are_refused(void)
{
	char image[HEAD + 3 * ENTRY], *last = image + HEAD + 2 * ENTRY;
	size_t len = make_image(image), i;

	CHECK_EQ(parse(image, len), 0);
	for (i = 0; i < len; i++)
		CHECK_EQ(parse(image, i), i < HEAD ? -EPROTONOSUPPORT : -EBADMSG);
	image[13] = '2';
	CHECK_EQ(parse(image, len), -EPROTONOSUPPORT);
	make_image(image);
	image[15] = 1;
	CHECK_EQ(parse(image, len), -EPROTONOSUPPORT);
	make_image(image);
	set32(image + AT_NR, 4);
	CHECK_EQ(parse(image, len), -EBADMSG);
	set32(image + AT_NR, UINT32_MAX);
	CHECK_EQ(parse(image, len), -EBADMSG);
	make_image(image);
	memset(last + AT_NAME, 'x', LUO_FILE_NAME_SIZE);
	CHECK_EQ(parse(image, len), -EBADMSG);
	last[AT_NAME] = 0;
	last[ENTRY - 1] = 0;
	CHECK_EQ(parse(image, len), -EBADMSG);
	make_image(image);
	set32(last, 0);
	CHECK_EQ(parse(image, len), -EBADMSG);
	set32(last, 1);
	CHECK_EQ(parse(image, len), -EBADMSG);
	make_image(image);
	strcpy(last + AT_NAME, "memory");
	CHECK_EQ(parse(image, len), -EBADMSG);
}

static void more_than_fit_are_refused(void)
{
	size_t nr = LUO_MANIFEST_MAX + 1, len = HEAD + nr * ENTRY;
	char *image = calloc(1, len);
	uint64_t token;

	make_image(image);
	for (token = 1; token <= nr; token++) {
		memcpy(image + HEAD + (token - 1) * ENTRY, &token, 8);
		sprintf(image + HEAD + (token - 1) * ENTRY + AT_NAME, "%u", (unsigned int)token);
	}
	set32(image + AT_NR, nr - 1);
	CHECK_EQ(parse(image, len), 0);
	set32(image + AT_NR, nr);
	CHECK_EQ(parse(image, len), -EBADMSG);
	free(image);
}

/* Each result is an error, or a manifest that holds what parse() checks. */
static void flipped_bits_do_no_harm(void)
{
	unsigned int seed = atoi(getenv("KHO_SEED") ?: "1"), taken = 0;
	char image[HEAD + 3 * ENTRY];
	size_t len = make_image(image);

	printf("KHO_SEED=%u\n", seed);
	srand(seed);
	for (int i = 0; i < 200000; i++) {
		make_image(image);
		for (int flips = rand() % 8; flips >= 0; flips--)
			image[rand() % len] ^= 1 << rand() % 8;
		taken += !parse(image, len - rand() % 2 * (rand() % (HEAD + ENTRY)));
	}
	CHECK_EQ(taken > 1000 && taken < 199000, 1);
}

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

/* The test is hold, and replies before it is asked. */
static void reply_with(int hold, const char *line, int fd)
{
	struct iovec iov = { .iov_base = (char *)line, .iov_len = strlen(line) };
	union {
		char		room[CMSG_SPACE(sizeof(fd))];
		struct cmsghdr	head;
	} control = {
		.head = {
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(fd)),
		},
	};
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control.room);
	}
	CHECK_EQ(sendmsg(hold, &msg, 0), iov.iov_len);
}

static void limit_files(rlim_t nr)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = nr;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void a_descriptor_needs_room(void)
{
	int ends[2], free;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	reply_with(ends[1], "{\"event\": \"CLAIMED\"}\n", STDIN_FILENO);
	free = luo_hold_claim(ends[0], "vm");
	CHECK_EQ(free > ends[1], 1);
	close(free);
	reply_with(ends[1], "{\"event\": \"CLAIMED\"}\n", STDIN_FILENO);
	limit_files(free);
	CHECK_EQ(luo_hold_claim(ends[0], "vm"), -EMFILE);
	limit_files(1024);
	CHECK_EQ(luo_hold_claim(ends[0], "vm"), -ECONNRESET);
}

/* FINISH must not get the reply to READY. */
static void a_late_reply_is_for_no_other_request(void)
{
	struct timeval limit = { .tv_usec = 20000 };
	int ends[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	reply_with(ends[1], "{\"event\"", -1);
	CHECK_EQ(luo_hold_ready(ends[0]), -ETIMEDOUT);
	send(ends[1], ": \"READY\"}\n", 11, MSG_NOSIGNAL);
	CHECK_EQ(luo_hold_finish(ends[0], "vm"), -ECONNRESET);
}

static void write_sys(const char *name, const char *text)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/sys", getenv("FAKE_LUO"));
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/sys/%s", getenv("FAKE_LUO"), name);
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void what_is_left_is_read(void)
{
	struct luo_last_update u = { .number = 77 };

	CHECK_EQ(luo_last_update(&u), -ENOENT);
	write_sys("number", "3\n");
	write_sys("unretrieved_sessions", "2\n");
	write_sys("unrestored_bytes", "18446744073709551615\n");
	CHECK_EQ(luo_last_update(&u), -ENOENT);
	write_sys("quarantined_bytes", "\n");
	CHECK_EQ(luo_last_update(&u), -EBADMSG);
	write_sys("quarantined_bytes", "134217728");
	CHECK_EQ(luo_last_update(&u), -EBADMSG);
	CHECK_EQ(u.number, 77);
	write_sys("quarantined_bytes", "134217728\n");
	CHECK_EQ(luo_last_update(&u), 0);
	CHECK_EQ(u.number, 3);
	CHECK_EQ(u.unretrieved_sessions, 2);
	CHECK_EQ(u.unrestored_bytes == UINT64_MAX, 1);
	CHECK_EQ(u.quarantined_bytes, 134217728);
}

static const struct test {
	const char *name;
	void (*run)(void);
} tests[] = {
#define TEST(fn)	{ #fn, fn }
	{ "boot", fake_boot },
	{ "kexec", fake_kexec },
	TEST(files_are_found_by_name),
	TEST(a_new_manifest_has_no_hole),
	TEST(a_full_manifest_takes_no_more),
	TEST(a_session_without_one_has_none),
	TEST(one_file_is_unpreserved),
	TEST(hostile_contents_are_refused),
	TEST(more_than_fit_are_refused),
	TEST(flipped_bits_do_no_harm),
	TEST(a_busy_device_is_tried_again),
	TEST(a_descriptor_needs_room),
	TEST(a_late_reply_is_for_no_other_request),
	TEST(what_is_left_is_read),
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
