// SPDX-License-Identifier: GPL-2.0-only
/*
 * From one kernel to the next: kernel/kho_fast/{core,kexec_metadata,
 * outgoing/preserve,outgoing/fdt,incoming/boot}.c
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libfdt.h>

#include <linux/crash_reserve.h>
#include <linux/vmstat.h>

#include "incoming/cmdline.h"
#include "kexec.h"
#include "faults.h"
#include "test.h"


static void preserves_much(void)
{
	kexec_first();
	kexec_preserve(40);
}

TEST(preserved_memory_is_restored_unchanged)
{
	unsigned long pfn;

	kexec_machine();
	ASSERT_TRUE(kexec_run(preserves_much));
	kexec_next();
	ASSERT_TRUE(is_kho_boot());
	kexec_boot_and_restore();
	EXPECT_EQ(kho_fast_incoming.root, NULL);
	EXPECT_EQ(shim_nr_warns, 0);
	EXPECT_EQ(shim_nr_errs, 0);

	/* Preserved by this kernel itself: the FDT and the metadata. */
	model_read_tree(kho_fast_outgoing_root());
	EXPECT_EQ(model_count_preserved(), 2);
	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		if (model_keeps(pfn))
			EXPECT_FALSE(pfn_to_page(pfn)->free);
	}
}

static void restores_and_preserves(void)
{
	kexec_next();
	kexec_scribble();
	kexec_preserve(0);
	kexec_restore();
	kexec_boot_late();
	kexec_preserve(30);
}

static unsigned int kexec_count(void)
{
	phys_addr_t phys;
	size_t size;
	u32 count;

	if (kho_retrieve_subtree("kexec-metadata", &phys, &size) || size != 73)
		return 0;
	memcpy(&count, phys_to_virt(phys) + 69, sizeof(count));
	return count;
}

TEST(three_kexecs_in_a_row)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(preserves_much));
	ASSERT_TRUE(kexec_run(restores_and_preserves));
	ASSERT_TRUE(kexec_run(restores_and_preserves));
	kexec_next();
	ASSERT_TRUE(is_kho_boot());
	EXPECT_EQ(kexec_count(), 3);
	kexec_restore();
	kexec_boot_late();
	boot_settle();
	EXPECT_EQ(kho_fast_incoming.root, NULL);
}

/* kho=off in the new kernel: only preserved pages stay preserved. */
TEST(memory_is_complete_also_when_kho_is_off)
{
	unsigned long pfn, lost = 0;
	char off[] = "off";

	kexec_machine();
	ASSERT_TRUE(kexec_run(preserves_much));
	EXPECT_EQ(shim_param_kho_parse_enable(off), 0);
	shim_nr_free_pages = LONG_MAX;
	kexec_next();
	kexec_boot_late();
	kexec_restore();
	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		const struct page *p = pfn_to_page(pfn);

		lost += model.page[pfn].nid != NUMA_NO_NODE && !p->free && !p->reserved &&
			!model_keeps(pfn);
	}
	EXPECT_EQ(lost, 0);
}

/* Each of these spoils what an otherwise good old kernel hands over. */

static void *fdt(void)
{
	return phys_to_virt(params->fdt);
}

static struct kho_scratch *areas(void)
{
	return phys_to_virt(params->scratch);
}

static unsigned int nr_areas(void)
{
	return params->scratch_len / sizeof(struct kho_scratch);
}

static void no_fdt(void)		{ params->fdt_len = 0; }
static void long_fdt(void)		{ params->fdt_len = PAGE_SIZE + 1; }
static void fdt_nowhere(void)		{ params->fdt = 1UL << 50; }
static void fdt_wraps(void)		{ params->fdt = 0 - 16UL; }
static void bad_magic(void)		{ fdt_set_magic(fdt(), 0xd00dfeee); }
static void bad_size(void)		{ fdt_set_totalsize(fdt(), PAGE_SIZE + 4); }
static void bad_offset(void)		{ fdt_set_off_dt_struct(fdt(), 0x7fffffff); }
static void no_areas(void)		{ params->scratch_len = 0; }
static void half_an_area(void)		{ params->scratch_len -= 8; }
static void many_areas(void)		{ params->scratch_len = (MAX_NUMNODES + 3) * 16; }
static void endless_areas(void)		{ params->scratch_len = 0 - 16UL; }
static void areas_nowhere(void)		{ params->scratch = 1UL << 50; }
static void area_outside(void)		{ areas()[0].addr = 1UL << 45; }
static void area_wraps(void)		{ areas()[0].addr = 0 - PAGE_SIZE; }
static void area_unaligned(void)	{ areas()[0].size -= 8; }
static void areas_overlap(void)		{ areas()[1].addr = areas()[0].addr + PAGE_SIZE; }

static void bad_format(void)
{
	fdt_setprop_inplace(fdt(), 0, "compatible", "kho-v9", 7);
}

static void fdt_no_format(void)
{
	fdt_nop_property(fdt(), 0, "compatible");
}

static void fdt_no_root(void)
{
	fdt_nop_property(fdt(), 0, "preserved-memory-map");
}

static void fdt_short_root(void)
{
	fdt_open_into(fdt(), fdt(), PAGE_SIZE);
	fdt_setprop_u32(fdt(), 0, "preserved-memory-map", 4096);
}

/* The last tag but one ends the root node. */
static void fdt_no_end(void)
{
	fdt32_t *end = fdt() + fdt_off_dt_struct(fdt()) + fdt_size_dt_struct(fdt());

	end[-2] = cpu_to_fdt32(FDT_END);
}

/* Behind the root's properties: no entry can be read. */
static void fdt_bad_tag(void)
{
	fdt32_t *node = fdt() + fdt_off_dt_struct(fdt()) + fdt_first_subnode(fdt(), 0);

	*node = cpu_to_fdt32(FDT_BEGIN_NODE + 4);
}

static void tree_nowhere(void)
{
	fdt_setprop_inplace_u64(fdt(), 0, "preserved-memory-map", 1UL << 50);
}

static void tree_in_scratch(void)
{
	fdt_setprop_inplace_u64(fdt(), 0, "preserved-memory-map",
				cpu_to_fdt64(areas()[0].addr));
}

static const struct spoil {
	const char	*name;
	void		(*spoil)(void);
	const char	*msg;
} spoils[] = {
#define SPOIL(fn, msg)	{ #fn, fn, msg }
	SPOIL(no_fdt, "too large or not RAM"),
	SPOIL(long_fdt, "too large or not RAM"),
	SPOIL(fdt_nowhere, "too large or not RAM"),
	SPOIL(fdt_wraps, "too large or not RAM"),
	SPOIL(bad_magic, "no valid FDT"),
	SPOIL(bad_size, "no valid FDT"),
	SPOIL(bad_offset, "no valid FDT"),
	SPOIL(bad_format, "format is"),
	SPOIL(fdt_no_format, "format is"),
	SPOIL(fdt_no_root, "no usable"),
	SPOIL(fdt_short_root, "no usable"),
	SPOIL(fdt_no_end, "is damaged"),
	SPOIL(fdt_bad_tag, "is damaged"),
	SPOIL(no_areas, "no array"),
	SPOIL(half_an_area, "no array"),
	SPOIL(many_areas, "no array"),
	SPOIL(endless_areas, "no array"),
	SPOIL(areas_nowhere, "no array"),
	SPOIL(area_outside, "not usable memory"),
	SPOIL(area_wraps, "not usable memory"),
	SPOIL(area_unaligned, "not usable memory"),
	SPOIL(areas_overlap, "not usable memory"),
	SPOIL(tree_nowhere, "tree page"),
	SPOIL(tree_in_scratch, "tree page"),
};

extern int (*shim_param_kho_parse_bad)(char *arg);

static void set_bad(const char *policy)
{
	char arg[8];

	strcpy(arg, policy);
	if (shim_param_kho_parse_bad(arg))
		shim_die("kho_bad=%s is not taken", policy);
}

/* kho_bad=drop: one message, then a cold boot that has all memory and new scratch areas. */
static void refuses(const struct spoil *s)
{
	const unsigned int reserved = memblock_reserved_size();

	s->spoil();
	set_bad("drop");
	kho_populate(params->fdt, params->fdt_len, params->scratch, params->scratch_len);
	kho_memory_init_early();
	if (is_kho_boot() || kho_fast_in_fdt() || shim_scratch_only || kho_scratch_cnt ||
	    memblock_reserved_size() != reserved || shim_page_is_scratch(PHYS_PFN(params->scratch)))
		shim_die("%s: still a KHO boot", s->name);
	if (shim_nr_errs != 1 || !strstr(shim_last_err, s->msg))
		shim_die("%s: %u messages, '%s'", s->name, shim_nr_errs, shim_last_err);

	model_forget_tree();
	kexec_first();
	if (!kho_is_enabled() || !kho_scratch_cnt || kho_fast_incoming.root)
		shim_die("%s: no KHO any more", s->name);
	boot_settle();
	model_read_tree(kho_fast_outgoing_root());
	if (model_count_preserved() != 2)
		shim_die("%s: %lu pages preserved", s->name, model_count_preserved());
}

/* The status of a next kernel that gets a handover which @s spoils. */
static int boot_spoiled(const struct spoil *s, void (*boot)(const struct spoil *s))
{
	int status;

	params->nr_items = 0;
	if (!kexec_run(preserves_much))
		return -1;
	if (!fork()) {
		boot(s);
		_exit(0);
	}
	wait(&status);
	shim_forget_memmap();
	return status;
}

TEST(each_spoiled_handover_is_refused_with_one_message_and_a_cold_boot)
{
	unsigned int i;

	kexec_machine();
	for (i = 0; i < ARRAY_SIZE(spoils); i++)
		ASSERT_EQ(boot_spoiled(&spoils[i], refuses), 0) TH_LOG("%s", spoils[i].name);
}

static bool in_scratch(const struct kho_scratch *areas, unsigned int nr, unsigned long pfn)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (PFN_PHYS(pfn) >= areas[i].addr && PFN_PHYS(pfn) < areas[i].addr + areas[i].size)
			return true;
	}
	return false;
}

/* After a boot: KHO is off, and nothing is free but scratch. */
static void is_in_scratch_only(const char *why, const struct kho_scratch *areas, unsigned int nr)
{
	unsigned long pfn, nr_free = 0;

	if (is_kho_boot() || kho_is_enabled() || shim_scratch_only || kho_scratch_cnt ||
	    shim_nr_errs != 1)
		shim_die("%s: %u messages, '%s'", why, shim_nr_errs, shim_last_err);
	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		nr_free += pfn_to_page(pfn)->free;
		if (pfn_to_page(pfn)->free && !in_scratch(areas, nr, pfn))
			shim_die("%s: pfn %#lx is free", why, pfn);
	}
	if (!nr_free)
		shim_die("%s: there is no memory", why);
}

/* kho_bad=hold: a boot in scratch, to the end of initialisation. Without scratch a panic. */
static void holds(const struct spoil *s)
{
	const unsigned int nr = nr_areas();
	struct kho_scratch copy[MAX_NUMNODES + 2];

	memcpy(copy, areas(), nr * sizeof(*copy));
	s->spoil();
	kho_populate(params->fdt, params->fdt_len, params->scratch, params->scratch_len);
	model_forget_tree();
	kexec_boot();
	kexec_boot_late();
	is_in_scratch_only(s->name, copy, nr);
}

static bool spoils_scratch(const struct spoil *s)
{
	return strstr(s->name, "area");
}

TEST(each_spoiled_handover_leaves_all_but_scratch_alone)
{
	unsigned int i;

	kexec_machine();
	for (i = 0; i < ARRAY_SIZE(spoils); i++) {
		int status = boot_spoiled(&spoils[i], holds);

		ASSERT_TRUE(WIFEXITED(status));
		ASSERT_EQ(WEXITSTATUS(status), spoils_scratch(&spoils[i]) ? SHIM_PANIC : 0)
			TH_LOG("%s", spoils[i].name);
	}
}

TEST(a_spoiled_handover_panics_on_request)
{
	int status;

	kexec_machine();
	ASSERT_TRUE(kexec_run(preserves_much));
	if (!fork()) {
		set_bad("hold");
		set_bad("panic");
		holds(&spoils[0]);
		_exit(0);
	}
	wait(&status);
	EXPECT_EQ(WEXITSTATUS(status), SHIM_PANIC);
}

/*
 * A lack of early memory is no fault of the handover, so kho_bad=drop does not speak of it:
 * all but scratch is held. A panic before scratch is marked: there is no memory to boot with.
 */
static void lacks_memory_early(struct faults *f)
{
	const char *msg = !f->n ? "cannot map the scratch" :
			  f->n <= nr_areas() ? "cannot mark" : "cannot map the FDT";

	set_bad("drop");
	faults_arm(f);
	kexec_populate();
	faults_disarm(f);
	if (f->met == is_kho_boot() || (f->met && !strstr(shim_last_err, msg)))
		shim_die("fault %ld: '%s'", f->n, shim_last_err);
	kexec_boot();
}

static void lacks_memory_for_map(struct faults *f)
{
	set_bad("drop");
	kexec_populate();
	faults_arm(f);
	kexec_boot();
	faults_disarm(f);
}

static int boot_lacking(struct faults *f, void (*lack)(struct faults *f))
{
	struct kho_scratch copy[MAX_NUMNODES + 2];
	unsigned int nr;
	int status;

	params->nr_items = 0;
	if (!kexec_run(preserves_much))
		shim_die("no kexec");
	nr = nr_areas();
	memcpy(copy, areas(), nr * sizeof(*copy));
	if (!fork()) {
		lack(f);
		kexec_boot_late();
		if (is_kho_boot())
			kexec_restore();
		else
			is_in_scratch_only(f->what, copy, nr);
		_exit(0);
	}
	wait(&status);
	shim_forget_memmap();
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(a_boot_without_early_memory_gives_up_nothing_that_is_preserved)
{
	kexec_machine();
	for_each_fault(f, "KHO: early boot, handover and scratch") {
		int status = boot_lacking(f, lacks_memory_early);

		ASSERT_EQ(status, f->n < 1 + nr_areas() ? SHIM_PANIC : 0) TH_LOG("fault %ld", f->n);
	}
	for_each_fault(f, "KHO: early boot, tree and map") {
		int status = boot_lacking(f, lacks_memory_for_map);

		ASSERT_EQ(status, 0) TH_LOG("fault %ld", f->n);
	}
}

TEST(a_crash_kernel_refuses_the_handover)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(preserves_much));
	shim_is_kdump = true;
	kexec_next();
	EXPECT_FALSE(is_kho_boot());
	EXPECT_FALSE(kho_fast_has_preserved());
	EXPECT_FALSE(kho_is_enabled());
	EXPECT_EQ(shim_nr_errs, 1);
}

static void init_fails(struct faults *f)
{
	char sizes[] = "256K,256K,256K";
	long live, err;
	int nid;

	shim_param_kho_scratch_parse(sizes);
	kexec_boot();
	for (nid = 0; nid < MAX_NUMNODES; nid++)
		boot_deferred(nid);
	live = shim_live_pages;
	err = FAULT(f, shim_initcall_kho_init());
	if (!err)
		_exit(f->met || !kho_is_enabled());
	if (err != -ENOMEM || kho_is_enabled() || shim_live_pages != live)
		shim_die("error %ld, %ld pages leak", err, shim_live_pages - live);
	if (kexec_shown_fdt)
		shim_die("debugfs shows an FDT that is freed");
	_exit(0);
}

TEST(every_failed_allocation_at_init_turns_kho_off_and_leaks_nothing)
{
	int status;

	kexec_machine();
	for_each_fault(f, "KHO: initialisation of the outgoing side") {
		if (!fork())
			init_fails(f);
		wait(&status);
		shim_forget_memmap();
		ASSERT_EQ(status, 0) TH_LOG("fault %ld", f->n);
		ASSERT_EQ(f->met || f->n > 6, true);
	}
}

/* Subtrees */

static char blob[8][64];

TEST(subtrees_have_unique_names_and_can_be_removed)
{
	kexec_machine();
	EXPECT_EQ(kho_add_subtree("early", blob[0], 1), -ENOMEM);
	kexec_first();
	EXPECT_EQ(kho_add_subtree("a", blob[0], 64), 0);
	EXPECT_EQ(kho_add_subtree("a", blob[1], 64), -EEXIST);
	EXPECT_EQ(kho_add_subtree("b", blob[1], 64), 0);
	kho_remove_subtree(blob[0]);
	kho_remove_subtree(blob[2]);
	EXPECT_EQ(kho_add_subtree("a", blob[2], 64), 0);
	EXPECT_LT(fdt_subnode_offset(phys_to_virt(kho_fast_subtree_fdt_pa()), 0, "c"), 0);
}

/* Longer and longer names until none fits, so that each step runs out of room. */
TEST(subtrees_that_do_not_fit_leave_nothing_behind)
{
	const void *fdt;
	char name[64];
	int i, err = 0;

	kexec_machine();
	kexec_first();
	fdt = phys_to_virt(kho_fast_subtree_fdt_pa());
	for (i = 0; !err; i++) {
		snprintf(name, sizeof(name), "fill-%u", i);
		err = kho_add_subtree(name, blob[i % 8] + i / 8, 64);
	}
	EXPECT_GT(i, 20);
	EXPECT_LE(i, 8 * 64);

	for (i = 60; i; i--) {
		memset(name, 'x', i);
		name[i] = '\0';
		err = kho_add_subtree(name, blob[0], 64);
		if (!err)
			break;
		ASSERT_EQ(err, -ENOMEM);
		ASSERT_EQ(fdt_check_header(fdt), 0);
		ASSERT_LT(fdt_subnode_offset(fdt, 0, name), 0);
	}
	kho_remove_subtree(blob[1]);
	EXPECT_EQ(kho_add_subtree("y", blob[1], 64), 0);
}

/* Another size, before that of an entry. libfdt adds no property twice: it gets its name later. */
static void add_size(void *fdt, int node, u64 size)
{
	struct fdt_property *prop;
	fdt32_t name;

	fdt_setprop(fdt, node, "size-blob", &size, sizeof(size));
	name = fdt_get_property(fdt, node, "blob-size", NULL)->nameoff;
	prop = fdt_get_property_w(fdt, node, "size-blob", NULL);
	prop->nameoff = name;
}

static void hands_blobs_over(void)
{
	static const u64 nowhere = 1UL << 50, wide[] = { 8, 0 };
	void *fdt;
	char *p;
	int node;

	kexec_first();
	p = kho_alloc_preserve(PAGE_SIZE);
	snprintf(p, PAGE_SIZE, "what the old kernel says");
	kho_add_subtree("good", p, 25);
	kho_add_subtree("empty", p + 1, 0);
	kho_add_subtree("endless", p + 2, ~0UL);
	kho_add_subtree("nowhere", p + 3, 8);
	kho_add_subtree("short", p + 4, 8);
	kho_add_subtree("wide", p + 5, 8);
	kho_add_subtree("long", p + 6, 8);
	fdt = phys_to_virt(kho_fast_subtree_fdt_pa());
	node = fdt_subnode_offset(fdt, 0, "nowhere");
	fdt_setprop_inplace(fdt, node, "preserved-data", &nowhere, 8);
	node = fdt_subnode_offset(fdt, 0, "short");
	fdt_nop_property(fdt, node, "blob-size");
	fdt_open_into(fdt, fdt, PAGE_SIZE);
	node = fdt_subnode_offset(fdt, 0, "wide");
	fdt_setprop(fdt, node, "blob-size", wide, sizeof(wide));
	add_size(fdt, fdt_subnode_offset(fdt, 0, "long"), 64 * PAGE_SIZE);
}

TEST(subtrees_of_the_old_kernel_are_found_and_checked)
{
	phys_addr_t phys = 0;
	size_t size = 0;

	kexec_machine();
	EXPECT_EQ(kho_retrieve_subtree("good", &phys, &size), -ENOENT);
	ASSERT_TRUE(kexec_run(hands_blobs_over));
	kexec_next();
	EXPECT_EQ(kho_retrieve_subtree("good", &phys, &size), 0);
	EXPECT_EQ(size, 25);
	EXPECT_EQ(strcmp(phys_to_virt(phys), "what the old kernel says"), 0);
	EXPECT_EQ(kho_retrieve_subtree("good", &phys, NULL), 0);
	EXPECT_EQ(kho_retrieve_subtree("good", NULL, &size), -EINVAL);
	EXPECT_EQ(kho_retrieve_subtree("bad", &phys, &size), -ENOENT);
	EXPECT_EQ(kho_retrieve_subtree("empty", &phys, &size), -EINVAL);
	EXPECT_EQ(kho_retrieve_subtree("endless", &phys, &size), -EINVAL);
	EXPECT_EQ(kho_retrieve_subtree("nowhere", &phys, &size), -EINVAL);
	EXPECT_EQ(kho_retrieve_subtree("short", &phys, &size), -EINVAL);
	EXPECT_EQ(kho_retrieve_subtree("wide", &phys, &size), -EINVAL);
	EXPECT_EQ(kho_retrieve_subtree("long", &phys, &size), -EINVAL);
	EXPECT_EQ(shim_nr_warnings, 6);
}

static void preserves_reserve_mem(void)
{
	u64 start, size = 7 * PAGE_SIZE;
	struct page *page;
	void *fdt;

	kexec_first();
	page = shim_alloc_pages(3);
	start = page_to_phys(page);
	if (!page || kho_preserve_pages(page, 7))
		shim_die("cannot preserve the region");
	fdt = kho_alloc_preserve(PAGE_SIZE);
	fdt_create(fdt, PAGE_SIZE);
	fdt_finish_reservemap(fdt);
	fdt_begin_node(fdt, "");
	fdt_begin_node(fdt, "area");
	fdt_property(fdt, "start", &start, sizeof(start));
	fdt_property(fdt, "size", &size, sizeof(size));
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	fdt_finish(fdt);
	kho_add_subtree("memblock", fdt, PAGE_SIZE);
	shim_reserve_mem[0] = page_to_phys(page);
	shim_reserve_mem[1] = 7 * PAGE_SIZE;
}

/* It is not restored, and mm/memblock.c frees it like memory of a cold boot. */
TEST(a_revived_reserve_mem_region_becomes_boot_memory)
{
	phys_addr_t *region = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long pfn;
	long total = 0;

	kexec_machine();
	shim_reserve_mem = region;
	ASSERT_TRUE(kexec_run(preserves_reserve_mem));
	kexec_next();
	kexec_boot_late();
	for (pfn = 0; pfn < model.nr_pages; pfn++)
		total += model.page[pfn].nid != NUMA_NO_NODE && !pfn_to_page(pfn)->reserved;
	EXPECT_EQ(shim_totalram, total - 7);
	EXPECT_EQ(shim_nr_errs, 0);
	for (pfn = PHYS_PFN(region[0]); pfn < PHYS_PFN(region[0]) + 7; pfn++)
		free_reserved_page(pfn_to_page(pfn));
	EXPECT_EQ(shim_totalram, total);
}

/* Parts of the record, and what is wrong with them */
static const struct {
	const char	*prop;
	u64		value;
} bad_regions[] = {
	{ "start", 0 }, { "start", 1UL << 50 }, { "size", 0 }, { "size", 9 * PAGE_SIZE },
	{ "size", ~0UL }, { "size", PAGE_SIZE / 2 }, { "size", 6 * PAGE_SIZE + 1 },
};
static unsigned int bad_region;

static void *record(void)
{
	phys_addr_t phys;
	void *fdt = phys_to_virt(kho_fast_subtree_fdt_pa());
	size_t size;

	if (kho_fast_subtree_read(fdt, fdt_subnode_offset(fdt, 0, "memblock"), &phys, &size))
		shim_die("there is no record");
	return phys_to_virt(phys);
}

static void preserves_bad_reserve_mem(void)
{
	void *fdt;

	preserves_reserve_mem();
	fdt = record();
	if (bad_region < ARRAY_SIZE(bad_regions))
		fdt_setprop_inplace(fdt, fdt_subnode_offset(fdt, 0, "area"),
				    bad_regions[bad_region].prop,
				    &bad_regions[bad_region].value, 8);
	else if (bad_region == ARRAY_SIZE(bad_regions))
		fdt_set_totalsize(fdt, 2 * PAGE_SIZE);
	else if (bad_region == ARRAY_SIZE(bad_regions) + 1)
		fdt_nop_property(fdt, fdt_subnode_offset(fdt, 0, "area"), "size");
	else if (bad_region == ARRAY_SIZE(bad_regions) + 2)
		fdt_set_size_dt_struct(fdt, 12);	/* behind that, no region would be found */
	else
		kho_unpreserve_pages(pfn_to_page(PHYS_PFN(shim_reserve_mem[0])), 7);
}

/* The next kernel, in a process of its own; mm/memblock.c finds no record there. */
static bool next_kernel_ignores_the_record(void)
{
	phys_addr_t phys;
	int status;

	if (!fork()) {
		kexec_populate();
		kho_memory_init_early();
		_exit(!is_kho_boot() || shim_nr_warnings != 1 ||
		      kho_retrieve_subtree("memblock", &phys, NULL) != -ENOENT);
	}
	wait(&status);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

TEST(a_bad_record_of_reserve_mem_is_ignored)
{
	kexec_machine();
	shim_reserve_mem = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (; bad_region < ARRAY_SIZE(bad_regions) + 4; bad_region++) {
		ASSERT_TRUE(kexec_run(preserves_bad_reserve_mem));
		EXPECT_TRUE(next_kernel_ignores_the_record()) TH_LOG("record %u", bad_region);
	}
	EXPECT_TRUE(kexec_run(preserves_reserve_mem));
	EXPECT_FALSE(next_kernel_ignores_the_record());
}

/* reserve_mem= with another size: another region, which is not preserved */
TEST(a_region_of_another_size_is_not_restored)
{
	phys_addr_t *region = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	kexec_machine();
	shim_reserve_mem = region;
	ASSERT_TRUE(kexec_run(preserves_reserve_mem));
	region[1] += PAGE_SIZE;
	kexec_next();
	kexec_boot_late();
	EXPECT_EQ(shim_nr_warns + shim_nr_errs, 0);
	EXPECT_EQ(shim_nr_warnings, 1);
	EXPECT_NE(strstr(shim_last_msg, "stays reserved until a cold boot"), NULL);
}

/* Preserving */

static bool can_preserve(unsigned long pfn, unsigned long nr)
{
	unsigned long i = 0;

	while (i < nr && pfn_to_page(pfn + i)->free)
		i++;
	return i == nr && !kho_scratch_overlap(PFN_PHYS(pfn), nr << PAGE_SHIFT);
}

TEST(ranges_become_keys_that_cover_them_exactly)
{
	unsigned long start, nr, pfn;
	unsigned int trial;

	kexec_machine();
	kexec_first();
	for (trial = 0; trial < 200; trial++) {
		start = rnd(model.nr_pages);
		nr = 1 + rnd(3 * PAGES_PER_SECTION);
		while (nr && !can_preserve(start, nr))
			nr /= 2;
		if (!nr)
			continue;
		ASSERT_EQ(kho_preserve_pages(pfn_to_page(start), nr), 0);
		model_forget_tree();
		model_read_tree(kho_fast_outgoing_root());
		for (pfn = start; pfn < start + nr; pfn++)
			ASSERT_NE(model.page[pfn].order, NO_KEY);
		ASSERT_EQ(model_count_preserved(), 2 + nr);
		kho_unpreserve_pages(pfn_to_page(start), nr);
		model_forget_tree();
		model_read_tree(kho_fast_outgoing_root());
		ASSERT_EQ(model_count_preserved(), 2);
	}
}

static const struct { unsigned long pfn; unsigned int order; } split[] = {
	{ 112, 4 }, { 64, 5 }, { 104, 3 }, { 96, 2 }, { 100, 2 },
};

static int is_in_split(unsigned long key, void *data)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(split); i++) {
		if (key == ref_key(split[i].pfn, split[i].order))
			return ++*(unsigned int *)data > ARRAY_SIZE(split);
	}

	return -EINVAL;
}

/*
 *   pfn 64       96   100  104     112          128
 *   |  order 5   | o2 || o2 |  o3  |  order 4   |
 *              node 0 || node 1
 */
TEST(keys_end_where_nodes_do)
{
	const struct kho_radix_walk_cb cb = { .leaf = is_in_split };
	struct kho_radix_tree tree = {};
	unsigned long pfn;
	unsigned int nr = 0;

	unit_init();
	shim_slab_is_up = true;
	memblock_add_node(0, PFN_PHYS(100), 0, MEMBLOCK_NONE);
	memblock_add_node(PFN_PHYS(100), PFN_PHYS(100), 1, MEMBLOCK_NONE);
	unit_add_spare_memory();
	for (pfn = 0; pfn < 200; pfn++)
		unit_make_folio(pfn, 0, pfn >= 100);
	ASSERT_EQ(kho_fast_outgoing_init(), 0);
	tree.root = phys_to_virt(kho_fast_outgoing_root());
	EXPECT_EQ(kho_preserve_pages(pfn_to_page(64), 64), 0);
	EXPECT_EQ(kho_radix_walk_tree(&tree, &cb, &nr), 0);
	EXPECT_EQ(nr, ARRAY_SIZE(split));
	kho_unpreserve_pages(pfn_to_page(64), 64);
	nr = 0;
	EXPECT_EQ(kho_radix_walk_tree(&tree, &cb, &nr), 0);
	EXPECT_EQ(nr, 0);
}

TEST(a_range_is_preserved_whole_or_not_at_all)
{
	unsigned long pfn;
	int err;

	kexec_machine();
	kexec_first();
	/* Starts odd and ends where a free run outside scratch does. */
	pfn = kexec_find_free(MAX_PAGE_ORDER + 1) + 3;
	for_each_fault(f, "KHO: preserve a range of pages") {
		err = FAULT(f, kho_preserve_pages(pfn_to_page(pfn), 2 * MAX_ORDER_NR_PAGES - 3));
		ASSERT_EQ(err, f->met ? -ENOMEM : 0);
		model_forget_tree();
		model_read_tree(kho_fast_outgoing_root());
		ASSERT_EQ(model_count_preserved(), 2 + (err ? 0 : 2 * MAX_ORDER_NR_PAGES - 3));
		ASSERT_EQ(f->met || f->n > 3, true);
	}
}

TEST(scratch_cannot_be_preserved)
{
	struct page *page;

	kexec_machine();
	kexec_first();
	page = pfn_to_page(PHYS_PFN(kho_scratch[0].addr));
	EXPECT_EQ(kho_preserve_pages(page, 1), -EINVAL);
	EXPECT_EQ(kho_preserve_pages(page - 1, 2), -EINVAL);
	/* As movable memory that was allocated there */
	page->free = 0;
	EXPECT_EQ(kho_preserve_folio(page_folio(page)), -EINVAL);
	page->free = 1;
	EXPECT_EQ(shim_nr_errs, 3);
	EXPECT_NE(strstr(shim_last_msg, "cannot preserve"), NULL);
}

TEST(allocated_memory_is_preserved_until_it_is_freed)
{
	void *p = NULL;
	long live;

	kexec_machine();
	kexec_first();
	model_read_tree(kho_fast_outgoing_root());
	live = shim_live_pages - model_count_tree_pages();
	EXPECT_EQ(PTR_ERR(kho_alloc_preserve(0)), -EINVAL);
	EXPECT_EQ(PTR_ERR(kho_alloc_preserve((MAX_ORDER_NR_PAGES << PAGE_SHIFT) + 1)), -E2BIG);
	for_each_fault(f, "KHO: allocate and preserve") {
		p = FAULT(f, kho_alloc_preserve(3 * PAGE_SIZE));
		ASSERT_EQ(IS_ERR(p) ? PTR_ERR(p) : 0, f->met ? -ENOMEM : 0);
		model_forget_tree();
		model_read_tree(kho_fast_outgoing_root());
		ASSERT_EQ(model_count_preserved(), f->met ? 2 : 2 + 4);
		ASSERT_EQ(shim_live_pages - model_count_tree_pages(), live + (f->met ? 0 : 4));
	}
	model_forget_tree();
	model_read_tree(kho_fast_outgoing_root());
	EXPECT_EQ(model.page[PHYS_PFN(virt_to_phys(p))].order, 2);
	EXPECT_EQ(model_count_preserved(), 2 + 4);
	kho_unpreserve_free(p);
	kho_unpreserve_free(NULL);
	model_forget_tree();
	model_read_tree(kho_fast_outgoing_root());
	EXPECT_EQ(model_count_preserved(), 2);
}

TEST_HARNESS_MAIN
