// SPDX-License-Identifier: GPL-2.0-only
/*
 * Write the corpus: handovers as block.c writes them, and one with each kind of
 * fault. File names begin with the expected result. Existing files are
 * overwritten.
 *
 * usage: luo-corpus FOLDER	exit status: 0 written, 1 not
 */
#include <stdio.h>

#include <linux/err.h>
#include <linux/kexec_handover.h>

#include "fuzz.h"
#include "luo/records.h"

/* Layout of the shapes below */
#define ROOT		0
#define SESSIONS	1
#define FILES		2	/* of the first session that has any */
#define SESSION(n)	(16 + (n) * 80)
#define RECORD(n)	(16 + (n) * 64)	/* a file, or an FLB */
#define SESSION_FILES	64
#define SESSION_COUNT	72
#define FLB_COUNT	56

/* A shape: sessions and FLBs; session i has @files[i] files */
struct shape {
	const char	*name;
	unsigned int	nr_sessions, nr_flbs;
	unsigned int	files[8];
};

static const struct shape shapes[] = {
	{ "nothing" },
	{ "session", .nr_sessions = 1 },
	{ "files", .nr_sessions = 4, .files = { 0, 1, 2, 3 } },
	{ "chain-of-files", .nr_sessions = 1, .files = { 64 } },
	{ "chain-of-sessions", .nr_sessions = 52, .files = { 1 } },
	{ "flbs", .nr_sessions = 1, .nr_flbs = 3, .files = { 1 } },
	{ "page-of-flbs", .nr_flbs = 63 },
};

/* A fault added to a shape: ops, or another header */
struct spoilt {
	const char	*name, *shape;
	struct op	ops[2];
	struct head	head;
};

#define WORD(page, at, value)	{ OP_WORD, page, at, value }
#define LINK(page, at, to)	{ OP_LINK, page, at, to }
#define OWNER(page, who)	{ OP_OWNER, page, 0, who }
/* A string of @bytes characters, not terminated */
#define ENDLESS(page, at, bytes)	\
	{ OP_FILL, page, at, (bytes) << 8 | 'x' }

static const struct spoilt spoilt[] = {
	{ "root-too-short", "files", .head.root_size = 31 },
	{ "root-of-another-version", "files", { WORD(ROOT, 0, 0x36762d6f756c) } },
	{ "root-of-nobody", "files", { OWNER(ROOT, NOT_PRESERVED) } },
	{ "root-of-a-larger-folio", "files", { OWNER(ROOT, IN_FOLIO) } },
	{ "next-is-odd", "chain-of-files", { LINK(FILES, 0, (FILES + 1) | 1 << 8) } },
	{ "next-is-itself", "chain-of-files", { LINK(FILES, 0, FILES) } },
	{ "next-is-the-first", "chain-of-files", { LINK(FILES + 1, 0, FILES) } },
	{ "next-is-the-root", "chain-of-files", { LINK(FILES + 1, 0, ROOT) } },
	{ "next-is-nowhere", "chain-of-files", { WORD(FILES, 0, 0xfffffffffffff000) } },
	{ "next-is-of-nobody", "chain-of-files", { OWNER(FILES + 1, NOT_PRESERVED) } },
	{ "next-is-larger", "chain-of-sessions", { OWNER(SESSIONS + 1, IN_FOLIO) } },
	{ "block-of-0", "chain-of-files",
	  { WORD(FILES + 1, 8, 0), WORD(SESSIONS, SESSION(0) + SESSION_COUNT, 63) } },
	{ "block-of-64", "chain-of-files", { WORD(FILES, 8, 64) } },
	{ "block-of-many", "chain-of-files", { WORD(FILES + 1, 8, ULONG_MAX) } },
	{ "block-of-52", "chain-of-sessions", { WORD(SESSIONS, 8, 52) } },
	{ "name-empty", "files", { WORD(SESSIONS, SESSION(2), 0) } },
	{ "name-endless", "files", { ENDLESS(SESSIONS, SESSION(3), 64) } },
	{ "files-too-few", "files", { WORD(SESSIONS, SESSION(2) + SESSION_COUNT, 3) } },
	{ "files-too-many", "files", { WORD(SESSIONS, SESSION(2) + SESSION_COUNT, 1) } },
	{ "files-not-counted", "files", { WORD(SESSIONS, SESSION(3) + SESSION_COUNT, 0) } },
	{ "files-nowhere", "files", { WORD(SESSIONS, SESSION(3) + SESSION_FILES, 0) } },
	{ "files-of-another", "files", { LINK(SESSIONS, SESSION(3) + SESSION_FILES, FILES) } },
	{ "files-are-the-sessions", "files",
	  { LINK(SESSIONS, SESSION(3) + SESSION_FILES, SESSIONS) } },
	{ "handler-empty", "files", { WORD(FILES + 1, RECORD(1), 0) } },
	{ "handler-endless", "files", { ENDLESS(FILES + 2, RECORD(2), 48) } },
	{ "flbs-too-many", "page-of-flbs",
	  { WORD(SESSIONS, 8, 64), ENDLESS(SESSIONS, RECORD(63), 2) } },
	{ "flbs-on-2-pages", "flbs", { WORD(FILES + 1, 0, 2) } },
	{ "flbs-are-the-sessions", "flbs", { LINK(ROOT, 24, SESSIONS) } },
	{ "flb-of-no-file", "flbs", { WORD(FILES + 1, RECORD(1) + FLB_COUNT, 0) } },
	{ "flb-of-too-many-files", "flbs", { WORD(FILES + 1, RECORD(1) + FLB_COUNT, 1UL << 31) } },
	{ "flb-twice", "flbs", { { OP_REPEAT, FILES + 1, RECORD(0), 1 << 16 | 64 } } },
	{ "flb-empty", "flbs", { WORD(FILES + 1, RECORD(2), 0) } },
	{ "flb-endless", "flbs", { ENDLESS(FILES + 1, RECORD(0), 48) } },
	{ "file-by-the-reader", "files", .head.refuse = 3 },
	{ "session-by-the-reader", "files", .head.refuse = 4 },
	{ "without-memory", "files", .head.fault = 3 },
};

static void *page(void)
{
	void *mem = kho_alloc_preserve(PAGE_SIZE);

	if (IS_ERR(mem))
		shim_die("a shape is too large");
	return mem;
}

static void grow(struct kho_block_set *bs, size_t entry_size, unsigned int nr)
{
	kho_block_set_init(bs, entry_size);
	if (kho_block_set_grow(bs, nr))
		shim_die("a shape is too large");
}

static struct luo_file_set_ser write_files(unsigned int nr)
{
	struct luo_file_set_ser set = { .count = nr };
	struct kho_block_set_it it;
	struct kho_block_set bs;
	unsigned int i;

	grow(&bs, sizeof(struct luo_file_ser), nr);
	kho_block_set_it_init(&it, &bs);
	for (i = 0; i < nr; i++) {
		struct luo_file_ser *ser = kho_block_set_it_reserve_entry(&it);

		ser->compatible[0] = 'f';
		ser->token = i;
	}
	set.files = kho_block_set_head_pa(&bs);
	luo_fast_blocks_leak(&bs);
	return set;
}

static u64 write_sessions(const struct shape *shape)
{
	struct kho_block_set_it it;
	struct kho_block_set bs;
	unsigned int i;
	u64 pa;

	grow(&bs, sizeof(struct luo_session_ser), shape->nr_sessions);
	kho_block_set_it_init(&it, &bs);
	for (i = 0; i < shape->nr_sessions; i++) {
		struct luo_session_ser *ser = kho_block_set_it_reserve_entry(&it);

		snprintf(ser->name, sizeof(ser->name), "s%u", i);
		if (i < ARRAY_SIZE(shape->files))
			ser->file_set_ser = write_files(shape->files[i]);
	}
	pa = kho_block_set_head_pa(&bs);
	luo_fast_blocks_leak(&bs);
	return pa;
}

static u64 write_flbs(unsigned int nr)
{
	struct luo_flb_header_ser *header;
	struct luo_flb_ser *ser;
	unsigned int i;

	if (!nr)
		return 0;
	header = page();
	ser = (void *)(header + 1);
	*header = (struct luo_flb_header_ser){ .pgcnt = 1, .count = nr };
	for (i = 0; i < nr; i++) {
		snprintf(ser[i].name, sizeof(ser[i].name), "b%u", i);
		ser[i].count = 1;
	}
	return virt_to_phys(header);
}

static const struct shape *find_shape(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		if (!strcmp(shapes[i].name, name))
			return shapes + i;
	}
	shim_die("no shape is %s", name);
}

/* Returns the number of ops. */
static size_t write_shape(const struct shape *shape, struct op *ops)
{
	struct luo_ser *root;
	size_t nr = 0;
	unsigned int i;

	image_read(NULL, 0);
	root = page();
	snprintf(root->compatible, sizeof(root->compatible), "%s", LUO_ABI_COMPATIBLE);
	root->liveupdate_num = 1;
	root->sessions_pa = write_sessions(shape);
	root->flbs_pa = write_flbs(shape->nr_flbs);
	for (i = 0; i < NR_PAGES; i++)
		nr += image_write(ops + nr, i);
	if (nr > MAX_OPS - 2)
		shim_die("a shape has too many words");
	return nr;
}

/* Zero words are left out: they would overwrite the root record. */
static size_t add_ops(struct op *ops, size_t nr, const struct spoilt *s)
{
	static const struct op none;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(s->ops); i++) {
		if (memcmp(&s->ops[i], &none, sizeof(none)))
			ops[nr++] = s->ops[i];
	}

	return nr;
}

int main(int argc, char **argv)
{
	static struct op ops[NR_PAGES * PAGE_SIZE / sizeof(u64)];
	const struct head plain = {};
	unsigned int i;
	bool ok = true;
	size_t nr;

	if (argc != 2) {
		fprintf(stderr, "usage: luo-corpus FOLDER\n");
		return 1;
	}
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		nr = write_shape(&shapes[i], ops);
		ok &= save(argv[1], "taken", shapes[i].name, &plain, ops, nr);
	}
	for (i = 0; i < ARRAY_SIZE(spoilt); i++) {
		const struct spoilt *s = &spoilt[i];

		nr = write_shape(find_shape(s->shape), ops);
		nr = add_ops(ops, nr, s);
		ok &= save(argv[1], "refused", s->name, &s->head, ops, nr);
	}
	return !ok;
}
