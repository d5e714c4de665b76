// SPDX-License-Identifier: GPL-2.0-only
/*
 * Target: retrieving a memfd. Aborts unless the kernel retrieves a valid one as
 * a whole, or refuses an invalid one with a message. In the end all restored
 * memory must be free.
 */
#include <linux/bug.h>
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>

#include "memfd/memfd.h"
#include "memfd_expect.h"

static void must(bool cond, const char *what)
{
	if (!cond)
		shim_die("%s", what);
}

static void check_folio(struct file *file, const struct memfd_expected_folio *want)
{
	struct folio *folio = filemap_get_folio(file->f_mapping, want->index);

	must(!IS_ERR(folio) && folio_pfn(folio) == want->pfn, "a folio is not in its place");
	must(folio_test_dirty(folio) == (want->flags & 1) &&
	     folio_test_uptodate(folio) == want->flags >> 1, "a folio has other flags");
	must(!shim_folio_flag(folio, SHIM_LOCKED), "a folio is left locked");
	folio_put(folio);
}

static void check_file(struct file *file, const struct memfd_expected *want)
{
	unsigned int i, pages = 0;

	must(want->valid, "an invalid file is retrieved");
	must(!shim_nr_errs, "a file comes back, with a message");
	must(file->f_pos == want->pos && file->f_inode->size == want->size &&
	     file->f_inode->seals == want->seals, "another size, position or seal");
	for (i = 0; i < want->nr; i++) {
		check_folio(file, &want->at[i]);
		pages += want->at[i].pages;
	}
	must(file->f_mapping->nrpages == pages, "other pages than there were");
	fput(file);
}

/* A failed retrieval has changed nothing. */
static struct file *try_again(struct kho_fast_memfd_in *in, const struct memfd_expected *want)
{
	must(shim_nr_errs, "out of memory without a message");
	must(!shim_live_files, "a file is left");
	must(!image.nr_freed || !want->valid, "a page is freed");
	shim_nr_errs = 0;
	return kho_fast_memfd_retrieve(in);
}

/* If the header asks for a refusal, the file is not retrieved. */
bool run_target(const u8 *data, size_t size)
{
	struct kho_fast_memfd_in *in;
	struct memfd_expected want;
	struct file *file = NULL;
	bool met_fault;
	u64 pa;

	image_read(data, size);
	frames_init();
	pa = image_pa(image.head.root % NR_PAGES) + image.head.root_size;
	want = memfd_expect(pa);
	image_close();
	shim_nr_errs = 0;
	shim_fail_after = image.head.fault - 1L;

	in = kho_fast_memfd_open(pa);
	if (!image.head.refuse)
		file = in ? kho_fast_memfd_retrieve(in) : ERR_PTR(-EINVAL);
	met_fault = image.head.fault && shim_fail_after < 0;
	must(!met_fault || IS_ERR(file), "a file comes back without memory for it");
	if (met_fault)
		file = try_again(in, &want);
	if (IS_ERR_OR_NULL(file)) {
		must(!file || !want.valid, "a valid file is refused");
		must(!file || shim_nr_errs, "refused without a message");
		if (in)
			kho_fast_memfd_discard(in);
	} else {
		check_file(file, &want);
	}
	must(image.nr_restored == image.nr_freed, "a restored page is not freed");
	must(!want.nr_pages || image.nr_restored == want.nr_pages, "not all that is there is freed");
	must(!shim_live_files && !shim_live_objects, "an object is not freed");
	return !IS_ERR_OR_NULL(file);
}
