// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/kcore is a sparse ELF file of all kernel addresses. Segments with a physical
 * address are memory: the direct map and the kernel image.
 */
#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "steps.h"
#include "verdict.h"

#define MAX_SEGMENTS 64

/* Returns the number of bytes read. */
static uint64_t read_segment(int fd, const Elf64_Phdr *segment)
{
	static char buf[1 << 16];
	uint64_t done = 0;

	while (done < segment->p_filesz) {
		uint64_t left = segment->p_filesz - done;
		ssize_t len = pread(fd, buf, left < sizeof(buf) ? left : sizeof(buf),
				    segment->p_offset + done);

		if (len <= 0)
			break;
		done += len;
	}
	return done;
}

static const char *read_all(int fd)
{
	Elf64_Phdr segments[MAX_SEGMENTS];
	uint64_t total = 0, want = 0;
	Elf64_Ehdr head;
	ssize_t len;
	int i;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    head.e_phnum > MAX_SEGMENTS)
		return "it does not start as it should";
	len = head.e_phnum * sizeof(*segments);
	if (pread(fd, segments, len, head.e_phoff) != len)
		return why("the list of segments: %m");
	for (i = 0; i < head.e_phnum; i++) {
		if (segments[i].p_type != PT_LOAD || segments[i].p_paddr == ~0ULL)
			continue;
		want += segments[i].p_filesz;
		total += read_segment(fd, &segments[i]);
	}
	verdict_kv("bytes", total);
	return total && total == want ? NULL : why("%" PRIu64 " bytes of %" PRIu64, total, want);
}

const char *step_read_kcore(const struct step *step)
{
	int fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	const char *reason;

	(void)step;
	if (fd < 0)
		return why("open: %m");
	reason = read_all(fd);
	close(fd);
	return reason;
}
