// SPDX-License-Identifier: GPL-2.0-only
/* A timeline as lines, for test.sh. */
#include <inttypes.h>
#include <stdio.h>

#include "timeline.h"

static void print_items(const char *kind, const struct timeline_item *item, size_t nr)
{
	for (; nr; nr--, item++)
		printf("%s %s %s %s %d %" PRIu64 " %" PRIu64 "\n", kind, item->name,
		       item->old ? "old" : "new", item->label ? item->label : "-", item->node,
		       item->begin_ns, item->end_ns);
}

int main(int argc, char **argv)
{
	struct timeline *t = argc == 2 ? timeline_load(argv[1]) : NULL;
	size_t i;

	if (!t) {
		fprintf(stderr, "%s\n", timeline_error());
		return 1;
	}
	printf("%s %" PRIu64 " kHz from %" PRIu64 " previous %d lost %" PRIu64 "\n", t->clock,
	       t->khz, t->origin, t->previous, t->lost);
	print_items("phase", t->phases, t->nr_phases);
	print_items("span", t->spans, t->nr_spans);
	for (i = 0; i < t->nr_totals; i++)
		printf("total %s %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", t->totals[i].name,
		       t->totals[i].old ? "old" : "new", t->totals[i].nr, t->totals[i].sum_ns,
		       t->totals[i].max_ns);
	printf("%" PRIu64 " ns, largest %s\n", timeline_ns(t), timeline_largest(t)->name);
	timeline_free(t);
	return 0;
}
