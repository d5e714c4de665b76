// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Last check of a live update
 *
 * KHO checks preserved memory as the next kernel does. If that would refuse it
 * for a page of a file, the message names the session and the token.
 *
 * Records of sessions, files and FLBs are parsed by the code of the next kernel
 * (deserialize.c, block.c), and must be those of the sessions and files that
 * there are.
 *
 * Lock order: no lock is taken; see serialize.c.
 *
 * Failure: reboot(2) fails, with one message.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kexec.h>
#include <linux/kho/abi/luo.h>
#include <linux/kho_block.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "../outgoing/preflight.h"
#include "file_set.h"
#include "preflight.h"
#include "records.h"
#include "session_table.h"

/**
 * struct luo_preflight - A check in progress.
 * @reader:  The reader.
 * @files:   Records of the files of the session that is parsed.
 * @session: That session.
 * @lf:      The file that is parsed.
 */
struct luo_preflight {
	struct luo_fast_reader	reader;
	struct kho_block_set	files;
	struct luo_fast_session	*session;
	struct luo_fast_file	*lf;
};

static bool luo_is_record_of(const struct luo_session_ser *ser,
			     struct luo_fast_session *session)
{
	struct luo_fast_file_set *file_set = &session->file_set;

	return ser == session->ser && !strcmp(ser->name, session->name) &&
	       ser->file_set_ser.files ==
			kho_block_set_head_pa(&file_set->blocks) &&
	       ser->file_set_ser.count == file_set->count;
}

static int luo_preflight_session(struct luo_fast_reader *reader,
				 const struct luo_session_ser *ser)
{
	struct luo_preflight *job =
		container_of(reader, struct luo_preflight, reader);
	struct luo_fast_session *session = list_next_entry(job->session, list);

	luo_fast_blocks_leak(&job->files);
	if (list_entry_is_head(session, &luo_fast_outgoing.list, list))
		return -EINVAL;

	job->session = session;
	job->lf = list_entry(&session->file_set.files, struct luo_fast_file,
			     list);
	return luo_is_record_of(ser, session) ? 0 : -EINVAL;
}

static int luo_preflight_file(struct luo_fast_reader *reader,
			      const struct luo_file_ser *ser)
{
	struct luo_preflight *job =
		container_of(reader, struct luo_preflight, reader);
	struct luo_fast_file *lf = list_next_entry(job->lf, list);

	if (list_entry_is_head(lf, &job->session->file_set.files, list))
		return -EINVAL;

	job->lf = lf;
	return ser->token == lf->key.token && ser->data == lf->data &&
	       !strcmp(ser->compatible, lf->fh->compatible) ? 0 : -EINVAL;
}

/**
 * luo_fast_check_sessions - Parse the records of sessions and files.
 * @sessions_pa: Address of the first block, or 0.
 *
 * Context: process context, may sleep; within the freeze.
 * Return: 0; -EINVAL or -ENOSPC, with a message, if the next kernel would
 * refuse them; -ENOMEM.
 */
int luo_fast_check_sessions(u64 sessions_pa)
{
	struct luo_preflight job = {
		.reader.session = luo_preflight_session,
		.reader.file = luo_preflight_file,
		.reader.blocks = luo_fast_blocks_read,
		.reader.files = &job.files,
		.session = list_entry(&luo_fast_outgoing.list,
				      struct luo_fast_session, list),
	};
	struct kho_block_set sessions;
	int err;

	kho_block_set_init(&sessions, sizeof(struct luo_session_ser));
	kho_block_set_init(&job.files, sizeof(struct luo_file_ser));
	err = luo_fast_blocks_read(&sessions, sessions_pa);
	if (!err)
		err = luo_fast_parse_sessions(&sessions, &job.reader);
	if (!err && !list_is_last(&job.session->list, &luo_fast_outgoing.list))
		err = -EINVAL;
	luo_fast_blocks_leak(&job.files);
	luo_fast_blocks_leak(&sessions);
	if (err)
		pr_err("live update refused, as the next kernel would: %pe\n",
		       ERR_PTR(err));
	return err;
}

/* The page cache that a page belongs to; only good for comparing. */
static const struct address_space *luo_mapping_of(phys_addr_t phys)
{
	const struct page *page =
		phys ? pfn_to_online_page(PHYS_PFN(phys)) : NULL;

	return page ? READ_ONCE(page_folio(page)->mapping) : NULL;
}

static const struct luo_fast_file *
luo_session_find(const struct luo_fast_session *session,
		 const struct address_space *mapping)
{
	const struct luo_fast_file *lf;

	list_for_each_entry(lf, &session->file_set.files, list) {
		if (mapping && lf->file->f_mapping == mapping)
			return lf;
	}

	return NULL;
}

static void luo_report_fault(const struct kho_fast_fault *fault)
{
	const struct address_space *mapping = luo_mapping_of(fault->phys);
	const struct luo_fast_session *session;
	const struct luo_fast_file *lf;

	list_for_each_entry(session, &luo_fast_outgoing.list, list) {
		lf = luo_session_find(session, mapping);
		if (!lf)
			continue;

		pr_err("live update refused, as the next kernel would: session '%*pE', token %#llx: %s\n",
		       (int)strlen(session->name), session->name,
		       lf->key.token, fault->reason);
		return;
	}

	pr_err("live update refused, as the next kernel would: %s\n",
	       fault->reason);
}

/**
 * luo_fast_preflight - Check that the next kernel takes the handover.
 * @image: The image of the next kernel.
 *
 * Context: process context, may sleep; sessions do not change.
 * Return: 0; -EINVAL, with a message, if it would refuse the handover; -ENOMEM,
 * with a message, if that cannot be told.
 */
int luo_fast_preflight(const struct kimage *image)
{
	struct kho_fast_fault fault;
	int err = kho_fast_preflight(image, &fault);

	if (err)
		luo_report_fault(&fault);
	return err;
}
