// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workload (a): a memfd preserved through /dev/liveupdate.  With interleave=1
 * two memfds are filled page by page in turn and only the first is preserved,
 * which scatters it over memory:
 *
 *	memory		A0 B0 A1 B1 A2 B2 ...	A preserved, B free after kexec
 *
 * Each page holds a pattern of its own, so a page that is lost, altered or in
 * another's place is told from the right one.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "luo.h"
#include "steps.h"
#include "tsc.h"
#include "verdict.h"

#define PAGE_BYTES	4096
#define PAGE_WORDS	(PAGE_BYTES / sizeof(uint64_t))
#define TOKEN		0x4b484f

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

static const char *fill(int fd, int other, const char *name, uint64_t pages)
{
	const char *reason = NULL;
	uint64_t i;

	for (i = 0; i < pages && !reason; i++) {
		reason = write_page(fd, name, i);
		if (!reason && other >= 0)
			reason = write_page(other, "the other one", i);
	}
	return reason;
}

static const char *check(int fd, const char *name, uint64_t pages)
{
	uint64_t want[PAGE_WORDS], have[PAGE_WORDS], i, bad = 0, first = 0;
	struct stat st;

	if (fstat(fd, &st) || (uint64_t)st.st_size != pages * PAGE_BYTES)
		return why("the memfd has %jd bytes, not %" PRIu64,
			   (intmax_t)st.st_size, pages * PAGE_BYTES);
	for (i = 0; i < pages; i++) {
		page_fill(want, page_seed(name, i));
		if (pread(fd, have, PAGE_BYTES, i * PAGE_BYTES) != PAGE_BYTES)
			return why("reading page %" PRIu64 ": %m", i);
		if (memcmp(want, have, PAGE_BYTES) && !bad++)
			first = i;
	}
	verdict_kv("memfd_bad", bad);
	if (bad)
		return why("%" PRIu64 " of %" PRIu64 " pages differ, the first is %" PRIu64,
			   bad, pages, first);
	return NULL;
}

const char *step_memfd_preserve(const struct step *step)
{
	uint64_t pages = step_num(step, "pages", 0), ns;
	const char *name = step->argv[1], *reason;
	int fd, other = -1, session;

	if (!name || !pages)
		return "usage: memfd-preserve NAME pages=N [interleave=1]";
	fd = memfd_create(name, MFD_CLOEXEC);
	if (step_num(step, "interleave", 0))
		other = memfd_create("other", MFD_CLOEXEC);
	if (fd < 0)
		return why("memfd_create: %m");
	reason = fill(fd, other, name, pages);
	if (reason)
		return reason;

	session = luo_session_create(name);
	if (session < 0)
		return why("creating the session: %m");
	ns = raw_ns();
	if (luo_file_preserve(session, fd, TOKEN))
		return why("preserving the memfd: %m");
	verdict_kv("preserve_ns", raw_ns() - ns);
	/* Both stay open: the session must live, B's pages must stay in between. */
	return NULL;
}

const char *step_memfd_retrieve(const struct step *step)
{
	uint64_t pages = step_num(step, "pages", 0), ns;
	const char *name = step->argv[1], *reason;
	const char *as = step_opt(step, "as");	/* whose contents to expect */
	int fd, session;

	if (!name || !pages)
		return "usage: memfd-retrieve NAME pages=N [as=NAME]";
	session = luo_session_retrieve(name);
	if (session < 0)
		return why("retrieving the session: %m");
	ns = raw_ns();
	fd = luo_file_retrieve(session, TOKEN);
	ns = raw_ns() - ns;
	if (fd < 0)
		return why("retrieving the memfd: %m");
	verdict_kv("retrieve_ns", ns);
	reason = check(fd, as ? as : name, pages);
	if (reason)
		return reason;
	if (luo_session_finish(session))
		return why("finishing the session: %m");
	close(session);
	close(fd);
	return NULL;
}

const char *step_memfd_finish(const struct step *step)
{
	const char *name = step->argv[1];
	int session;

	if (!name)
		return "usage: memfd-finish NAME";
	session = luo_session_retrieve(name);
	if (session < 0)
		return why("retrieving the session: %m");
	if (luo_session_finish(session))
		return why("finishing the session: %m");
	close(session);
	return NULL;
}
