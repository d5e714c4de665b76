/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the files of kernel/kho_fast/ and by mm/deferred_kho.c; nobody
 * else includes it.
 */
#ifndef _KERNEL_KHO_FAST_INTERNAL_H
#define _KERNEL_KHO_FAST_INTERNAL_H

#include <linux/bitmap.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/kho_radix_tree.h>
#include <linux/llist.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/types.h>

#ifdef CONFIG_X86
#include <asm/e820/api.h>
#else
#include <linux/memblock.h>
#endif

struct seq_file;

/*
 * Orders are tracked in a u32 per section. A key of order 31 is 8 TiB of
 * 4 KiB pages; longer runs are stored as several keys.
 */
#define KHO_FAST_MAX_ORDER	31

/* As a set of orders, one bit each. */
#define KHO_FAST_ALL_ORDERS	(~0U)
#define KHO_FAST_FOLIO_ORDERS	(~1U)

/* The order of a key is limited by the page offset bits it must leave. */
static_assert(KHO_FAST_MAX_ORDER < 64 - PAGE_SHIFT);

#define KHO_FAST_TABLE_ENTRIES	BIT(KHO_TABLE_SIZE_LOG2)
#define KHO_FAST_LEAF_BITS	BIT(KHO_BITMAP_SIZE_LOG2)

/* Position of the bit that marks order 0: right above the widest pfn. */
#define KHO_FAST_ORDER0_BIT	(64 - PAGE_SHIFT)

/* The key of the 2^@order pages from @pfn on. */
static inline unsigned long kho_fast_key(unsigned long pfn, unsigned int order)
{
	return BIT(KHO_FAST_ORDER0_BIT - order) | (pfn >> order);
}

/* Log2 of how many keys a slot of a table on @level covers; level 0 is a leaf. */
static inline unsigned int kho_fast_slot_shift(unsigned int level)
{
	return (level - 1) * KHO_TABLE_SIZE_LOG2 + KHO_BITMAP_SIZE_LOG2;
}

/* Index of a key in a table on @level. */
static inline unsigned int kho_fast_slot(unsigned long key, unsigned int level)
{
	return (key >> kho_fast_slot_shift(level)) & (KHO_FAST_TABLE_ENTRIES - 1);
}

/* Index of a key in its bitmap. */
static inline unsigned int kho_fast_bit(unsigned long key)
{
	return key & (KHO_FAST_LEAF_BITS - 1);
}

/* tree/key.c */
int kho_fast_key_order(unsigned long key);
unsigned long kho_fast_key_pfn(unsigned long key, unsigned int order);

/* tree/radix.c */
struct kho_radix_leaf *kho_fast_leaf(const struct kho_radix_node *root,
				     unsigned long key);
struct kho_radix_leaf *kho_fast_leaf_get(struct kho_radix_node *root,
					 unsigned long key, int nid);

/* core.c */
void kho_fast_disable(void);

/**
 * enum kho_fast_state - How far the struct pages of a section are.
 * @KHO_FAST_DONE:    Every struct page is initialised, what is held has its
 *                    final form and the rest is in the buddy allocator.
 * @KHO_FAST_PENDING: Some of the section is deferred, or has a folio that is
 *                    not in form yet.
 * @KHO_FAST_ACTIVE:  Somebody is finishing it.
 */
enum kho_fast_state {
	KHO_FAST_DONE,
	KHO_FAST_PENDING,
	KHO_FAST_ACTIVE,
};

/**
 * struct kho_fast_section - What is preserved in one memory section.
 * @orders: Bit o is set when a key of order o touches the section.
 * @state:  enum kho_fast_state; changed by mm/deferred_kho.c only.
 * @nodes:  The section holds pages of the incoming tree.
 * @whole:  All of the section is memory of one node and none is scratch, so
 *          its keys need no check one by one.
 */
struct kho_fast_section {
	u32	orders;
	u16	state;
	u8	nodes;
	u8	whole;
};
static_assert(sizeof(struct kho_fast_section) == 8);

/**
 * struct kho_fast_nodes - The pages that the incoming tree itself occupies.
 * @pfns: Their page frames, in ascending order; a hash table while it is filled.
 * @nr:   How many.
 * @size: Entries that @pfns has room for, whole pages of them.
 */
struct kho_fast_nodes {
	unsigned long	*pfns;
	unsigned long	nr;
	unsigned long	size;
};

/* Bytes of @nodes->pfns. */
static inline size_t kho_fast_nodes_size(const struct kho_fast_nodes *nodes)
{
	return nodes->size * sizeof(*nodes->pfns);
}

/**
 * struct kho_fast_map - Which sections of memory hold preserved pages.
 * @root:        Root of the incoming tree, NULL when there is none.
 * @sections:    One entry per section from pfn 0 to the end of memory.
 * @nr_sections: Entries of @sections.
 * @nodes:       The pages of the tree.
 * @orders:      Bit o is set when the tree has a key of order o.
 * @finished:    All sections are; @sections and @nodes may go any time.
 */
struct kho_fast_map {
	struct kho_radix_node	*root;
	struct kho_fast_section	*sections;
	unsigned long		nr_sections;
	struct kho_fast_nodes	nodes;
	u32			orders;
	bool			finished;
};

/* Pages whose preserved bits are looked at together: the buddy's reach. */
#define KHO_FAST_BLOCK_PAGES	MAX_ORDER_NR_PAGES

/*
 * Up to a word of the keys of a leaf, from @bit on, a multiple of @nr_bits or of
 * the bits of a word. Neighbours in the same word may be claimed meanwhile.
 */
static inline unsigned long kho_fast_keys(const struct kho_radix_leaf *leaf,
					  unsigned long bit,
					  unsigned long nr_bits)
{
	unsigned long word = READ_ONCE(leaf->bitmap[BIT_WORD(bit)]);

	if (nr_bits >= BITS_PER_LONG)
		return word;
	return word >> (bit % BITS_PER_LONG) & BITMAP_LAST_WORD_MASK(nr_bits);
}

/* Order of the first of the naturally aligned chunks that make up [start, end). */
static inline unsigned int kho_fast_chunk_order(unsigned long start,
						unsigned long end)
{
	unsigned int order = min_t(unsigned int, __fls(end - start),
				   MAX_PAGE_ORDER);

	return start ? min_t(unsigned int, order, __ffs(start)) : order;
}

/* incoming/tree_pages.c */
int kho_fast_nodes_add(struct kho_fast_nodes *nodes, unsigned long pfn);
void kho_fast_nodes_sort(struct kho_fast_nodes *nodes);
unsigned long kho_fast_nodes_from(const struct kho_fast_nodes *nodes,
				  unsigned long pfn);
void kho_fast_nodes_destroy(struct kho_fast_nodes *nodes);

/* incoming/overlap.c */
int kho_fast_check_overlap(const struct kho_fast_map *map);

/* incoming/map.c */
int kho_fast_map_build(struct kho_fast_map *map, phys_addr_t root);
void kho_fast_map_destroy(struct kho_fast_map *map);
bool kho_fast_range_is_memory(unsigned long pfn, unsigned long nr_pages);
bool kho_fast_is_preserved(const struct kho_fast_map *map, unsigned long pfn,
			   unsigned long end);

/* incoming/bitmap.c */
void kho_fast_key_mask(const struct kho_fast_map *map, unsigned long pfn,
		       u32 wanted, unsigned long *mask);
void kho_fast_held_mask(const struct kho_fast_map *map, unsigned long pfn,
			unsigned long *mask);
bool kho_fast_map_busy(const struct kho_fast_map *map, unsigned long pfn);

/* incoming/boot.c */
extern struct kho_fast_map kho_fast_incoming;
const void *kho_fast_in_fdt(void);
__printf(1, 2) void kho_fast_refuse(const char *fmt, ...);
unsigned int kho_fast_scratch_fault(const struct kho_scratch *areas,
				    unsigned int cnt);
void kho_fast_incoming_init(void);

/* Is it RAM, as far as can be told before memblock is filled? */
static inline bool __init kho_fast_early_is_ram(phys_addr_t phys, u64 size)
{
#ifdef CONFIG_X86
	return e820__mapped_all(phys, phys + size, E820_TYPE_RAM);
#else
	return memblock_is_region_memory(phys, size);
#endif
}

/* incoming/scratch_extend.c */
unsigned int kho_fast_ext_shift(unsigned long nr_sections);
bool kho_fast_ext_next(const struct kho_fast_map *map, unsigned int shift,
		       unsigned long *start, unsigned long *end);
void kho_fast_extend_scratch(const struct kho_fast_map *map);

/* scratch.c */
extern struct kho_scratch *kho_scratch;
extern unsigned int kho_scratch_cnt;

/**
 * struct kho_fast_scratch_sizes - What kho_scratch=l,n,m asked for, in bytes.
 * @low:     Area in low memory.
 * @global:  Area anywhere.
 * @pernode: Area on each node.
 */
struct kho_fast_scratch_sizes {
	phys_addr_t low, global, pernode;
};

phys_addr_t kho_fast_scratch_scale(phys_addr_t used, phys_addr_t hugetlb,
				   unsigned int percent);
void kho_fast_scratch_adopt(phys_addr_t phys, unsigned int cnt);
void kho_fast_scratch_reserve(void);
void kho_fast_scratch_release(bool keep);

/**
 * struct kho_fast_spread - A large job in segments, to be spread over nodes.
 * @nr:   How many segments.
 * @nids: The node that each is about, or %NUMA_NO_NODE.
 * @run:  Does a segment: 0 or an error, which ends the job.
 * @err:  The first error; for kho_fast_spread() only.
 */
struct kho_fast_spread {
	unsigned long	nr;
	const int	*nids;
	int		(*run)(struct kho_fast_spread *spread,
			       unsigned long segment);
	int		err;
};

/* node_jobs.c */
int kho_fast_spread(struct kho_fast_spread *spread);

/* outgoing/preserve.c */
void kho_fast_unpreserve_range(unsigned long pfn, unsigned long nr_pages);

/* Value of &kho_vmalloc.flags in kho-v4: an ordinary area. */
#define KHO_FAST_VMALLOC_ALLOC	0x0001

/**
 * struct kho_fast_chain - A list of pages in the format of &struct kho_vmalloc.
 * @first:    First chunk, NULL when the chain is empty.
 * @last:     Last chunk.
 * @used:     Entries of @last in use.
 * @nr_pages: Pages that are listed.
 */
struct kho_fast_chain {
	struct kho_vmalloc_chunk *first, *last;
	unsigned int		used;
	u64			nr_pages;
};

/**
 * struct kho_fast_chain_it - A walk over a chain.
 * @chunk: The chunk it is in, NULL at the end.
 * @entry: The next entry.
 */
struct kho_fast_chain_it {
	struct kho_vmalloc_chunk *chunk;
	unsigned int		entry;
};

/* vmalloc.c */
int kho_fast_chain_append(struct kho_fast_chain *chain, struct page *page,
			  unsigned int order);
void kho_fast_chain_join(struct kho_fast_chain *chain,
			 struct kho_fast_chain *tail);
void kho_fast_chain_undo(struct kho_vmalloc_chunk *first, unsigned int order,
			 void (*release)(struct page *page));
void kho_fast_chain_free(struct kho_vmalloc_chunk *first, bool entries,
			 unsigned int order);
struct kho_vmalloc_chunk *kho_fast_chain_claim(const struct kho_vmalloc *from);
struct page *kho_fast_chain_next(struct kho_fast_chain_it *it);

/* Bytes of a record, and how many there are in a page. */
#define KHO_FAST_RECORD_SIZE		16
#define KHO_FAST_RECORDS_PER_PAGE	(PAGE_SIZE / KHO_FAST_RECORD_SIZE)

/**
 * struct kho_fast_records - A list of records that is being written.
 * @chain: The pages that they are in.
 * @next:  Where the next record goes.
 * @left:  For how many there is room from @next on.
 */
struct kho_fast_records {
	struct kho_fast_chain	chain;
	void			*next;
	unsigned long		left;
};

/**
 * struct kho_fast_records_it - A walk over records that were claimed.
 * @first: First chunk of the chain that lists them.
 * @order: Order of its entries.
 * @pages: Where in the chain the walk is.
 * @next:  The next record.
 * @left:  How many there are from @next on in one piece.
 * @nr:    How many there are left in all.
 */
struct kho_fast_records_it {
	struct kho_vmalloc_chunk *first;
	unsigned int		order;
	struct kho_fast_chain_it pages;
	const void		*next;
	unsigned long		left;
	u64			nr;
};

/* memfd/records.c */
void *kho_fast_records_add(struct kho_fast_records *records);
void kho_fast_records_join(struct kho_fast_records *records,
			   struct kho_fast_records *tail);
s64 kho_fast_records_store(const struct kho_fast_records *records,
			   struct kho_vmalloc *to);
int kho_fast_records_claim(const struct kho_vmalloc *from, u64 nr,
			   struct kho_fast_records_it *it);
const void *kho_fast_records_next(struct kho_fast_records_it *it);
void kho_fast_records_free(struct kho_fast_records_it *it);

struct file;
struct memfd_luo_ser;

/* memfd/pin.c */
long kho_fast_memfd_pin(struct file *file, pgoff_t pos, pgoff_t end,
			struct folio **folios, unsigned long max);

/* memfd/preserve.c */
int kho_fast_memfd_preserve(struct file *file, struct memfd_luo_ser *ser);
void kho_fast_memfd_unpreserve(struct memfd_luo_ser *ser);

/* memfd/retrieve.c */
struct file *kho_fast_memfd_retrieve(phys_addr_t ser_pa);
void kho_fast_memfd_discard(phys_addr_t ser_pa);

/**
 * struct kho_fast_claims - Claims of folios that are probably near each other.
 * @leaf:    The bitmap that the last one was found in, NULL at first.
 * @key:     Key of its first bit.
 * @order:   Order of its keys.
 * @section: One whose pages are known to be ready.
 */
struct kho_fast_claims {
	struct kho_radix_leaf	*leaf;
	unsigned long		key;
	unsigned int		order;
	unsigned long		section;
};

/* incoming/restore.c */
void kho_fast_claims_begin(struct kho_fast_claims *claims);
struct folio *kho_fast_claims_next(struct kho_fast_claims *claims,
				   unsigned long pfn);
void kho_fast_claims_end(struct kho_fast_claims *claims);
void kho_fast_drop_page(phys_addr_t phys);

/* prep_compound_head() writes to so many pages of a folio, from its first on. */
#define KHO_FAST_HEAD_PAGES	4

/**
 * struct kho_fast_form - Templates of the struct pages of a zone and section.
 * @single: Of a page of order 0.
 * @first:  Of the first pages of a folio of @order.
 * @tail:   Of its other pages.
 * @order:  The order that @first and @tail were made for; 0: none.
 */
struct kho_fast_form {
	struct page	single;
	struct page	first[KHO_FAST_HEAD_PAGES];
	struct page	tail;
	unsigned int	order;
};

/* mm/kho_page_init.c */
void kho_fast_form_init(struct kho_fast_form *form, struct zone *zone,
			unsigned long pfn);
void kho_fast_init_pages(const struct kho_fast_form *form, unsigned long pfn,
			 unsigned long end);
void kho_fast_hold_pages(const struct kho_fast_form *form, unsigned long pfn,
			 unsigned long end);
void kho_fast_hold_folio(struct kho_fast_form *form, unsigned long head,
			 unsigned int order, unsigned long pfn,
			 unsigned long end);
void kho_fast_shape_folio(unsigned long head, unsigned int order,
			  unsigned long pfn, unsigned long end);
void kho_fast_split(struct page *head, unsigned int order);

/**
 * struct kho_fast_holes - Small holes of one section whose freeing is put off.
 * @page: The first of them, NULL when there is none. Its memory is a bitmap of
 *        all of them, one bit per page of the section.
 */
struct kho_fast_holes {
	struct page *page;
};

/* mm/kho_free_runs.c */
bool kho_fast_holes_can_wait(void);
void kho_fast_holes_collect(struct kho_fast_holes *holes, unsigned long start,
			    unsigned long end);
void kho_fast_holes_add(struct kho_fast_holes *holes);
void kho_fast_holes_free(void);

/* mm/deferred_kho.c */
void kho_fast_hold_init(void);
void kho_fast_finish_pages(unsigned long pfn, unsigned long nr_pages);

static inline unsigned long kho_fast_first_deferred_pfn(int nid)
{
#ifdef CONFIG_DEFERRED_STRUCT_PAGE_INIT
	return NODE_DATA(nid)->first_deferred_pfn;
#else
	return ULONG_MAX;
#endif
}

/**
 * struct kho_fast_finished - What became of a section.
 * @nid:   Its node, the last one if there are more.
 * @freed: Pages that were freed.
 */
struct kho_fast_finished {
	int		nid;
	unsigned long	freed;
};

/* incoming/stats.c */
void kho_fast_stats_walk(u64 cycles, unsigned long nodes);
void kho_fast_stats_walk_show(struct seq_file *m);
void kho_fast_stats_init(void);
void kho_fast_stats_add(const struct kho_fast_finished *section, u64 began,
			u64 ended, u64 clock);
void kho_fast_stats_spans(void);
void kho_fast_stats_show(struct seq_file *m);

/* incoming/trim.c */
void kho_fast_trim_soon(void);
unsigned long kho_fast_count_held(void);

/* incoming/reserve_mem.c */
void kho_fast_adopt_reserved(void);

/* outgoing/fdt.c */
int kho_fast_subtree_init(void);
void kho_fast_subtree_exit(void);
phys_addr_t kho_fast_subtree_fdt_pa(void);
int kho_fast_subtree_read(const void *fdt, int node, phys_addr_t *phys,
			  size_t *size);
void kho_fast_subtree_check(const struct kho_fast_map *map, void *fdt);

/* kexec_metadata.c */
int kho_fast_metadata_init(void);

/* debugfs.c */
#ifdef CONFIG_KEXEC_HANDOVER_DEBUGFS
void kho_fast_debugfs_init(void);
void kho_fast_debugfs_incoming(const void *fdt);
void kho_fast_debugfs_out(const void *fdt, size_t size);
void kho_fast_debugfs_add(const char *name, const void *blob, size_t size);
void kho_fast_debugfs_remove(const void *blob);
#else
static inline void kho_fast_debugfs_init(void) { }
static inline void kho_fast_debugfs_incoming(const void *fdt) { }
static inline void kho_fast_debugfs_out(const void *fdt, size_t size) { }
static inline void kho_fast_debugfs_add(const char *name, const void *blob,
					size_t size) { }
static inline void kho_fast_debugfs_remove(const void *blob) { }
#endif

#endif /* _KERNEL_KHO_FAST_INTERNAL_H */
