// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Parsing the records of the previous kernel
 *
 * Records of luo-v5 are untrusted: each one is checked here before it is passed
 * on. block.c checks the blocks that they are in; the reader checks that names
 * and tokens are unique.
 *
 * The kernel that writes records parses them too, before they are handed over
 * (preflight.c).
 *
 * Names are escaped in messages ("%*pE").
 *
 * Nothing is freed here. If a record is invalid, the caller leaks what was
 * restored, so that preserved memory stays reserved. An invalid record of one
 * session says little about the others, so the reader may go on with the next
 * one.
 *
 * Lock order: no lock is taken.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sprintf.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "records.h"

/* A string that is not empty and ends within @size bytes */
static bool luo_is_text(const char *s, size_t size)
{
	size_t len = strnlen(s, size);

	return len && len < size;
}

/**
 * luo_fast_parse_root - Parse the root record.
 * @ser:  The record.
 * @size: Its size in bytes.
 * @root: Receives its contents.
 *
 * Return: 0; -EINVAL, with a message, if it is too short or of another version.
 */
int luo_fast_parse_root(const struct luo_ser *ser, size_t size,
			struct luo_fast_root *root)
{
	if (size < sizeof(*ser)) {
		pr_err("the root record has %zu bytes, %zu are needed\n", size,
		       sizeof(*ser));
		return -EINVAL;
	}

	if (strncmp(ser->compatible, LUO_ABI_COMPATIBLE, LUO_ABI_COMPAT_LEN)) {
		pr_err("the handover has format '%*pE', this kernel reads '%s'\n",
		       (int)strnlen(ser->compatible, LUO_ABI_COMPAT_LEN),
		       ser->compatible, LUO_ABI_COMPATIBLE);
		return -EINVAL;
	}

	*root = (struct luo_fast_root) {
		.number = ser->liveupdate_num,
		.sessions_pa = ser->sessions_pa,
		.flbs_pa = ser->flbs_pa,
	};
	return 0;
}

/* Note why a session cannot be parsed. */
static __printf(2, 3) void luo_note_fault(struct luo_fast_reader *reader,
					  const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(reader->fault, sizeof(reader->fault), fmt, args);
	va_end(args);
}

static int luo_parse_file(struct luo_fast_reader *reader,
			  const struct luo_file_ser *ser)
{
	int err;

	if (!luo_is_text(ser->compatible, sizeof(ser->compatible))) {
		luo_note_fault(reader, "token %#llx names no handler",
			       ser->token);
		return -EINVAL;
	}

	err = reader->file(reader, ser);
	if (err)
		luo_note_fault(reader,
			       "token %#llx: error %d",
			       ser->token, err);
	return err;
}

static int luo_parse_files(struct luo_fast_reader *reader,
			   const struct luo_session_ser *ser)
{
	const struct luo_file_set_ser *file_set = &ser->file_set_ser;
	const struct luo_file_ser *file_ser;
	struct kho_block_set_it it;
	u64 nr = 0;
	int err;

	err = reader->blocks(reader->files, file_set->files);
	if (err) {
		luo_note_fault(reader,
			       "the records of its files cannot be read");
		return err;
	}

	kho_block_set_it_init(&it, reader->files);
	while ((file_ser = kho_block_set_it_read_entry(&it))) {
		err = luo_parse_file(reader, file_ser);
		if (err)
			return err;
		nr++;
	}

	if (nr != file_set->count) {
		luo_note_fault(reader, "%llu files, %llu expected", nr,
			       file_set->count);
		return -EINVAL;
	}

	return 0;
}

static int luo_parse_session(struct luo_fast_reader *reader,
			     const struct luo_session_ser *ser)
{
	int err;

	if (!luo_is_text(ser->name, sizeof(ser->name))) {
		luo_note_fault(reader, "it has no name");
		return -EINVAL;
	}

	err = reader->session(reader, ser);
	if (err == -EBADMSG) {
		luo_note_fault(reader, "the checksum of its record differs");
		return err;
	}
	if (err) {
		luo_note_fault(reader, "error %d", err);
		return err;
	}

	return luo_parse_files(reader, ser);
}

/* Parse a session; a fault of it goes to @reader if that wants to go on. */
static int luo_parse_next(struct luo_fast_reader *reader,
			  const struct luo_session_ser *ser)
{
	int err = luo_parse_session(reader, ser);

	if (reader->end && err != -ENOMEM)
		return reader->end(reader, ser, err ? reader->fault : NULL);
	if (err)
		pr_err("session '%*pE' cannot be deserialized: %s\n",
		       (int)strnlen(ser->name, sizeof(ser->name)), ser->name,
		       reader->fault);
	return err;
}

/**
 * luo_fast_parse_sessions - Parse all sessions and their files.
 * @sessions: The records of the sessions.
 * @reader:   Callbacks for sessions and files.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL, with a message, if a record is invalid and @reader does
 * not go on; -ENOMEM; or the error of @reader.
 */
int luo_fast_parse_sessions(struct kho_block_set *sessions,
			    struct luo_fast_reader *reader)
{
	const struct luo_session_ser *ser;
	struct kho_block_set_it it;
	u64 nr = 0;
	int err = 0;

	kho_block_set_it_init(&it, sessions);
	while (!err && (ser = kho_block_set_it_read_entry(&it))) {
		if (nr++ >= reader->skip)
			err = luo_parse_next(reader, ser);
	}

	return err;
}

static bool luo_flb_is_duplicate(const struct luo_flb_ser *ser, u64 nr)
{
	u64 i;

	for (i = 0; i < nr; i++) {
		if (!strcmp(ser[i].name, ser[nr].name))
			return true;
	}

	return false;
}

static int luo_check_flb(const struct luo_flb_ser *ser, u64 nr)
{
	const char *name = ser[nr].name;

	if (!luo_is_text(name, sizeof(ser[nr].name))) {
		pr_err("FLB %llu has no name\n", nr);
		return -EINVAL;
	}

	if (!ser[nr].count || ser[nr].count > INT_MAX) {
		pr_err("FLB '%*pE': invalid count %llu\n", (int)strlen(name),
		       name, ser[nr].count);
		return -EINVAL;
	}

	if (luo_flb_is_duplicate(ser, nr)) {
		pr_err("FLB '%*pE' is not unique\n", (int)strlen(name), name);
		return -EINVAL;
	}

	return 0;
}

/**
 * luo_fast_check_flbs - Check the records of FLBs.
 * @header: The header; the records follow it.
 * @size:   Bytes of the header and the records, whole pages.
 *
 * Quadratic, but one page has at most 63 records.
 *
 * Return: 0; -EINVAL, with a message, if a record is invalid.
 */
int luo_fast_check_flbs(const struct luo_flb_header_ser *header, size_t size)
{
	const struct luo_flb_ser *ser = (const void *)(header + 1);
	int err = 0;
	u64 i;

	if (header->pgcnt != size >> PAGE_SHIFT) {
		pr_err("FLBs occupy %llu pages, not %zu\n", header->pgcnt,
		       size >> PAGE_SHIFT);
		return -EINVAL;
	}

	if (header->count > (size - sizeof(*header)) / sizeof(*ser)) {
		pr_err("%llu FLBs do not fit into %zu bytes\n", header->count,
		       size);
		return -EINVAL;
	}

	for (i = 0; !err && i < header->count; i++)
		err = luo_check_flb(ser, i);
	return err;
}
