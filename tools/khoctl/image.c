// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical memory in an ELF core file: its PT_LOAD segments that have a physical address.
 * /proc/kcore is one, QEMU's dump-guest-memory and makedumpfile -E write others. The contents
 * are not trusted.
 */
#include <errno.h>
#include <fcntl.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "khoctl.h"

/* Width of a physical address */
#define PHYS_BITS	52

static bool read_at(int fd, void *buf, size_t len, uint64_t offset)
{
	while (len) {
		ssize_t got = pread(fd, buf, len, offset);

		if (got <= 0)
			return false;
		buf = (char *)buf + got;
		offset += got;
		len -= got;
	}
	return true;
}

static void add_segment(struct image *img, const Elf64_Phdr *p, uint64_t file_size)
{
	if (p->p_type != PT_LOAD || !p->p_filesz)
		return;
	/* vmalloc and the like are addresses without memory, at ~0 */
	if (p->p_filesz > 1ULL << PHYS_BITS || p->p_paddr > (1ULL << PHYS_BITS) - p->p_filesz)
		return;
	if (p->p_offset > file_size || p->p_filesz > file_size - p->p_offset)
		errx(EXIT_INPUT, "%s: truncated: the file ends before its memory", img->path);
	img->v = array_grow(img->v, img->nr, sizeof(*img->v));
	img->v[img->nr++] = (struct segment){
		.phys = p->p_paddr,
		.addr = p->p_vaddr,
		.size = p->p_filesz,
		.offset = p->p_offset,
	};
	if (p->p_paddr + p->p_filesz > img->end)
		img->end = p->p_paddr + p->p_filesz;
}

static int by_phys(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return x->phys < y->phys ? -1 : x->phys > y->phys;
}

static void read_segments(struct image *img)
{
	Elf *elf = elf_version(EV_CURRENT) ? elf_begin(img->fd, ELF_C_READ, NULL) : NULL;
	const Elf64_Ehdr *head = elf ? elf64_getehdr(elf) : NULL;
	const Elf64_Phdr *p;
	uint64_t file_size;
	struct stat st;
	size_t nr, i;

	if (!head || head->e_ident[EI_DATA] != ELFDATA2LSB || head->e_type != ET_CORE)
		errx(EXIT_INPUT, "%s: not a 64-bit little-endian ELF core file; QEMU's monitor "
		     "writes one with 'dump-guest-memory'", img->path);
	p = elf64_getphdr(elf);
	if (!p || elf_getphdrnum(elf, &nr))
		errx(EXIT_INPUT, "%s: program headers: %s", img->path, elf_errmsg(-1));
	/* a file in /proc has no blocks, and no meaningful size */
	file_size = fstat(img->fd, &st) || !S_ISREG(st.st_mode) || !st.st_blocks ? ~0ULL :
		    (uint64_t)st.st_size;
	for (i = 0; i < nr; i++)
		add_segment(img, &p[i], file_size);
	elf_end(elf);
	if (!img->nr)
		errx(EXIT_INPUT, "%s: no segment has a physical address; it must be an image of a "
		     "machine's memory, not of a process", img->path);
	qsort(img->v, img->nr, sizeof(*img->v), by_phys);
}

static const struct image *open_image(const char *path, int fd)
{
	static struct image image;

	image = (struct image){ .path = text_dup(path), .fd = fd };
	read_segments(&image);
	return &image;
}

const struct image *image_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(EXIT_INPUT, "%s", path);
	return open_image(path, fd);
}

const struct image *image_of_host(const char **why)
{
	int fd = open(file_path("/proc/kcore"), O_RDONLY | O_CLOEXEC);

	*why = fd < 0 ? why_no_kcore(errno) : NULL;
	return fd < 0 ? NULL : open_image(file_path("/proc/kcore"), fd);
}

bool image_has(const struct image *img, uint64_t phys, uint64_t len)
{
	uint64_t end = phys + len;
	size_t i;

	if (end < phys)
		return false;
	/* They are sorted, so one pass joins those that meet or overlap. */
	for (i = 0; phys < end && i < img->nr && img->v[i].phys <= phys; i++) {
		if (img->v[i].phys + img->v[i].size > phys)
			phys = img->v[i].phys + img->v[i].size;
	}
	return phys >= end;
}

bool image_read(const struct image *img, uint64_t addr, bool virtual, void *buf, size_t len)
{
	const struct segment *s;

	for (s = img->v; s < img->v + img->nr; s++) {
		uint64_t from = addr - (virtual ? s->addr : s->phys);

		if (len <= s->size && from <= s->size - len)
			return read_at(img->fd, buf, len, s->offset + from);
	}
	return false;
}
