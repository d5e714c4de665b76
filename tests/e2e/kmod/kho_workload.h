/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A KHO client for tests and benchmarks: the same source runs on a stock and on
 * an accelerated kernel, so it uses exported functions only.
 *
 *	set		what one 'preserve' command preserved
 *	manifest	what tells the next kernel about the sets
 */
#ifndef KHO_WORKLOAD_H
#define KHO_WORKLOAD_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/types.h>
#include <linux/kho/abi/kexec_handover.h>

/* main.c: the words of a command */
const char *arg_str(const char *key, const char *dflt);
u64 arg_num(const char *key, u64 dflt);

/* report.c: what reading the file 'run' gives; one key=value per line */
void report_start(void);
__printf(1, 2) void report(const char *fmt, ...);
/* Says why a command fails, and returns @err. */
__printf(2, 3) int report_err(int err, const char *fmt, ...);
ssize_t report_read(char __user *buf, size_t len, loff_t *pos);

enum workload_set_kind { SET_FOLIOS, SET_PAGES, SET_AREA };
enum workload_stamp { STAMP_NONE, STAMP_HEAD, STAMP_FULL, STAMP_SPARSE, STAMP_THIN };

/*
 * Folios and runs of pages are one u64 each, so that two million of them cost
 * 16 MiB: the pfn, and the order of the folio or the length of the run.
 */
#define ENTRY_ARG_BITS	28

/* Not stamped, because it was never written to: must still read as zero. */
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
 * struct workload_set - what one 'preserve' command preserved
 * @list:    in the outgoing or the incoming manifest
 * @kind:    what the entries are
 * @stamp:   how much of the contents is stamped
 * @seed:    of the stamps and of the random choices
 * @preserved: set_preserve() has been here, or there was nothing left to do for it
 * @nr:      number of entries; of pages for an area
 * @entries: see entry_make(); NULL for an area
 * @area:    the vmalloc area, for SET_AREA
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

/* set.c: one set, whatever its kind */
struct workload_set *set_create(void);
void set_destroy(struct workload_set *set);
int set_preserve(struct workload_set *set);
void set_unpreserve(struct workload_set *set);
/* Returns how many entries could not be restored. */
unsigned long set_restore(struct workload_set *set);
void set_fill(struct workload_set *set);
unsigned long set_check(struct workload_set *set);
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

/* stress.c: many threads at once; leaves a set that is preserved already */
int stress(struct workload_set *set);

/* The pages that were only there to be in between. */
struct workload_drop {
	struct list_head list;
};

void drop_page(struct workload_drop *drop, struct page *page);
void drop_free(struct workload_drop *drop);
/* The nodes with memory in turn, so that each gets its share. */
int next_nid(int nid);

/* Fail rather than reclaim or kill; never from scratch, which is CMA. */
#define SET_GFP		(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY)

/* stamp.c: contents and state of pages */
void stamp_page(void *addr, u64 seed, u64 id, size_t bytes);
bool stamp_matches(const void *addr, u64 seed, u64 id, size_t bytes);
bool folio_is_sound(struct folio *folio, unsigned long pfn, unsigned int order);
bool page_is_sound(struct page *page);

/* manifest.c: the sets of this kernel and of the previous one */
int manifest_preserve(struct workload_set *set);
int manifest_unpreserve(void);
int manifest_restore(void);
int manifest_verify(void);
int manifest_free(void);
/* Change or lose @nr entries of each set, for the tests of the tests. */
int manifest_spoil(unsigned long nr, void (*how)(struct workload_set *set, unsigned long which));

/* reserve.c: what reserve_mem= on the command line set aside */
int reserve_fill(void);
int reserve_check(void);
int reserve_release(void);

/* contig.c, bench.c, race.c, scribble.c, corrupt.c */
int contig(void);
int bench_run(void);
int race(void);
int scribble(u64 max_mb);
int corrupt(const char *what);
void corrupt_exit(void);
/* corrupt_luo.c: what= that begins with luo-, for corrupt.c */
bool corrupt_luo_knows(const char *what);
int corrupt_luo(void *fdt, const char *what);

#endif /* KHO_WORKLOAD_H */
