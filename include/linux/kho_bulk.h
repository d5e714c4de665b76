/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preserving many folios at once. Without CONFIG_KHO_FAST this is a loop over
 * the functions for one folio, so that callers compile either way.
 */
#ifndef _LINUX_KHO_BULK_H
#define _LINUX_KHO_BULK_H

#include <linux/kexec_handover.h>
#include <linux/mm.h>

#ifdef CONFIG_KHO_FAST

int kho_preserve_folios(struct folio **folios, unsigned long nr);
void kho_unpreserve_folios(struct folio **folios, unsigned long nr);
int kho_preserve_folio_range(struct folio *first, unsigned long nr);
void kho_unpreserve_folio_range(struct folio *first, unsigned long nr);

#else /* !CONFIG_KHO_FAST */

static inline void kho_unpreserve_folios(struct folio **folios,
					 unsigned long nr)
{
	while (nr--)
		kho_unpreserve_folio(folios[nr]);
}

static inline int kho_preserve_folios(struct folio **folios, unsigned long nr)
{
	unsigned long i;
	int err;

	for (i = 0; i < nr; i++) {
		err = kho_preserve_folio(folios[i]);
		if (err) {
			kho_unpreserve_folios(folios, i);
			return err;
		}
	}

	return 0;
}

static inline struct folio *kho_nth_folio(struct folio *first, unsigned long n)
{
	return pfn_folio(folio_pfn(first) + (n << folio_order(first)));
}

static inline void kho_unpreserve_folio_range(struct folio *first,
					      unsigned long nr)
{
	while (nr--)
		kho_unpreserve_folio(kho_nth_folio(first, nr));
}

static inline int kho_preserve_folio_range(struct folio *first,
					   unsigned long nr)
{
	unsigned long i;
	int err;

	for (i = 0; i < nr; i++) {
		err = kho_preserve_folio(kho_nth_folio(first, i));
		if (err) {
			kho_unpreserve_folio_range(first, i);
			return err;
		}
	}

	return 0;
}

#endif /* CONFIG_KHO_FAST */

#endif /* _LINUX_KHO_BULK_H */
