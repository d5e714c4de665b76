// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client that frees memory without unpreserving it: what it leaves behind is
 * its key, over pages that others get and preserve.
 *
 *	|    1    |	its key, of order 1
 *	| M  |		a page of a memfd
 *
 * With take=1 one that unpreserves the page of the memfd, which is not its own.
 */
#include <linux/align.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kexec_handover.h>
#include <linux/pagemap.h>
#include <linux/string.h>

#include "kho_workload.h"

#define NEGLECT_MAX_FD		256
#define NEGLECT_NR_PAGES	2

static struct page *neglect_page;	/* the first of the pair */
static bool neglect_takes;

/* The memfd with the largest descriptor of this task */
static struct file *neglect_get_memfd(void)
{
	for (int fd = NEGLECT_MAX_FD; fd >= 0; fd--) {
		struct file *file = fget(fd);

		if (!file)
			continue;
		if (!strncmp(file->f_path.dentry->d_name.name, "memfd:", 6))
			return file;
		fput(file);
	}
	return NULL;
}

/* A page that is the first of a pair: the message is about the first page */
static struct page *neglect_find_page(struct file *memfd)
{
	pgoff_t nr = i_size_read(file_inode(memfd)) >> PAGE_SHIFT;

	for (pgoff_t i = 0; i < nr; i++) {
		struct folio *folio = filemap_get_folio(memfd->f_mapping, i);
		unsigned long pfn;

		if (IS_ERR(folio))
			continue;
		pfn = folio_pfn(folio);
		folio_put(folio);
		if (IS_ALIGNED(pfn, NEGLECT_NR_PAGES))
			return pfn_to_page(pfn);
	}
	return NULL;
}

static int neglect_undo(void)
{
	int err = 0;

	if (!neglect_page)
		return report_err(-ENOENT, "nothing is neglected");
	if (neglect_takes)
		err = kho_preserve_pages(neglect_page, 1);
	else
		kho_unpreserve_pages(neglect_page, NEGLECT_NR_PAGES);
	neglect_page = NULL;
	return err;
}

int neglect(void)
{
	struct file *memfd;

	if (arg_num("undo", 0))
		return neglect_undo();

	memfd = neglect_get_memfd();
	if (!memfd)
		return report_err(-ENOENT, "no memfd");
	neglect_page = neglect_find_page(memfd);
	fput(memfd);
	if (!neglect_page)
		return report_err(-ENOENT, "no page of the memfd is aligned");

	neglect_takes = arg_num("take", 0);
	if (!neglect_takes)
		return kho_preserve_pages(neglect_page, NEGLECT_NR_PAGES);
	kho_unpreserve_pages(neglect_page, 1);
	return 0;
}
