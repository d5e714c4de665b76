// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: KUnit tests of the check of memfds
 *
 * A memfd that is handed over as it was preserved passes, and each kind of
 * damage is refused with its reason; with folios, a page cache and a tree of
 * the kernel.
 */
#include <kunit/test.h>

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/memfd.h>
#include <linux/memfd.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/string.h>
#include <uapi/linux/memfd.h>

#include "../memfd/memfd.h"
#include "../outgoing/preflight.h"

#define MEMFD_LUO_TEST_PAGES	600UL	/* three pages of records */

static struct kho_fast_memfd_out memfd_luo_test_out;
static struct file *memfd_luo_test_file;
static struct kho_fast_fault memfd_luo_test_fault;

static int memfd_luo_test_check(void)
{
	memset(&memfd_luo_test_fault, 0, sizeof(memfd_luo_test_fault));
	return kho_fast_memfd_check(&memfd_luo_test_out, memfd_luo_test_file,
				    &memfd_luo_test_fault);
}

static void memfd_luo_test_refused(struct kunit *test, const char *why)
{
	KUNIT_EXPECT_EQ(test, memfd_luo_test_check(), -EINVAL);
	KUNIT_EXPECT_NOT_NULL_MSG(test,
				  strstr(memfd_luo_test_fault.reason, why),
				  "'%s' is not in: %s", why,
				  memfd_luo_test_fault.reason);
}

static int memfd_luo_test_fill(struct file *file)
{
	unsigned long i;

	i_size_write(file_inode(file), MEMFD_LUO_TEST_PAGES << PAGE_SHIFT);
	for (i = 0; i < MEMFD_LUO_TEST_PAGES; i++) {
		struct folio *folio =
			shmem_read_folio(file->f_mapping, i);

		if (IS_ERR(folio))
			return PTR_ERR(folio);
		folio_put(folio);
	}

	return 0;
}

static int memfd_luo_test_preserve(void)
{
	struct inode *inode = file_inode(memfd_luo_test_file);
	int err;

	inode_lock(inode);
	shmem_freeze(inode, true);
	memfd_luo_test_out.ser->size = i_size_read(inode);
	err = kho_fast_memfd_preserve(&memfd_luo_test_out, memfd_luo_test_file);
	if (err)
		shmem_freeze(inode, false);
	inode_unlock(inode);
	return err;
}

static int memfd_luo_test_open(void)
{
	struct kho_memfd_ser *attributes;
	int err;

	memfd_luo_test_file = memfd_alloc_file("kunit", MFD_ALLOW_SEALING);
	if (IS_ERR(memfd_luo_test_file))
		return PTR_ERR(memfd_luo_test_file);

	memfd_luo_test_out = (struct kho_fast_memfd_out){
		.ser = kho_alloc_preserve(PAGE_SIZE),
	};
	if (IS_ERR(memfd_luo_test_out.ser)) {
		fput(memfd_luo_test_file);
		return PTR_ERR(memfd_luo_test_out.ser);
	}

	attributes = kho_fast_memfd_attributes(memfd_luo_test_out.ser);
	kho_fast_memfd_write_name(attributes, memfd_luo_test_file);
	err = memfd_luo_test_fill(memfd_luo_test_file);
	if (!err)
		err = memfd_luo_test_preserve();
	if (err) {
		kho_unpreserve_free(memfd_luo_test_out.ser);
		fput(memfd_luo_test_file);
	}
	return err;
}

static int memfd_luo_test_init(struct kunit *test)
{
	if (!kho_is_enabled())
		kunit_skip(test, "KHO is off");
	return memfd_luo_test_open();
}

static void memfd_luo_test_exit(struct kunit *test)
{
	if (!kho_is_enabled())
		return;

	KUNIT_EXPECT_EQ(test, memfd_luo_test_check(), 0);
	kho_fast_memfd_unpreserve(&memfd_luo_test_out, memfd_luo_test_file);
	shmem_freeze(file_inode(memfd_luo_test_file), false);
	kho_unpreserve_free(memfd_luo_test_out.ser);
	fput(memfd_luo_test_file);
}

static struct kho_fast_memfd_record *memfd_luo_test_record(unsigned int i)
{
	return phys_to_virt(memfd_luo_test_out.records.chain.first->phys[0]) +
	       i * KHO_FAST_RECORD_SIZE;
}

static void memfd_luo_test_good_memfd_passes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, memfd_luo_test_check(), 0);
	KUNIT_EXPECT_EQ(test, memfd_luo_test_out.ser->nr_folios,
			MEMFD_LUO_TEST_PAGES);
}

static void memfd_luo_test_other_description_is_refused(struct kunit *test)
{
	struct memfd_luo_ser *ser = memfd_luo_test_out.ser;

	ser->size -= PAGE_SIZE;
	memfd_luo_test_refused(test, "its description was overwritten");
	ser->size += PAGE_SIZE;
	ser->nr_folios--;
	memfd_luo_test_refused(test, "its description was overwritten");
	ser->nr_folios++;
}

static void memfd_luo_test_other_records_are_refused(struct kunit *test)
{
	struct kho_fast_memfd_record was = *memfd_luo_test_record(7);

	*memfd_luo_test_record(7) = (struct kho_fast_memfd_record){};
	memfd_luo_test_refused(test, "its records were overwritten");
	*memfd_luo_test_record(7) = *memfd_luo_test_record(8);
	memfd_luo_test_refused(test, "its records were overwritten");
	*memfd_luo_test_record(7) = was;
	memfd_luo_test_record(7)->index++;
	memfd_luo_test_refused(test, "its records were overwritten");
	memfd_luo_test_record(7)->index--;
	memfd_luo_test_record(7)->pfn = BIT_ULL(52) - 1;
	memfd_luo_test_refused(test, "no folio is preserved at pfn");
	*memfd_luo_test_record(7) = was;
}

static void memfd_luo_test_unpreserved_folio_is_refused(struct kunit *test)
{
	struct folio *folio = pfn_folio(memfd_luo_test_record(7)->pfn);

	kho_unpreserve_folio(folio);
	memfd_luo_test_refused(test, "no folio is preserved at pfn");
	KUNIT_EXPECT_EQ(test, memfd_luo_test_fault.phys,
			PFN_PHYS(folio_pfn(folio)));
	KUNIT_EXPECT_EQ(test, kho_preserve_folio(folio), 0);
}

static void memfd_luo_test_other_list_is_refused(struct kunit *test)
{
	struct kho_vmalloc_chunk *chunk =
		memfd_luo_test_out.records.chain.first;
	const u64 last = chunk->phys[2];

	chunk->phys[2] = 0;
	memfd_luo_test_refused(test, "lacks 1 page");
	chunk->phys[2] = chunk->phys[1];
	memfd_luo_test_refused(test, "its records were overwritten");
	chunk->phys[2] = last;
	chunk->phys[3] = last;
	memfd_luo_test_refused(test, "too long");
	chunk->phys[3] = 0;
	chunk->phys[2] = BIT_ULL(51);
	memfd_luo_test_refused(test, "of the records is not preserved");
	chunk->phys[2] = last;
}

static struct kunit_case memfd_luo_test_cases[] = {
	KUNIT_CASE(memfd_luo_test_good_memfd_passes),
	KUNIT_CASE(memfd_luo_test_other_description_is_refused),
	KUNIT_CASE(memfd_luo_test_other_records_are_refused),
	KUNIT_CASE(memfd_luo_test_unpreserved_folio_is_refused),
	KUNIT_CASE(memfd_luo_test_other_list_is_refused),
	{}
};

static struct kunit_suite memfd_luo_test_suite = {
	.name		= "kho_fast_memfd",
	.init		= memfd_luo_test_init,
	.exit		= memfd_luo_test_exit,
	.test_cases	= memfd_luo_test_cases,
};
kunit_test_suite(memfd_luo_test_suite);
