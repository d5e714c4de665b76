/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: what makes a compound page. */
#include <linux/mm.h>

void prep_compound_tail(struct page *page, const struct page *head, unsigned int order);
void prep_compound_head(struct page *head, unsigned int order);
