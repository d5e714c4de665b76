/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is preserved: folios at the same places in each period of memory.
 */
#ifndef SETS_H
#define SETS_H

#include <stdbool.h>
#include <stdint.h>

#define SET_MAX_FOLIOS	(1u << 14)
#define SET_MAX_PERIOD	(1ul << 18)

struct set_folio {
	uint32_t	offset;		/* page of the period */
	uint32_t	order;
};

/**
 * struct folio_set - A set of folios.
 * @name:    As in the list of cases.
 * @make:    Adds the folios of a period, by set_add().
 * @order:   Of uniform folios.
 * @stride:  One of so many uniform folios is preserved.
 */
struct folio_set {
	const char	*name;
	void		(*make)(const struct folio_set *set);
	unsigned int	order;
	unsigned int	stride;
};

/* The set that is used: in each @period pages @nr folios, the first one at its start. */
struct set {
	unsigned long		period;
	unsigned int		nr;
	unsigned int		nr_pages;	/* in these folios */
	struct set_folio	folios[SET_MAX_FOLIOS];
};

extern struct set set;

#define NR_SETS	28
extern const struct folio_set folio_sets[NR_SETS];

void set_make(unsigned int index);

/* Where a loop over the folios of memory is. */
struct set_pos {
	unsigned long	start;		/* of the period */
	unsigned int	i;
	unsigned long	pfn;
	unsigned int	order;
};

/* Returns false at @end, where a period ends. */
static inline bool set_pos_is_valid(struct set_pos *pos, unsigned long end)
{
	if (pos->start >= end)
		return false;
	pos->pfn = pos->start + set.folios[pos->i].offset;
	pos->order = set.folios[pos->i].order;
	return true;
}

static inline void set_pos_next(struct set_pos *pos)
{
	if (++pos->i < set.nr)
		return;
	pos->i = 0;
	pos->start += set.period;
}

/* The first page behind the free pages that follow the folio. */
static inline unsigned long set_pos_gap_end(const struct set_pos *pos)
{
	return pos->start + (pos->i + 1 < set.nr ? set.folios[pos->i + 1].offset : set.period);
}

#define for_each_set_folio(pos, from, end)				\
	for (*(pos) = (struct set_pos){ .start = (from) };		\
	     set_pos_is_valid((pos), (end)); set_pos_next(pos))

#endif /* SETS_H */
