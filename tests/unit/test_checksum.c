// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checksums from kernel to kernel: kernel/kho_fast/{,outgoing/,incoming/,luo/}checksum.c
 *
 *	root FDT  ->  list of checksums		<- a bit is flipped in one of the pages,
 *		  \->  tables  ->  bitmaps	   and the next kernel must say so
 */
#include <ctype.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libfdt.h>

#include <linux/err.h>
#include <linux/kho/abi/kho_checksum.h>

#include "checksum.h"
#include "faults.h"
#include "kexec.h"
#include "luo/checksum.h"
#include "luo/records.h"
#include "outgoing/outgoing.h"
#include "test.h"

#define MAX_PAGES	256

/* Pages of the handover, and what was in them */
static struct {
	unsigned int	nr;
	u8		*page[MAX_PAGES];
	u8		saved[MAX_PAGES][PAGE_SIZE];
} pages;

static void add_page(phys_addr_t phys)
{
	if (pages.nr == MAX_PAGES)
		shim_die("the tree has too many pages");
	pages.page[pages.nr] = phys_to_virt(phys);
	memcpy(pages.saved[pages.nr], pages.page[pages.nr], PAGE_SIZE);
	pages.nr++;
}

static void add_tree(phys_addr_t phys, unsigned int level)
{
	const struct kho_radix_node *node = phys_to_virt(phys);
	unsigned int i;

	add_page(phys);
	for (i = 0; level && i < KHO_FAST_TABLE_ENTRIES; i++)
		if (node->table[i])
			add_tree(node->table[i], level - 1);
}

static u64 fdt_u64(const char *node, const char *prop)
{
	const void *fdt = phys_to_virt(params->fdt);
	u64 value;

	memcpy(&value, fdt_getprop(fdt, fdt_path_offset(fdt, node), prop, NULL), sizeof(value));
	return value;
}

static void add_pages(void)
{
	pages.nr = 0;
	add_page(params->fdt);
	add_page(fdt_u64("/" KHO_CHECKSUM_NODE_NAME, KHO_SUB_TREE_PROP_NAME));
	add_tree(fdt_u64("/", KHO_FDT_MEMORY_MAP_PROP_NAME), KHO_TREE_MAX_DEPTH - 1);
}

/* After some kexecs that fail behind the checksums, which must not use up their room */
static void hands_checksums_over(void)
{
	unsigned int i;

	kexec_checksums("on");
	kexec_first();
	kexec_preserve(40);
	kho_fast_checksum_prepare(MAX_PAGES);
	kexec_preserve(5);
	for (i = 0; i < 20; i++)
		kho_fast_checksum_jump();
}

TEST(an_intact_handover_is_taken_without_a_message)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(hands_checksums_over));
	kexec_next();
	EXPECT_TRUE(is_kho_boot());
	EXPECT_TRUE(kho_fast_checksum_reads());
	kexec_boot_and_restore();
	/* The list of checksums is freed, too. */
	EXPECT_EQ(kho_fast_incoming.root, NULL);
	EXPECT_EQ(shim_nr_errs, 0);
	EXPECT_EQ(shim_nr_warns, 0);
}

static void *blobs[MAX_PAGES];
static unsigned int nr_blobs;

/* Names of @len letters, until no more fit */
static void add_blobs(int len)
{
	char name[31];
	void *blob;

	while (nr_blobs < MAX_PAGES) {
		blob = kho_alloc_preserve(64);
		snprintf(name, sizeof(name), "%0*u", len, nr_blobs);
		if (kho_add_subtree(name, blob, 64)) {
			kho_unpreserve_free(blob);
			return;
		}
		blobs[nr_blobs++] = blob;
	}
}

/*
 * Kexecs that fail after the checksums, then a root FDT that leaves no room for them: its strings
 * are where the seal was.
 */
static void grows_after_a_jump(void)
{
	hands_checksums_over();
	if (shim_nr_warnings)
		shim_die("no checksums: %s", shim_last_msg);
	add_blobs(30);
	kho_remove_subtree(blobs[--nr_blobs]);
	kho_unpreserve_free(blobs[nr_blobs]);
	add_blobs(3);
	if (fdt_totalsize(phys_to_virt(kho_fast_subtree_fdt_pa())) <= KHO_FAST_SEALED_SIZE)
		shim_die("the root FDT has room for all");
	shim_nr_warnings = 0;
	kho_fast_checksum_jump();
	if (!shim_nr_warnings)
		shim_die("checksums are left out without a message");
}

TEST(checksums_of_an_earlier_jump_are_not_handed_over)
{
	const void *fdt;
	phys_addr_t phys;
	int node;

	kexec_machine();
	ASSERT_TRUE(kexec_run(grows_after_a_jump));
	kexec_next();
	EXPECT_TRUE(is_kho_boot());
	EXPECT_FALSE(kho_fast_checksum_reads());
	kexec_boot_and_restore();

	/* Nothing of the FDT was overwritten. */
	fdt = kho_fast_in_fdt();
	fdt_for_each_subnode(node, fdt, 0) {
		const char *name = fdt_get_name(fdt, node, NULL);

		EXPECT_EQ(kho_retrieve_subtree(name, &phys, NULL), 0);
		if (isdigit(*name))
			kho_restore_free(phys_to_virt(phys));
	}
	boot_settle();
	/* The list is freed without a seal, too. */
	EXPECT_EQ(kho_fast_incoming.root, NULL);
	EXPECT_EQ(shim_nr_errs, 0);
	EXPECT_EQ(shim_nr_warns, 0);
}

/*
 * The next kernel up to the tree, in a process of its own, where @taken is reserved, if it is not
 * NULL: the number of its messages.
 */
static unsigned int next_kernel_says(const void *taken)
{
	unsigned int i;
	int status;

	if (!fork()) {
		kho_populate(params->fdt, params->fdt_len, params->scratch, params->scratch_len);
		if (taken)
			memblock_reserve(virt_to_phys((void *)taken), PAGE_SIZE);
		kho_memory_init_early();
		_exit(min(shim_nr_errs, 100));
	}
	wait(&status);
	/* It drops what is bad from the tree. */
	for (i = 0; i < pages.nr; i++)
		memcpy(pages.page[i], pages.saved[i], PAGE_SIZE);
	if (!WIFEXITED(status))
		shim_die("the next kernel crashed");
	return WEXITSTATUS(status);
}

/* More checksums than there is room for, and no memory for a larger list */
static void has_no_list_any_more(void)
{
	hands_checksums_over();
	shim_fail_after = 0;
	kho_fast_checksum_prepare(100 * MAX_PAGES);
	shim_fail_after = -1;
	kho_fast_checksum_jump();
}

/* As when the tree has outgrown the list: no tree of this machine is so large. */
static void hands_an_empty_list_over(void)
{
	struct kho_checksum_ser *sums;

	hands_checksums_over();
	params->fdt = kho_fast_subtree_fdt_pa();
	sums = phys_to_virt(fdt_u64("/" KHO_CHECKSUM_NODE_NAME, KHO_SUB_TREE_PROP_NAME));
	sums->nr = 0;
	sums->self = kho_fast_sum(sums->sums, 0, 0);
}

static int checksum_node(void)
{
	return fdt_path_offset(phys_to_virt(kho_fast_subtree_fdt_pa()), "/" KHO_CHECKSUM_NODE_NAME);
}

static void hands_records_over(void)
{
	kexec_first();
	kexec_preserve(40);
	kexec_seal();
	if (checksum_node() != -FDT_ERR_NOTFOUND)
		shim_die("there is a list of checksums");
}

/* The tree is not covered then, all else is, and the handover is taken. */
static void expect_no_list(struct __test_metadata *_metadata, void (*kernel)(void))
{
	u8 *fdt;

	kexec_machine();
	ASSERT_TRUE(kexec_run(kernel));
	fdt = phys_to_virt(params->fdt);
	pages.nr = 0;
	add_page(params->fdt);
	EXPECT_EQ(next_kernel_says(NULL), 0);
	fdt[rnd(fdt_totalsize(fdt))] ^= BIT(rnd(8));
	EXPECT_GT(next_kernel_says(NULL), 0);

	kexec_next();
	EXPECT_TRUE(is_kho_boot());
	EXPECT_TRUE(kho_fast_checksum_reads());
	kexec_boot_and_restore();
	EXPECT_EQ(kho_fast_incoming.root, NULL);
	EXPECT_EQ(shim_nr_errs, 0);
	EXPECT_EQ(shim_nr_warns, 0);
}

TEST(without_a_list_the_rest_is_covered)
{
	expect_no_list(_metadata, has_no_list_any_more);
}

TEST(with_an_empty_list_the_rest_is_covered)
{
	expect_no_list(_metadata, hands_an_empty_list_over);
}

TEST(by_default_the_tree_is_not_covered)
{
	expect_no_list(_metadata, hands_records_over);
}

TEST(switched_off_nothing_is_handed_over)
{
	kexec_machine();
	kexec_checksums("off");
	kexec_first();
	kho_fast_checksum_prepare(MAX_PAGES);
	kho_fast_checksum_jump();
	params->fdt = kho_fast_subtree_fdt_pa();
	EXPECT_EQ(checksum_node(), -FDT_ERR_NOTFOUND);
	EXPECT_TRUE(hweight64(((u64 *)phys_to_virt(params->fdt))[KHO_FAST_SUM] ^
			      KHO_CHECKSUM_MAGIC) > KHO_CHECKSUM_MAX_FLIPS);
}

static void expect_param(struct __test_metadata *_metadata, const char *what, bool some, bool all)
{
	kexec_checksums(what);
	EXPECT_EQ(kho_fast_checksum_writes(), some) TH_LOG("%s", what);
	EXPECT_EQ(kho_fast_checksum_writes_all(), all) TH_LOG("%s", what);
}

TEST(the_parameter_is_on_off_or_records)
{
	char wrong[] = "recordss";

	EXPECT_TRUE(kho_fast_checksum_writes());
	EXPECT_FALSE(kho_fast_checksum_writes_all());
	expect_param(_metadata, "on", true, true);
	EXPECT_EQ(shim_param_kho_checksum_param(wrong), -EINVAL);
	EXPECT_TRUE(kho_fast_checksum_writes_all());
	expect_param(_metadata, "records", true, false);
	expect_param(_metadata, "off", false, false);
	EXPECT_EQ(shim_param_kho_checksum_param(NULL), -EINVAL);
	EXPECT_FALSE(kho_fast_checksum_writes());
}

/* Bytes of a page that the next kernel must not take as they are */
static unsigned long covered(unsigned int page)
{
	const struct kho_checksum_ser *sums = (void *)pages.page[1];

	if (!page)
		return fdt_totalsize(pages.page[0]);
	return page == 1 ? struct_size(sums, sums, sums->nr) : PAGE_SIZE;
}

TEST(no_flipped_bit_goes_unnoticed)
{
	unsigned int i, page;
	unsigned long bit;

	kexec_machine();
	ASSERT_TRUE(kexec_run(hands_checksums_over));
	add_pages();
	EXPECT_EQ(next_kernel_says(NULL), 0);
	for (i = 0; i < 300; i++) {
		page = i % pages.nr;
		bit = rnd(8 * covered(page));
		pages.page[page][bit / 8] ^= 1 << bit % 8;
		if (!next_kernel_says(NULL))
			shim_die("bit %lu of page %u of %u", bit, page, pages.nr);
	}
}

/* In the words that tell whether there are checksums, and whether their list is intact */
TEST(no_flipped_bit_hides_the_checksums)
{
	unsigned int i, page;
	unsigned long bit;

	kexec_machine();
	ASSERT_TRUE(kexec_run(hands_checksums_over));
	add_pages();
	for (i = 0; i < 64; i++) {
		page = i % 2;
		bit = page ? rnd(8 * sizeof(struct kho_checksum_ser)) :
			     64 * KHO_FAST_SUM + rnd(64);
		pages.page[page][bit / 8] ^= 1 << bit % 8;
		if (!next_kernel_says(NULL))
			shim_die("bit %lu of page %u", bit, page);
	}
}

/* The others are behind it in the list of checksums, or before it. */
TEST(a_page_that_is_dropped_unread_costs_no_other)
{
	unsigned int i;

	kexec_machine();
	ASSERT_TRUE(kexec_run(hands_checksums_over));
	add_pages();
	for (i = 2; i < pages.nr; i++)
		EXPECT_EQ(next_kernel_says(pages.page[i]), 1) TH_LOG("page %u of %u", i, pages.nr);
}

/*
 * Records of LUO, with a link that is flipped to an address that is valid by itself:
 *
 *	root -> sessions [] -> []	files of a session [] -> []	of another one []
 *			   \____________________________\___________________________/
 */
static struct luo {
	u64	files, others;
	struct luo_session_ser session;
	struct luo_ser *root;
} *luo;

static u64 preserve_files(unsigned int nr)
{
	struct kho_block_set_it it;
	struct kho_block_set bs;

	kho_block_set_init(&bs, sizeof(struct luo_file_ser));
	if (kho_block_set_grow(&bs, nr))
		shim_die("no memory for %u files", nr);
	kho_block_set_it_init(&it, &bs);
	while (nr--)
		kho_block_set_it_reserve_entry(&it);
	luo->session.file_set_ser.files = kho_block_set_head_pa(&bs);
	luo_fast_session_seal(&luo->session, &bs);
	return kho_block_set_head_pa(&bs);
}

static void preserve_root(unsigned int nr)
{
	struct kho_block_set_it it;
	struct kho_block_set bs;

	luo->root = kho_alloc_preserve(sizeof(*luo->root));
	kho_block_set_init(&bs, sizeof(struct luo_session_ser));
	if (IS_ERR(luo->root) || kho_block_set_grow(&bs, nr))
		shim_die("no memory for %u sessions", nr);
	kho_block_set_it_init(&it, &bs);
	while (nr--) {
		struct luo_session_ser *ser = kho_block_set_it_reserve_entry(&it);

		if (nr % 10 == 3)
			*ser = luo->session;
	}
	luo->root->sessions_pa = kho_block_set_head_pa(&bs);
	luo_fast_root_seal(luo->root, &bs);
}

static void hands_sessions_over(void)
{
	kexec_checksums("on");
	kexec_first();
	strcpy(luo->session.name, "vm1");
	luo->others = preserve_files(1);
	luo->session.file_set_ser.count = 100;
	luo->files = preserve_files(100);
	preserve_root(100);
	kexec_seal();
}

static void luo_machine(void)
{
	kexec_machine();
	luo = mmap(NULL, sizeof(*luo), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static struct kho_block_header_ser *block(u64 pa)
{
	return phys_to_virt(pa);
}

/* As luo/sessions.c does it */
static int restore_files(u64 pa)
{
	struct kho_block_set bs;
	int err;

	kho_block_set_init(&bs, sizeof(struct luo_file_ser));
	err = luo_fast_files_verify(&bs, pa);
	if (!err)
		err = kho_block_set_restore(&bs, pa);
	/* For want of memory it may be repeated. */
	if (!err)
		err = luo_fast_files_verify(&bs, pa);
	luo_fast_blocks_leak(&bs);
	return err;
}

static int restore_sessions(void)
{
	struct kho_block_set bs;
	int err;

	kho_block_set_init(&bs, sizeof(struct luo_session_ser));
	err = luo_fast_root_verify(virt_to_phys(luo->root)) ?: luo_fast_sessions_verify(luo->root);
	if (!err)
		err = kho_block_set_restore(&bs, luo->root->sessions_pa);
	luo_fast_blocks_leak(&bs);
	return err;
}

TEST(intact_records_of_luo_are_restored)
{
	luo_machine();
	ASSERT_TRUE(kexec_run(hands_sessions_over));
	kexec_next();
	EXPECT_TRUE(kho_fast_checksum_reads());
	EXPECT_EQ(luo_fast_session_verify(&luo->session), 1);
	EXPECT_EQ(restore_sessions(), 0);
	EXPECT_EQ(restore_files(luo->files), 0);
	EXPECT_EQ(restore_files(luo->others), 0);
	EXPECT_EQ(shim_nr_errs, 0);
}

/* Files that are not there are not restored: it need not be a checksum that says so. */
static bool session_is_refused(void)
{
	int said = luo_fast_session_verify(&luo->session);

	return said == -EBADMSG || (!said && luo->session.file_set_ser.files &&
				    restore_files(luo->session.file_set_ser.files));
}

/* The address of its files may be that of others then, or of nothing. */
TEST(no_flipped_bit_of_a_session_goes_unnoticed)
{
	unsigned int bit;
	u8 *record;

	luo_machine();
	record = (u8 *)&luo->session;
	ASSERT_TRUE(kexec_run(hands_sessions_over));
	kexec_next();
	for (bit = 0; bit < 8 * sizeof(luo->session); bit++) {
		record[bit / 8] ^= 1 << bit % 8;
		EXPECT_TRUE(session_is_refused()) TH_LOG("bit %u", bit);
		record[bit / 8] ^= 1 << bit % 8;
	}
	luo->session.file_set_ser.files = luo->others;
	EXPECT_EQ(luo_fast_session_verify(&luo->session), -EBADMSG);
	luo->session.file_set_ser.files = luo->files;
	EXPECT_EQ(luo_fast_session_verify(&luo->session), 1);
}

/* In the header and the records that are in use; and a number of records that no block has */
TEST(no_flipped_bit_of_files_goes_unnoticed)
{
	struct kho_block_header_ser *first;
	unsigned long bit, size;
	struct kho_block_set bs;
	unsigned int i;

	luo_machine();
	ASSERT_TRUE(kexec_run(hands_sessions_over));
	kexec_next();
	first = block(luo->files);
	size = sizeof(*first) + first->count * sizeof(struct luo_file_ser);
	for (i = 0; i < 300; i++) {
		bit = i < 128 ? i : rnd(8 * size);
		((u8 *)first)[bit / 8] ^= 1 << bit % 8;
		kho_block_set_init(&bs, sizeof(struct luo_file_ser));
		EXPECT_NE(luo_fast_files_verify(&bs, luo->files), 0) TH_LOG("bit %lu", bit);
		((u8 *)first)[bit / 8] ^= 1 << bit % 8;
	}
	EXPECT_EQ(restore_files(luo->files), 0);
}

TEST(a_session_without_files_has_no_checksum)
{
	static const struct luo_session_ser empty = { .name = "empty" };

	luo_machine();
	ASSERT_TRUE(kexec_run(hands_sessions_over));
	kexec_next();
	EXPECT_EQ(luo_fast_session_verify(&empty), 0);
}

/* As by a store of zeroes: it has no checksum then, and no files. */
TEST(a_session_that_lost_its_files_is_not_taken_for_an_empty_one)
{
	struct luo_session_ser *ser;

	luo_machine();
	ASSERT_TRUE(kexec_run(hands_sessions_over));
	kexec_next();
	/* In the second block, after 51 sessions: one of three has files. */
	ser = (void *)(block(block(luo->root->sessions_pa)->next) + 1);
	while (!ser->file_set_ser.files)
		ser++;
	EXPECT_EQ(luo_fast_session_verify(ser), 1);
	memset(&ser->file_set_ser, 0, sizeof(ser->file_set_ser));
	EXPECT_EQ(luo_fast_session_verify(ser), 0);
	EXPECT_EQ(restore_sessions(), 0);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_EQ(luo_fast_session_verify(ser), -EBADMSG);
	/* It has its files. */
	EXPECT_EQ(luo_fast_session_verify(&luo->session), 1);
}

TEST(a_session_whose_files_are_not_there_has_no_checksum_that_differs)
{
	luo_machine();
	ASSERT_TRUE(kexec_run(hands_sessions_over));
	kexec_next();
	luo->session.file_set_ser.files = BIT_ULL(45);
	EXPECT_EQ(luo_fast_session_verify(&luo->session), 0);
	EXPECT_EQ(restore_files(BIT_ULL(45)), -EINVAL);
	EXPECT_NE(strstr(shim_last_err, "is not preserved"), NULL) TH_LOG("%s", shim_last_err);
}

TEST(verifying_records_can_be_repeated)
{
	struct kho_block_set bs;

	luo_machine();
	ASSERT_TRUE(kexec_run(hands_sessions_over));
	kexec_next();
	kho_block_set_init(&bs, sizeof(struct luo_file_ser));
	for_each_fault(f, "LUO: verify the files of a session") {
		ASSERT_EQ(FAULT(f, luo_fast_files_verify(&bs, luo->files)), f->met ? -ENOMEM : 0);
		ASSERT_EQ(bs.nblocks, 0);
		/* Each of two blocks */
		ASSERT_EQ(f->met, f->n < 2);
	}
	for_each_fault(f, "LUO: verify sessions")
		ASSERT_EQ(FAULT(f, luo_fast_sessions_verify(luo->root)), f->met ? -ENOMEM : 0);
	EXPECT_EQ(restore_sessions(), 0);
	EXPECT_EQ(restore_files(luo->files), 0);
	EXPECT_EQ(shim_nr_errs, 0);
}

TEST(a_flipped_link_leaves_the_files_of_another_session_alone)
{
	u64 second;

	luo_machine();
	ASSERT_TRUE(kexec_run(hands_sessions_over));
	kexec_next();
	second = block(luo->files)->next;
	block(luo->files)->next = luo->others;
	EXPECT_EQ(restore_files(luo->files), -EINVAL);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_EQ(restore_files(luo->others), 0);
	/* Nothing of it was restored. */
	block(luo->files)->next = second;
	EXPECT_EQ(restore_files(luo->files), 0);
}

TEST(a_flipped_link_of_sessions_leaves_files_alone)
{
	u64 second;

	luo_machine();
	ASSERT_TRUE(kexec_run(hands_sessions_over));
	kexec_next();
	second = block(luo->root->sessions_pa)->next;
	block(luo->root->sessions_pa)->next = luo->others;
	EXPECT_EQ(restore_sessions(), -EINVAL);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_EQ(restore_files(luo->others), 0);
	block(luo->root->sessions_pa)->next = second;
	EXPECT_EQ(restore_sessions(), 0);
}

TEST_HARNESS_MAIN
