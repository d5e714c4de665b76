// SPDX-License-Identifier: GPL-2.0-only
/*
 * Corrupt the records of live update, in the last reboot notifier as in
 * corrupt.c.
 *
 *	FDT /LUO -> struct luo_ser -> block of sessions -> block of files
 *	                           -> FLBs
 */
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/luo.h>
#include <linux/libfdt.h>
#include <linux/string.h>

#include "kho_workload.h"

struct corrupt_luo_records {
	struct luo_ser *root;
	struct kho_block_header_ser *sessions;
	struct luo_session_ser *session;	/* the first one */
	struct kho_block_header_ser *files;	/* of the first session */
	struct luo_file_ser *file;
	struct luo_flb_header_ser *flbs;
};

/* Value of the first 8-byte property @prop after the node @node */
u64 *corrupt_subtree_prop(void *fdt, const char *node, const char *prop)
{
	const char *strings = fdt + fdt_off_dt_strings(fdt);
	fdt32_t *tag = fdt + fdt_off_dt_struct(fdt);
	fdt32_t *end = (void *)tag + fdt_size_dt_struct(fdt);
	bool behind = false;

	for (; tag + 5 <= end; tag++) {
		if (fdt32_to_cpu(tag[0]) == FDT_BEGIN_NODE &&
		    !strcmp((char *)(tag + 1), node))
			behind = true;
		if (behind && fdt32_to_cpu(tag[0]) == FDT_PROP &&
		    fdt32_to_cpu(tag[1]) == 8 &&
		    fdt32_to_cpu(tag[2]) < fdt_size_dt_strings(fdt) &&
		    !strcmp(strings + fdt32_to_cpu(tag[2]), prop))
			return (u64 *)(tag + 3);
	}
	return NULL;
}

static int corrupt_luo_find(struct corrupt_luo_records *r, void *fdt)
{
	u64 *root = corrupt_subtree_prop(fdt, LUO_KHO_ENTRY_NAME,
					 KHO_SUB_TREE_PROP_NAME);

	if (!root)
		return -ENOENT;
	r->root = phys_to_virt(*root);
	if (!r->root->sessions_pa)
		return -ENOENT;
	r->sessions = phys_to_virt(r->root->sessions_pa);
	r->session = (void *)(r->sessions + 1);
	if (!r->session->file_set_ser.files)
		return -ENOENT;
	r->files = phys_to_virt(r->session->file_set_ser.files);
	r->file = (void *)(r->files + 1);
	r->flbs = phys_to_virt(r->root->flbs_pa);
	return 0;
}

static void corrupt_luo_version(struct corrupt_luo_records *r)
{
	r->root->compatible[strlen(r->root->compatible) - 1] = '9';
}

static void corrupt_luo_sessions_outside_ram(struct corrupt_luo_records *r)
{
	r->root->sessions_pa = BIT_ULL(45);
}

static void corrupt_luo_sessions_unaligned(struct corrupt_luo_records *r)
{
	r->root->sessions_pa += 8;
}

static void corrupt_luo_sessions_loop(struct corrupt_luo_records *r)
{
	r->sessions->next = r->root->sessions_pa;
}

static void corrupt_luo_sessions_count(struct corrupt_luo_records *r)
{
	r->sessions->count = 1000;
}

static void corrupt_luo_session_name(struct corrupt_luo_records *r)
{
	memset(r->session->name, 'x', sizeof(r->session->name));
}

/* Another valid name, by one bit */
static void corrupt_luo_session_renamed(struct corrupt_luo_records *r)
{
	r->session->name[0] ^= 1;
}

/* Name of the first session for the second one */
static void corrupt_luo_session_twice(struct corrupt_luo_records *r)
{
	memcpy(r->session[1].name, r->session[0].name,
	       sizeof(r->session[0].name));
}

/* Name of the second session for the first one */
static void corrupt_luo_session_renamed_to_next(struct corrupt_luo_records *r)
{
	memcpy(r->session[0].name, r->session[1].name,
	       sizeof(r->session[0].name));
}

static void corrupt_luo_session_emptied(struct corrupt_luo_records *r)
{
	memset(&r->session->file_set_ser, 0, sizeof(r->session->file_set_ser));
}

/* Memory of the first file's handler */
static void corrupt_luo_files_are_data(struct corrupt_luo_records *r)
{
	r->session->file_set_ser.files = r->file->data & PAGE_MASK;
}

static void corrupt_luo_files_count(struct corrupt_luo_records *r)
{
	r->session->file_set_ser.count++;
}

static void corrupt_luo_files_truncated(struct corrupt_luo_records *r)
{
	r->files->count = 0;
}

static void corrupt_luo_token_twice(struct corrupt_luo_records *r)
{
	r->file[1].token = r->file[0].token;
}

static void corrupt_luo_handler_unknown(struct corrupt_luo_records *r)
{
	r->file->compatible[0] = 'x';
}

static void corrupt_luo_flbs_count(struct corrupt_luo_records *r)
{
	r->flbs->count = ULONG_MAX;
}

static const struct {
	const char *name;
	void (*spoil)(struct corrupt_luo_records *r);
} corrupt_luo_kinds[] = {
	{ "luo-version", corrupt_luo_version },
	{ "luo-sessions-outside-ram", corrupt_luo_sessions_outside_ram },
	{ "luo-sessions-unaligned", corrupt_luo_sessions_unaligned },
	{ "luo-sessions-loop", corrupt_luo_sessions_loop },
	{ "luo-sessions-count", corrupt_luo_sessions_count },
	{ "luo-session-name", corrupt_luo_session_name },
	{ "luo-session-renamed", corrupt_luo_session_renamed },
	{ "luo-session-twice", corrupt_luo_session_twice },
	{ "luo-session-renamed-to-next", corrupt_luo_session_renamed_to_next },
	{ "luo-session-emptied", corrupt_luo_session_emptied },
	{ "luo-files-are-data", corrupt_luo_files_are_data },
	{ "luo-files-count", corrupt_luo_files_count },
	{ "luo-files-truncated", corrupt_luo_files_truncated },
	{ "luo-token-twice", corrupt_luo_token_twice },
	{ "luo-handler-unknown", corrupt_luo_handler_unknown },
	{ "luo-flbs-count", corrupt_luo_flbs_count },
};

bool corrupt_luo_knows(const char *what)
{
	for (int i = 0; i < ARRAY_SIZE(corrupt_luo_kinds); i++)
		if (!strcmp(what, corrupt_luo_kinds[i].name))
			return true;
	return false;
}

int corrupt_luo(void *fdt, const char *what)
{
	struct corrupt_luo_records records;
	int err = corrupt_luo_find(&records, fdt);

	for (int i = 0; !err && i < ARRAY_SIZE(corrupt_luo_kinds); i++)
		if (!strcmp(what, corrupt_luo_kinds[i].name))
			corrupt_luo_kinds[i].spoil(&records);
	return err;
}
