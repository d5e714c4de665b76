// SPDX-License-Identifier: GPL-2.0-only
/* Rows of a chart of spans: old kernel before new, then by name. */
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

char *item_text(const struct timeline_item *item)
{
	char node[16] = "";

	if (item->node >= 0)
		snprintf(node, sizeof(node), " %d", item->node);
	return text_format("%s%s%s%s", item->name, node, item->label ? " " : "",
			   item->label ? item->label : "");
}

const char *item_side(const struct timeline_item *item)
{
	return item->vmm ? "vmm" : item->old ? "old" : "new";
}

static bool same_rows(const struct timeline_item *a, const struct timeline_item *b)
{
	return a->old == b->old && !strcmp(a->name, b->name);
}

static int by_begin(const void *a, const void *b)
{
	const struct timeline_item *x = ((const struct row_span *)a)->span;
	const struct timeline_item *y = ((const struct row_span *)b)->span;
	int names = strcmp(x->name, y->name);

	if (x->old != y->old)
		return x->old ? -1 : 1;
	if (names)
		return names;
	return x->begin_ns < y->begin_ns ? -1 : x->begin_ns > y->begin_ns;
}

struct row_span *rows_of_spans(const struct timeline *t)
{
	struct row_span *v = checked(calloc(t->nr_spans + 1, sizeof(*v)));
	uint64_t *ends = checked(calloc(t->nr_spans + 1, sizeof(*ends)));
	size_t i, row, first = 0, nr = 0;

	for (i = 0; i < t->nr_spans; i++)
		v[i].span = &t->spans[i];
	qsort(v, t->nr_spans, sizeof(*v), by_begin);
	for (i = 0; i < t->nr_spans; i++) {
		if (i && !same_rows(v[i - 1].span, v[i].span))
			first = nr;
		for (row = first; row < nr && ends[row] > v[i].span->begin_ns; row++)
			;
		v[i].first = row == nr;
		nr += v[i].first;
		ends[row] = v[i].span->end_ns;
		v[i].row = row;
	}
	free(ends);
	return v;
}
