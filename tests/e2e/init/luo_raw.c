// SPDX-License-Identifier: GPL-2.0-only
/*
 * Raw requests. The structure is at the end of a page, before an inaccessible one, so that
 * any access beyond its size fails:
 *
 *	writable page | no access	at=end: complete, the default
 *	      [struct]|
 *	    [struct][t|ail]		larger size, with tail=: part of the tail
 *	            [s|truct]		at=across: only size can be read
 */
#include "luo_raw.h"

#include <assert.h>
#include <errno.h>
#include <linux/liveupdate.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "luo.h"
#include "steps.h"
#include "userfault.h"

#define PAGE_BYTES	4096
#define KERNEL_ADDRESS	0xffff888000000000

/* All requests: they differ in the meaning of the second word. */
struct wire {
	uint32_t size;
	int32_t second;
	union {
		uint64_t token;
		char name[LUO_NAME_SIZE];
	};
};

static_assert(offsetof(struct wire, token) ==
	      offsetof(struct liveupdate_session_preserve_fd, token), "");
static_assert(offsetof(struct wire, name) ==
	      offsetof(struct liveupdate_ioctl_create_session, name), "");
static_assert(sizeof(struct wire) == sizeof(struct liveupdate_session_get_name), "");

bool luo_raw_wanted(const struct step *step)
{
	static const char *const options[] = { "size", "tail", "reserved", "cmd", "at", "fill" };
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (step_opt(step, options[i]))
			return true;
	return false;
}

/* The name; without one and with a fill, a name without an end */
static void set_name(struct wire *wire, const struct step *step)
{
	const char *name = step_opt(step, "name");
	size_t len;

	memset(wire->name, step_num(step, "fill", 0), sizeof(wire->name));
	if (!name && !step_opt(step, "fill"))
		name = step->argv[3];
	if (!name)
		return;
	len = strnlen(name, sizeof(wire->name) - 1);
	memcpy(wire->name, name, len);
	wire->name[len] = '\0';
}

static struct wire compose(const struct step *step, const struct luo_request *request, int32_t fd2)
{
	struct wire wire = {
		.size = step_num(step, "size", request->size),
		.second = step_num(step, "reserved", fd2),
	};

	if (request->size == sizeof(wire))
		set_name(&wire, step);
	else
		wire.token = step_num(step, "token", 0);
	return wire;
}

/* A new page before an inaccessible one; NULL if out of memory */
static char *page_before_end(void)
{
	char *page = mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	mprotect(page + PAGE_BYTES, PAGE_BYTES, PROT_NONE);
	return page;
}

/* Bytes after the structure, up to size= or the end of the page */
static size_t tail_of(const struct step *step, const struct luo_request *request,
		      const struct wire *wire)
{
	size_t room = PAGE_BYTES - request->size;

	if (!step_opt(step, "tail") || wire->size <= request->size)
		return 0;
	return wire->size - request->size < room ? wire->size - request->size : room;
}

/* Store the request as the step requires; returns the address for the kernel. */
static char *place(const struct step *step, const struct luo_request *request,
		   const struct wire *wire, char *page)
{
	const char *at = step_opt(step, "at");
	size_t tail = tail_of(step, request, wire), len;
	char *end = page + PAGE_BYTES, *arg;

	at = at ? at : "end";
	if (!strcmp(at, "null"))
		return NULL;
	if (!strcmp(at, "kernel"))
		return (char *)KERNEL_ADDRESS;
	if (!strcmp(at, "nowhere"))
		return end;
	arg = end - request->size - tail;
	if (!strcmp(at, "across"))
		arg = end - sizeof(wire->size);
	else if (!strcmp(at, "odd"))
		arg--;
	len = end - arg < (ptrdiff_t)request->size ? (size_t)(end - arg) : request->size;
	memcpy(arg, wire, len);
	memset(arg + request->size, step_num(step, "tail", 0), tail);
	if (!strcmp(at, "readonly"))
		mprotect(page, PAGE_BYTES, PROT_READ);
	return arg;
}

/* Writing the response faults, and nothing answers. */
static bool is_unanswered(const struct step *step)
{
	const char *at = step_opt(step, "at");

	return at && !strcmp(at, "unanswered");
}

int luo_raw(const struct step *step, const struct luo_request *request, int fd, int32_t *fd2)
{
	struct wire wire = compose(step, request, *fd2);
	char *page = page_before_end(), *arg;
	int err;

	if (!page)
		return -ENOMEM;
	arg = place(step, request, &wire, page);
	if (is_unanswered(step) && userfault_on_write(page))
		return -errno;
	err = luo_ioctl(fd, step_num(step, "cmd", request->cmd), arg);
	if (!err && arg >= page && arg < page + PAGE_BYTES)
		memcpy(fd2, arg + offsetof(struct wire, second), sizeof(*fd2));
	munmap(page, 2 * PAGE_BYTES);
	return err;
}
