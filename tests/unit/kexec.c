// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine that runs one kernel after the other.
 *
 * A kexec is fork(): a child is the old kernel, its private data dies with it,
 * physical memory is shared. The parent is the firmware and the next kernel.
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libfdt.h>

#include <linux/err.h>

#include "checksum.h"
#include "debugfs.h"
#include "incoming/debugfs.h"
#include "kexec.h"

struct boot_params *params;

/* debugfs, where the root FDT stays */
const void *kexec_shown_fdt;

struct dentry *kho_fast_debugfs_init(void)
{
	return NULL;
}

void kho_fast_debugfs_out(const void *fdt, size_t size)
{
	kexec_shown_fdt = fdt;
}

void kho_fast_debugfs_add(const char *name, const void *blob, size_t size)
{
}

void kho_fast_debugfs_remove(const void *blob)
{
}

void kho_fast_debugfs_copy(void)
{
}

void kho_fast_debugfs_incoming(struct dentry *root)
{
}

static bool is_free(unsigned long pfn, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < BIT(order); i++)
		if (!pfn_to_page(pfn + i)->free)
			return false;
	return !kho_scratch_overlap(PFN_PHYS(pfn), PAGE_SIZE << order);
}

/* Anywhere, as long as that is quick; then the next that there is, if any. */
unsigned long kexec_find_free(unsigned int order)
{
	const unsigned long nr = model.nr_pages >> order;
	unsigned long i, first, pfn;

	for (i = 0; i < 100; i++) {
		pfn = rnd(nr) << order;
		if (is_free(pfn, order))
			return pfn;
	}
	first = rnd(nr);
	for (i = 0; i < nr; i++) {
		pfn = (first + i) % nr << order;
		if (is_free(pfn, order))
			return pfn;
	}
	return SHIM_NO_PAGES;
}

/* A stamp per page that also tells it from its neighbours. */
static u64 *stamp_of(unsigned long pfn)
{
	return phys_to_virt(PFN_PHYS(pfn) + pfn % 512 * 8);
}

static void preserve_one(struct item *item)
{
	unsigned int order = rnd(rnd(8) + 1);
	struct page *page = shim_alloc_pages(order);
	unsigned long i;
	int err;

	*item = (struct item){ page_to_pfn(page), BIT(order), one_in(2) };
	if (!item->folio)
		item->nr_pages = 1 + rnd(BIT(order));
	for (i = 0; i < item->nr_pages; i++)
		*stamp_of(item->pfn + i) = ~(item->pfn + i);

	err = item->folio ? kho_preserve_folio(page_folio(page)) :
			    kho_preserve_pages(page, item->nr_pages);
	if (err)
		shim_die("cannot preserve: %d", err);
}

void kexec_preserve(unsigned int nr)
{
	while (nr-- && params->nr_items < ARRAY_SIZE(params->item))
		preserve_one(&params->item[params->nr_items++]);
}

void kexec_checksums(const char *what)
{
	char *arg = strdup(what);

	if (shim_param_kho_checksum_param(arg))
		shim_die("kho_checksum=%s is refused", what);
	free(arg);
}

void kexec_seal(void)
{
	kho_fast_checksum_prepare(256);
	kho_fast_checksum_jump();
	if (shim_nr_warnings)
		shim_die("no checksums: %s", shim_last_msg);
}

void kexec_preserve_other(void)
{
	void *other = kho_alloc_preserve(PAGE_SIZE);

	if (IS_ERR(other))
		shim_die("no page for another owner");
	params->other = virt_to_phys(other);
}

bool kexec_other_is_there(void)
{
	static const u8 nothing[PAGE_SIZE];

	return !memcmp(phys_to_virt(params->other), nothing, PAGE_SIZE) &&
	       kho_restore_folio(params->other);
}

/* kexec_file_load() and reboot(): the array of areas goes into the first one. */
static void kexec(void)
{
	params->fdt = kho_fast_subtree_fdt_pa();
	params->fdt_len = PAGE_SIZE;
	params->scratch = kho_scratch[0].addr + 64 * 1024;
	params->scratch_len = kho_scratch_cnt * sizeof(*kho_scratch);
	memmove(phys_to_virt(params->scratch), kho_scratch, params->scratch_len);
	_exit(0);
}

void kexec_boot(void)
{
	kho_memory_init_early();
	boot_memmap();
	kho_memory_init();
	boot_free_all();
	shim_slab_is_up = true;
	shim_find_pages = kexec_find_free;
}

void kexec_boot_late(void)
{
	int nid;

	for (nid = 0; nid < MAX_NUMNODES; nid++)
		boot_deferred(nid);
	kho_fast_init_all();
	shim_initcall_kho_init();
	flush_work(shim_work);
}

void kexec_first(void)
{
	char sizes[] = "256K,256K,256K";

	shim_param_kho_scratch_parse(sizes);
	kexec_boot();
	kexec_boot_late();
}

void kexec_populate(void)
{
	kho_populate(params->fdt, params->fdt_len, params->scratch, params->scratch_len);
	kexec_model_next();
}

void kexec_model_next(void)
{
	phys_addr_t phys;

	model_forget_tree();
	if (is_kho_boot()) {
		memcpy(&phys, fdt_getprop(phys_to_virt(params->fdt), 0,
					  "preserved-memory-map", NULL), sizeof(phys));
		model_read_tree(phys);
	}
}

void kexec_next(void)
{
	kexec_populate();
	kexec_boot();
}

static void take_back(const struct item *item)
{
	struct page *page = pfn_to_page(item->pfn);
	unsigned long i;

	if (item->folio ? kho_restore_folio(PFN_PHYS(item->pfn)) != page_folio(page) :
			  kho_restore_pages(PFN_PHYS(item->pfn), item->nr_pages) != page)
		shim_die("pfn %#lx does not come back", item->pfn);
	for (i = 0; i < item->nr_pages; i++) {
		if (*stamp_of(item->pfn + i) != ~(item->pfn + i))
			shim_die("pfn %#lx has changed", item->pfn + i);
	}

	if (item->folio) {
		folio_put(page_folio(page));
		return;
	}
	for (i = 0; i < item->nr_pages; i++)
		__free_page(page + i);
}

void kexec_restore(void)
{
	while (params->nr_items)
		take_back(&params->item[--params->nr_items]);
}

void kexec_boot_and_restore(void)
{
	kexec_scribble();
	kexec_boot_late();
	kexec_scribble();
	kexec_restore();
	boot_settle();
}

/* Memory that is free when a kernel starts may be overwritten. */
void kexec_scribble(void)
{
	unsigned long pfn;

	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		if (pfn_to_page(pfn)->free)
			memset(phys_to_virt(PFN_PHYS(pfn)), 0xd5, PAGE_SIZE);
	}
}

/* Run @kernel to its end in a process of its own; its struct pages are gone then. */
bool kexec_run(void (*kernel)(void))
{
	int status;

	if (!fork()) {
		kernel();
		kexec();
	}
	wait(&status);
	shim_forget_memmap();
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* Some machines have too little memory on a node for its scratch area. */
static bool can_boot(void)
{
	int status;

	if (!fork()) {
		kexec_first();
		_exit(!kho_is_enabled());
	}
	wait(&status);
	shim_forget_memmap();
	return !status;
}

void kexec_machine(void)
{
	unit_init();
	params = mmap(NULL, sizeof(*params), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	do {
		shim_memblock_reset();
		model_random(PFN_SECTION_SHIFT < 12 ? 32 : 6);
		model_forget_tree();
	} while (!can_boot());
}
