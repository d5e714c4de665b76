/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KHO client for tests and benchmarks, for stock and accelerated kernels, so
 * with exported functions only.
 *
 *	set		memory that one 'preserve' command preserved
 *	manifest	description of all sets for the next kernel
 */
#ifndef KHO_WORKLOAD_H
#define KHO_WORKLOAD_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/types.h>
#include <linux/kho/abi/kexec_handover.h>

/* main.c: words of the command */
const char *arg_str(const char *key, const char *dflt);
u64 arg_num(const char *key, u64 dflt);

/* report.c: contents of the file 'run', one key=value per line */
void report_start(void);
__printf(1, 2) void report(const char *fmt, ...);
/* Reports why the command fails, and returns @err. */
__printf(2, 3) int report_err(int err, const char *fmt, ...);
ssize_t report_read(char __user *buf, size_t len, loff_t *pos);

enum workload_set_kind { SET_FOLIOS, SET_PAGES, SET_AREA };
enum workload_stamp {
	STAMP_NONE, STAMP_HEAD, STAMP_FULL, STAMP_SPARSE, STAMP_THIN
};

/*
 * A folio or a run of pages is one u64, so that two million of them take 16
 * MiB: the pfn, and the order of the folio or the length of the run.
 */
#define ENTRY_ARG_BITS	28

/* Not stamped, since it was never written to: must read as zero */
#define ENTRY_ZERO	BIT(ENTRY_ARG_BITS - 1)

static inline u64 entry_make(unsigned long pfn, unsigned long arg)
{
	return (u64)pfn << ENTRY_ARG_BITS | arg;
}

static inline unsigned long entry_pfn(u64 entry)
{
	return entry >> ENTRY_ARG_BITS;
}

static inline unsigned long entry_arg(u64 entry)
{
	return entry & (ENTRY_ZERO - 1);
}

/**
 * struct workload_set - Memory that one 'preserve' command preserved.
 * @list:      In the outgoing or the incoming manifest.
 * @kind:      Kind of the entries.
 * @stamp:     Part of the contents that is stamped.
 * @seed:      Seed of the stamps and of random choices.
 * @preserved: All entries are preserved.
 * @nr:        Number of entries; of pages for an area.
 * @entries:   Entries, see entry_make(); NULL for an area.
 * @area:      The vmalloc area, for SET_AREA.
 */
struct workload_set {
	struct list_head list;
	enum workload_set_kind kind;
	enum workload_stamp stamp;
	u64 seed;
	bool preserved;
	unsigned long nr;
	u64 *entries;
	void *area;
};

/* set.c: sets of all kinds */
struct workload_set *set_create(void);
void set_destroy(struct workload_set *set);
int set_preserve(struct workload_set *set);
void set_unpreserve(struct workload_set *set);
/* Returns the number of entries that could not be restored. */
unsigned long set_restore(struct workload_set *set);
void set_fill(struct workload_set *set);
unsigned long set_check(struct workload_set *set);
unsigned long set_missing(const struct workload_set *set);
void set_spoil(struct workload_set *set, unsigned long which);
void set_forget(struct workload_set *set, unsigned long which);

/* folios.c, pages.c, area.c: allocating the sets */
int folios_scatter(struct workload_set *set);
int folios_mix(struct workload_set *set);
int folios_sections(struct workload_set *set);
int folios_borders(struct workload_set *set);
int folios_orders(struct workload_set *set);
int pages_runs(struct workload_set *set);
int area_create(struct workload_set *set);

/* stress.c: concurrent threads; the set is preserved in the end */
int stress(struct workload_set *set);

/* Pages to be freed when the set has been allocated */
struct workload_drop {
	struct list_head list;
};

void drop_page(struct workload_drop *drop, struct page *page);
void drop_free(struct workload_drop *drop);
/* Round robin of the nodes with memory */
int next_nid(int nid);

/* Without reclaim and the OOM killer, and not from scratch, which is CMA */
#define SET_GFP		(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY)

/* stamp.c: contents and state of pages */
void stamp_page(void *addr, u64 seed, u64 id, size_t bytes);
bool stamp_matches(const void *addr, u64 seed, u64 id, size_t bytes);
bool folio_is_sound(struct folio *folio, unsigned long pfn, unsigned int order);
bool page_is_sound(struct page *page);

/* manifest.c: sets of this kernel and of the previous one */
int manifest_preserve(struct workload_set *set);
int manifest_unpreserve(void);
int manifest_restore(void);
int manifest_verify(void);
int manifest_free(void);
/* Change or lose @nr entries of each set, for tests of the rig. */
int manifest_spoil(unsigned long nr,
		   void (*how)(struct workload_set *set, unsigned long which));

/* reserve.c: memory of reserve_mem= on the command line */
int reserve_fill(void);
int reserve_check(void);
int reserve_release(void);

/* contig.c, bench.c, race.c, scribble.c, neglect.c, corrupt.c */
int contig(void);
int bench_run(void);
int race(void);
int scribble(u64 max_mb);
int neglect(void);
int corrupt(const char *what);
void corrupt_exit(void);
u64 *corrupt_subtree_prop(void *fdt, const char *node, const char *prop);
/* corrupt_luo.c: faults whose name begins with luo-, for corrupt.c */
bool corrupt_luo_knows(const char *what);
int corrupt_luo(void *fdt, const char *what);

#endif /* KHO_WORKLOAD_H */
