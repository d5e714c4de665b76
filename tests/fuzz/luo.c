// SPDX-License-Identifier: GPL-2.0-only
/*
 * Target: the records of LUO, read as core.c, sessions.c and flb_records.c do.
 * Aborts unless the kernel accepts a valid handover as a whole, or refuses an
 * invalid one with a message and frees nothing.
 */
#include <stdlib.h>

#include <linux/bug.h>
#include <linux/slab.h>

#include "fuzz.h"
#include "luo/records.h"

/* Upper bound: a page has at most 51 sessions. */
#define MAX_SESSIONS	(51 * NR_PAGES)

struct parsed {
	u64		nr_sessions, nr_files, nr_flbs;
	unsigned int	nr_calls;
	bool		has_flbs;
	bool		refused;	/* by the reader */
};

/* A handover as the kernel sees it, and the calls of the reader */
static struct {
	struct luo_fast_reader	reader;
	struct kho_block_set	sessions;
	struct kho_block_set	files[MAX_SESSIONS];
	struct parsed		parsed;
} luo;

static void must(bool cond, const char *what)
{
	if (!cond)
		shim_die("%s", what);
}

static void must_be_text(const char *text, size_t size)
{
	must(*text && strnlen(text, size) < size, "text without an end, or none, is passed on");
}

static int parse_next(void)
{
	luo.parsed.refused = ++luo.parsed.nr_calls == image.head.refuse;
	return luo.parsed.refused ? -EEXIST : 0;
}

static int parse_session(struct luo_fast_reader *reader, const struct luo_session_ser *ser)
{
	must(!luo.parsed.refused, "the reader refused, and is called again");
	must(luo.parsed.nr_sessions < MAX_SESSIONS, "more sessions than there can be");
	must_be_text(ser->name, sizeof(ser->name));
	reader->files = &luo.files[luo.parsed.nr_sessions++];
	kho_block_set_init(reader->files, sizeof(struct luo_file_ser));
	return parse_next();
}

static int parse_file(struct luo_fast_reader *reader, const struct luo_file_ser *ser)
{
	must(!luo.parsed.refused, "the reader refused, and is called again");
	must_be_text(ser->compatible, sizeof(ser->compatible));
	luo.parsed.nr_files++;
	return parse_next();
}

static void luo_init(void)
{
	u64 i;

	for (i = 0; i < luo.parsed.nr_sessions; i++)
		memset(&luo.files[i], 0, sizeof(luo.files[i]));
	luo.parsed = (struct parsed){};
	luo.reader = (struct luo_fast_reader){
		.session = parse_session, .file = parse_file, .blocks = kho_block_set_restore };
	kho_block_set_init(&luo.sessions, sizeof(struct luo_session_ser));
	shim_nr_errs = 0;
	shim_nr_warns = 0;
	shim_fail_after = image.head.fault - 1L;
}

static int read_flbs(u64 pa)
{
	const struct luo_flb_header_ser *ser;
	int err;

	if (!pa)
		return 0;
	ser = luo_fast_record_restore(pa, PAGE_SIZE);
	if (!ser) {
		pr_err("no FLBs there\n");
		return -EINVAL;
	}
	luo.parsed.has_flbs = true;
	err = luo_fast_check_flbs(ser, PAGE_SIZE);
	if (!err)
		luo.parsed.nr_flbs = ser->count;
	return err;
}

/* @ser is a copy of @size bytes. */
static int read_root(const struct luo_ser *ser, size_t size)
{
	struct luo_fast_root root;
	int err = luo_fast_parse_root(ser, size, &root);

	if (err)
		return err;
	if (!luo_fast_record_restore(image_pa(image.head.root % NR_PAGES), sizeof(*ser))) {
		pr_err("no root record there\n");
		return -EINVAL;
	}
	err = kho_block_set_restore(&luo.sessions, root.sessions_pa);
	if (!err)
		err = read_flbs(root.flbs_pa);
	return err ?: luo_fast_parse_sessions(&luo.sessions, &luo.reader);
}

static void *copy_root(size_t size)
{
	void *copy = malloc(size);

	if (!copy)
		shim_die("no memory for a copy");
	memcpy(copy, image_page(image_pa(image.head.root % NR_PAGES)), size);
	return copy;
}

static void check_refusal(int err, bool valid, bool met_fault)
{
	u64 i;

	must(!image.nr_freed, "refused, but something is freed");
	must(err == (luo.parsed.refused ? -EEXIST : met_fault ? -ENOMEM : -EINVAL), "another error");
	must(met_fault || shim_nr_errs, "refused without a message");
	must(!valid || luo.parsed.refused || met_fault, "a valid handover is refused");
	luo_fast_blocks_leak(&luo.sessions);
	for (i = 0; i < luo.parsed.nr_sessions; i++)
		luo_fast_blocks_leak(&luo.files[i]);
	must(!image.nr_freed, "leaked, but something is freed");
}

static void check_success(const struct expected *e, bool met_fault)
{
	u64 i;

	must(!met_fault, "accepted without memory for it");
	must(e->valid, "an invalid handover is accepted");
	must(luo.parsed.nr_sessions == e->sessions && luo.parsed.nr_files == e->files &&
	     luo.parsed.nr_flbs == e->flbs,
	     "not all of it is parsed");
	must(!shim_nr_errs, "accepted, with a message");
	for (i = 0; i < luo.parsed.nr_sessions; i++)
		kho_block_set_destroy(&luo.files[i]);
	kho_block_set_destroy(&luo.sessions);
	/* FLBs are kept by the kernel, and core.c frees the root record. */
	must(image.nr_restored - image.nr_freed == 1 + luo.parsed.has_flbs,
	     "not every block is freed");
}

bool run_target(const u8 *data, size_t size)
{
	struct expected expected;
	size_t root_size;
	bool met_fault;
	void *root;
	int err;

	image_read(data, size);
	expected = expect();
	root_size = image.head.root_size ?: sizeof(struct luo_ser);
	root_size = min(root_size, PAGE_SIZE);
	root = copy_root(root_size);
	image_close();
	luo_init();

	err = read_root(root, root_size);
	met_fault = image.head.fault && shim_fail_after < 0;
	if (err)
		check_refusal(err, expected.valid, met_fault);
	else
		check_success(&expected, met_fault);
	must(!shim_nr_warns, "the kernel warns");
	must(!shim_live_objects, "an object is not freed");
	free(root);
	return !err;
}
