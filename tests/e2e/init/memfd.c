// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workload (a): a memfd preserved through /dev/liveupdate.  With interleave=1
 * two memfds are filled page by page in turn and only the first is preserved,
 * which scatters it over memory:
 *
 *	memory		A0 B0 A1 B1 A2 B2 ...	A preserved, B free after kexec
 *
 * Each page has a pattern of its own, so that a lost, altered or misplaced page is
 * detected. With holes=N one page in N is not written and must be zero later.
 * With step=N only one page in N is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "luo.h"
#include "memfd.h"
#include "steps.h"
#include "tsc.h"
#include "verdict.h"

#define PAGE_BYTES	4096
#define PAGE_WORDS	(PAGE_BYTES / sizeof(uint64_t))
#define TOKEN		0x4b484f
#define HUGE_BYTES	(2UL << 20)
#define MPOL_DEFAULT	0
#define MPOL_BIND	2

/* The memfd of a step */
struct contents {
	const char *name;
	uint64_t pages;
	uint64_t holes;		/* one page in so many; 0: none */
	uint64_t step;		/* from one written page to the next; 0: 1 */
};

/* Descriptors that memfd-preserve leaves open */
static struct {
	struct contents contents;
	int fd, other, session;
} kept[8];

static struct contents contents_of(const struct step *step)
{
	return (struct contents){
		.name = step->argv[1],
		.pages = step_num(step, "pages", 0),
		.holes = step_num(step, "holes", 0),
	};
}

static uint64_t step_of(const struct contents *c)
{
	return c->step ? c->step : 1;
}

static int is_hole(const struct contents *c, uint64_t index)
{
	return c->holes && index % c->holes == c->holes - 1;
}

static uint64_t page_seed(const char *name, uint64_t index)
{
	uint64_t h = index + 0x9e3779b97f4a7c15;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3;
	h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9;
	return h ^ h >> 27;
}

static void page_fill(uint64_t *page, uint64_t seed)
{
	size_t i;

	for (i = 0; i < PAGE_WORDS; i++, seed += 0x9e3779b97f4a7c15)
		page[i] = seed;
}

static const char *write_page(int fd, const char *name, uint64_t index)
{
	uint64_t page[PAGE_WORDS];

	page_fill(page, page_seed(name, index));
	if (pwrite(fd, page, PAGE_BYTES, index * PAGE_BYTES) != PAGE_BYTES)
		return why("writing page %" PRIu64 ": %m", index);
	return NULL;
}

/* Every other 2 MiB as a huge page, the others as small ones */
static const char *use_huge_pages(int fd, uint64_t bytes)
{
	char *area = mmap(NULL, 2 * HUGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = area + HUGE_BYTES - (uintptr_t)area % HUGE_BYTES;
	uint64_t offset;

	for (offset = 0; offset + HUGE_BYTES <= bytes; offset += 2 * HUGE_BYTES) {
		if (mmap(at, HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
			 offset) == MAP_FAILED || madvise(at, HUGE_BYTES, MADV_HUGEPAGE))
			return why("huge pages: %m");
		*(volatile char *)at = 0;	/* a page fault */
	}
	munmap(area, 2 * HUGE_BYTES);
	return NULL;
}

static const char *memory_from(unsigned long mode, unsigned long nodes)
{
	if (syscall(SYS_set_mempolicy, mode, mode == MPOL_BIND ? &nodes : NULL, 8 * sizeof(nodes)))
		return why("set_mempolicy: %m");
	return NULL;
}

/* @nodes: the first part of the file on node 0, the next one on node 1, ... */
static const char *fill(int fd, int other, const struct contents *c, uint64_t nodes)
{
	const char *reason = NULL;
	uint64_t i, last = -1;

	for (i = 0; i < c->pages && !reason; i += step_of(c)) {
		uint64_t node = i * nodes / c->pages;

		if (nodes > 1 && node != last)
			reason = memory_from(MPOL_BIND, 1UL << node);
		last = node;
		if (!reason && !is_hole(c, i))
			reason = write_page(fd, c->name, i);
		if (!reason && other >= 0)
			reason = write_page(other, "the other one", i);
	}
	if (nodes > 1 && !reason)
		reason = memory_from(MPOL_DEFAULT, 0);
	return reason;
}

static const char *check(int fd, const struct contents *c)
{
	uint64_t want[PAGE_WORDS], have[PAGE_WORDS], i, bad = 0, first = 0;
	struct stat st;

	if (fstat(fd, &st) || (uint64_t)st.st_size != c->pages * PAGE_BYTES)
		return why("the memfd has %jd bytes, not %" PRIu64,
			   (intmax_t)st.st_size, c->pages * PAGE_BYTES);
	for (i = 0; i < c->pages; i += step_of(c)) {
		if (is_hole(c, i))
			memset(want, 0, sizeof(want));
		else
			page_fill(want, page_seed(c->name, i));
		if (pread(fd, have, PAGE_BYTES, i * PAGE_BYTES) != PAGE_BYTES)
			return why("reading page %" PRIu64 ": %m", i);
		if (memcmp(want, have, PAGE_BYTES) && !bad++)
			first = i;
	}
	if (bad)
		return why("%" PRIu64 " of %" PRIu64 " pages differ, the first is %" PRIu64,
			   bad, c->pages, first);
	return NULL;
}

const char *memfd_fill(int fd, const char *name, uint64_t pages, uint64_t step)
{
	const struct contents c = { .name = name, .pages = pages, .step = step };

	if (ftruncate(fd, pages * PAGE_BYTES))
		return why("ftruncate: %m");
	return fill(fd, -1, &c, 1);
}

const char *memfd_check(int fd, const char *name, uint64_t pages, uint64_t step)
{
	const struct contents c = { .name = name, .pages = pages, .step = step };

	return check(fd, &c);
}

const char *memfd_check_step(int fd, const char *name, const struct step *step)
{
	struct contents c = contents_of(step);

	c.name = name;
	c.step = step_num(step, "step", 1);
	return check(fd, &c);
}

/* The device is exclusive, so it is open for one call only. */
static int session_by(int (*call)(int device, const char *name), const char *name)
{
	int device = luo_open(), session;

	if (device < 0)
		return device;
	session = call(device, name);
	luo_close(device);
	return session;
}

static const char *finish(int session)
{
	int err = luo_session_finish(session);

	if (err)
		return why("finishing the session: %s", strerror(-err));
	luo_close(session);
	return NULL;
}

/* Stays open: the session must exist, the other file's pages stay in between. */
static void keep(const struct contents *c, int fd, int other, int session)
{
	size_t i;

	for (i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		if (kept[i].contents.name)
			continue;
		kept[i].contents = *c;
		kept[i].fd = fd;
		kept[i].other = other;
		kept[i].session = session;
		return;
	}
}

const char *step_memfd_preserve(const struct step *step)
{
	const struct contents c = contents_of(step);
	const char *reason = NULL;
	int fd, other = -1, session, err;
	uint64_t ns;

	if (!c.name || !c.pages)
		return "usage: memfd-preserve NAME pages=N [interleave=1] [holes=N] [huge=1] "
		       "[nodes=N]";
	fd = memfd_create(c.name, MFD_CLOEXEC);
	if (step_num(step, "interleave", 0))
		other = memfd_create("other", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, c.pages * PAGE_BYTES))
		return why("memfd_create: %m");
	if (step_num(step, "huge", 0))
		reason = use_huge_pages(fd, c.pages * PAGE_BYTES);
	if (!reason)
		reason = fill(fd, other, &c, step_num(step, "nodes", 1));
	if (reason)
		return reason;

	session = session_by(luo_session_create, c.name);
	if (session < 0)
		return why("creating the session: %s", strerror(-session));
	ns = raw_ns();
	err = luo_preserve(session, fd, TOKEN);
	ns = raw_ns() - ns;
	if (err)
		return why("preserving the memfd: %s", strerror(-err));
	verdict_kv("preserve_ns", ns);
	keep(&c, fd, other, session);
	return NULL;
}

/* Preserve the file of an earlier memfd-preserve under another token. */
const char *step_memfd_again(const struct step *step)
{
	const char *name = step->argv[1];
	size_t i;
	int err;

	for (i = 0; name && i < sizeof(kept) / sizeof(*kept); i++) {
		if (!kept[i].contents.name || strcmp(kept[i].contents.name, name))
			continue;
		err = luo_preserve(kept[i].session, kept[i].fd, TOKEN + 1);
		return err ? why("preserving the memfd: %s", strerror(-err)) : NULL;
	}
	return "usage: memfd-again NAME, of a memfd that is preserved";
}

/* Close a session of this boot: its file is unchanged, and its size may change. */
const char *step_memfd_unpreserve(const struct step *step)
{
	const char *name = step->argv[1], *reason;
	size_t i;

	for (i = 0; name && i < sizeof(kept) / sizeof(*kept); i++) {
		if (!kept[i].contents.name || strcmp(kept[i].contents.name, name))
			continue;
		if (!ftruncate(kept[i].fd, 0) || errno != EPERM)
			return "the size of a preserved memfd can be changed";
		luo_close(kept[i].session);
		reason = check(kept[i].fd, &kept[i].contents);
		if (!reason && ftruncate(kept[i].fd, 0))
			reason = why("changing the size: %m");
		close(kept[i].fd);
		close(kept[i].other);
		kept[i].contents.name = NULL;
		return reason;
	}
	return "usage: memfd-unpreserve NAME, of a memfd that is preserved";
}

const char *step_memfd_retrieve(const struct step *step)
{
	struct contents c = contents_of(step);
	const char *name = c.name, *reason;
	const char *as = step_opt(step, "as");	/* file with the expected contents */
	int fd, session;
	uint64_t ns;

	if (!name || !c.pages)
		return "usage: memfd-retrieve NAME pages=N [holes=N] [as=NAME]";
	session = session_by(luo_session_retrieve, name);
	if (session < 0)
		return why("retrieving the session: %s", strerror(-session));
	ns = raw_ns();
	fd = luo_retrieve(session, TOKEN);
	ns = raw_ns() - ns;
	if (fd < 0)
		return why("retrieving the memfd: %s", strerror(-fd));
	verdict_kv("retrieve_ns", ns);
	if (as)
		c.name = as;
	reason = check(fd, &c);
	if (reason)
		return reason;
	close(fd);
	return finish(session);
}

const char *step_memfd_finish(const struct step *step)
{
	const char *name = step->argv[1];
	int session;

	if (!name)
		return "usage: memfd-finish NAME";
	session = session_by(luo_session_retrieve, name);
	if (session < 0)
		return why("retrieving the session: %s", strerror(-session));
	return finish(session);
}
