/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checksums of what is handed over.
 */
#ifndef _KERNEL_KHO_FAST_CHECKSUM_H
#define _KERNEL_KHO_FAST_CHECKSUM_H

#include <linux/io.h>
#include <linux/mm.h>
#include <linux/types.h>

#define KHO_FAST_PAGE_WORDS	(PAGE_SIZE / sizeof(u64))

/* The last word of a page, and the word before it */
#define KHO_FAST_SEAL		(KHO_FAST_PAGE_WORDS - 1)
#define KHO_FAST_SUM		(KHO_FAST_PAGE_WORDS - 2)

/* Bytes of a page that a seal and the word before it leave */
#define KHO_FAST_SEALED_SIZE	(KHO_FAST_SUM * sizeof(u64))

#ifdef CONFIG_KHO_FAST_CHECKSUM

bool kho_fast_checksum_writes(void);
bool kho_fast_checksum_writes_all(void);
u64 kho_fast_sum(const void *mem, size_t size, u64 seed);
void kho_fast_seal(void *page, size_t used);
bool kho_fast_seal_matches(const void *page, size_t used, phys_addr_t phys);

/* outgoing/checksum.c */
void kho_fast_checksum_prepare(unsigned long nr_pages);
void kho_fast_checksum_jump(void);

/* incoming/checksum.c */
bool kho_fast_checksum_reads(void);
int kho_fast_checksum_begin(void);
bool kho_fast_checksum_next(phys_addr_t phys);
void kho_fast_checksum_drop(void);
void kho_fast_checksum_end(void);
void kho_fast_checksum_free(void);

#else

static inline bool kho_fast_checksum_writes(void)
{
	return false;
}

static inline bool kho_fast_checksum_writes_all(void)
{
	return false;
}

static inline u64 kho_fast_sum(const void *mem, size_t size, u64 seed)
{
	return 0;
}

static inline void kho_fast_seal(void *page, size_t used) { }

static inline bool kho_fast_seal_matches(const void *page, size_t used,
					 phys_addr_t phys)
{
	return true;
}

static inline void kho_fast_checksum_prepare(unsigned long nr_pages) { }
static inline void kho_fast_checksum_jump(void) { }

static inline bool kho_fast_checksum_reads(void)
{
	return false;
}

static inline int kho_fast_checksum_begin(void)
{
	return 0;
}

static inline bool kho_fast_checksum_next(phys_addr_t phys)
{
	return true;
}

static inline void kho_fast_checksum_drop(void) { }
static inline void kho_fast_checksum_end(void) { }
static inline void kho_fast_checksum_free(void) { }

#endif /* CONFIG_KHO_FAST_CHECKSUM */

/* Is a page of the previous kernel as it was sealed, if it seals pages? */
static inline bool kho_fast_is_intact(const void *page, size_t used)
{
	return !kho_fast_checksum_reads() ||
	       kho_fast_seal_matches(page, used, virt_to_phys((void *)page));
}

#endif /* _KERNEL_KHO_FAST_CHECKSUM_H */
