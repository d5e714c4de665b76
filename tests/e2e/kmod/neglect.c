// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client that frees memory without unpreserving it: what it leaves behind is
 * its key, over pages that others get and preserve.
 *
 *	|  1  |		its key, of order 1
 *	| M   |		a page of a memfd
 */
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

/* The first page of the memfd with the largest descriptor of this task */
static struct folio *neglect_find_folio(void)
{
	for (int fd = NEGLECT_MAX_FD; fd >= 0; fd--) {
		struct folio *folio = NULL;
		struct file *file = fget(fd);

		if (!file)
			continue;
		if (!strncmp(file->f_path.dentry->d_name.name, "memfd:", 6))
			folio = filemap_get_folio(file->f_mapping, 0);
		fput(file);
		if (!IS_ERR_OR_NULL(folio))
			return folio;
	}
	return NULL;
}

int neglect(void)
{
	struct folio *folio;
	unsigned long pfn;

	if (arg_num("undo", 0)) {
		if (!neglect_page)
			return report_err(-ENOENT, "nothing is neglected");
		kho_unpreserve_pages(neglect_page, NEGLECT_NR_PAGES);
		neglect_page = NULL;
		return 0;
	}

	folio = neglect_find_folio();
	if (!folio)
		return report_err(-ENOENT, "no memfd with a page");
	pfn = ALIGN_DOWN(folio_pfn(folio), NEGLECT_NR_PAGES);
	folio_put(folio);
	neglect_page = pfn_to_page(pfn);
	return kho_preserve_pages(neglect_page, NEGLECT_NR_PAGES);
}
