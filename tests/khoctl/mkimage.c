// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF core of a small machine with a tree of preserved memory, for the tests of khoctl tree;
 * FAULT is a fault in it.
 *
 *	usage: mkimage IMAGE FDT [FAULT]
 *
 * Memory: [0, 1 MiB) and [4 GiB, 4 GiB + 2 MiB). Preserved are
 *
 *	order 0	pfn 0x10 0x11 0x13 0x20
 *	order 3	pfn 0x18			next to 0x20
 *	order 9	pfn 0x100000
 *
 * At 0x30000 is what stock's kho_out begins with, a pointer to the FDT, at 0x31000.
 *
 * The tree is in the pages from 0x40 on, the root first: 15 of them, since a key of order N
 * has its highest bit at 52 - N, so order 0 shares only the root with 3 and 9, and those two
 * the root and a table of level 4.
 */
#include <elf.h>
#include <fcntl.h>
#include <libfdt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOW_BYTES	(1UL << 20)
#define HIGH		(4UL << 30)
#define HIGH_BYTES	(2UL << 20)
#define OFFSET		4096
#define FIRST_TABLE	0x40
#define ROOT		(FIRST_TABLE * 4096UL)
#define NR_MANY		70000UL
#define KHO_OUT		0x30000UL
#define OUT_FDT		0x31000UL

static uint64_t low[LOW_BYTES / 8];
static uint64_t next_table = FIRST_TABLE + 1;
static const char *fault = "";

static int wants(const char *what)
{
	return !strcmp(fault, what);
}

static uint64_t *at(uint64_t phys)
{
	return &low[phys / 8];
}

/* The slot of @key in a table of @level, below @table. */
static uint64_t *slot_of(uint64_t table, uint64_t key, int level)
{
	return at(table) + ((key >> ((level - 1) * 9 + 15)) & 511);
}

static uint64_t leaf_of(uint64_t key)
{
	uint64_t table = ROOT;
	int level;

	for (level = 5; level; level--) {
		uint64_t *slot = slot_of(table, key, level);

		if (!*slot)
			*slot = next_table++ * 4096;
		table = *slot;
	}
	return table;
}

static void add_key(uint64_t key)
{
	at(leaf_of(key))[key % 32768 / 64] |= 1UL << key % 64;
}

static void add(uint64_t pfn, int order)
{
	add_key(1UL << (52 - order) | pfn >> order);
}

/* The slot of a table of level 1 that has order 0. */
static uint64_t *some_slot(void)
{
	uint64_t key = 1UL << 52, table = ROOT;
	int level;

	for (level = 5; level > 2; level--)
		table = *slot_of(table, key, level);
	return slot_of(table, key, 2);
}

static void add_fault(void)
{
	if (wants("table-unaligned"))
		*some_slot() += 8;
	if (wants("table-outside"))
		*some_slot() = 2UL << 20;
	if (wants("loop"))
		*some_slot() = ROOT;
	if (wants("too-wide"))
		at(ROOT)[4] = ROOT;
	if (wants("bad-order"))
		add_key(1UL << 20);
	if (wants("folio-outside"))
		add(0x200, 0);
	if (wants("folio-across-the-end"))
		add(0, 9);
	if (wants("overlap"))
		add(0x1a, 1);
	if (wants("preserved-table"))
		add(0x40, 0);
	if (wants("many"))
		memset(at(leaf_of(1UL << 52)), 0xff, 4096);
}

static void write_at(int fd, const void *buf, size_t len, off_t offset)
{
	if (pwrite(fd, buf, len, offset) != (ssize_t)len) {
		perror("mkimage");
		exit(1);
	}
}

/* More segments than e_phnum can count: the first section header has the number. */
static void write_many_segments(int fd, Elf64_Ehdr *head, const Elf64_Phdr *p, size_t nr)
{
	Elf64_Phdr *many = calloc(NR_MANY, sizeof(*many));
	Elf64_Shdr first = { .sh_info = NR_MANY };

	memcpy(many + NR_MANY - nr, p, nr * sizeof(*p));
	head->e_phoff = OFFSET + LOW_BYTES + HIGH_BYTES;
	head->e_phnum = PN_XNUM;
	head->e_shoff = head->e_phoff + NR_MANY * sizeof(*many);
	head->e_shentsize = sizeof(first);
	head->e_shnum = 1;
	write_at(fd, many, NR_MANY * sizeof(*many), head->e_phoff);
	write_at(fd, &first, sizeof(first), head->e_shoff);
	free(many);
}

static void write_image(const char *path)
{
	/* The first is as in /proc/kcore for vmalloc. */
	Elf64_Phdr p[] = {
		{ .p_type = PT_LOAD, .p_paddr = ~0UL, .p_vaddr = ~0UL << 45,
		  .p_filesz = 1UL << 44 },
		{ .p_type = PT_LOAD, .p_paddr = HIGH, .p_offset = OFFSET + LOW_BYTES,
		  .p_filesz = HIGH_BYTES },
		{ .p_type = PT_NOTE },
		{ .p_type = PT_LOAD, .p_paddr = 0, .p_offset = OFFSET, .p_filesz = LOW_BYTES },
	};
	Elf64_Ehdr head = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = wants("no-core") ? ET_EXEC : ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(head),
		.e_phoff = sizeof(head),
		.e_phentsize = sizeof(*p),
		.e_phnum = sizeof(p) / sizeof(*p),
	};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (wants("no-memory"))
		head.e_phnum = 1;
	if (wants("many-segments"))
		write_many_segments(fd, &head, p, head.e_phnum);
	else
		write_at(fd, p, sizeof(p), sizeof(head));
	write_at(fd, &head, sizeof(head), 0);
	write_at(fd, low, sizeof(low), OFFSET);
	if (wants("cut") ? ftruncate(fd, OFFSET + ROOT + 4096) :
	    !wants("many-segments") && ftruncate(fd, OFFSET + LOW_BYTES + HIGH_BYTES))
		perror("mkimage");
	close(fd);
}

static void write_fdt(const char *path)
{
	uint64_t root = wants("root-unaligned") ? ROOT + 8 : wants("root-outside") ? 1UL << 45 :
			wants("root-at-the-end") ? -4096UL : ROOT;
	uint64_t phys = 0x10000, size = 73;
	char *fdt = (char *)at(OUT_FDT);
	FILE *f;

	*at(KHO_OUT) = OUT_FDT;
	fdt_create(fdt, 4096);
	fdt_finish_reservemap(fdt);
	fdt_begin_node(fdt, "");
	fdt_property_string(fdt, "compatible", wants("fdt-version") ? "kho-v9" : "kho-v4");
	if (!wants("fdt-no-map"))
		fdt_property(fdt, "preserved-memory-map", &root, sizeof(root));
	fdt_begin_node(fdt, "kexec-metadata");
	fdt_property(fdt, "preserved-data", &phys, sizeof(phys));
	fdt_property(fdt, "blob-size", &size, sizeof(size));
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	fdt_finish(fdt);
	f = fopen(path, "w");
	/* as stock shows it: without the end, where the names of the properties are */
	fwrite(fdt, 1, fdt_totalsize(fdt) - (wants("fdt-cut") ? 40 : 0), f);
	fclose(f);
}

int main(int argc, char **argv)
{
	static const uint64_t single[] = { 0x10, 0x11, 0x13, 0x20 };
	size_t i;

	if (argc < 3)
		return 2;
	if (argc > 3)
		fault = argv[3];
	for (i = 0; i < sizeof(single) / sizeof(*single); i++)
		add(single[i], 0);
	add(0x18, 3);
	add(HIGH >> 12, 9);
	add_fault();
	write_fdt(argv[2]);
	write_image(argv[1]);
	return 0;
}
