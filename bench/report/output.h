/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables. */
#ifndef BENCH_OUTPUT_H
#define BENCH_OUTPUT_H

#include "samples.h"

/* table.c */
enum format { TEXT, MARKDOWN, HTML };

#define MAX_COLUMNS	16

struct table {
	struct column {
		char	*title, *group, *class;
		bool	left;
	} columns[MAX_COLUMNS];
	size_t	nr_columns;
	char	**cells;		/* by row */
	size_t	nr;
};

struct table table_new(const char *columns);
void table_cell(struct table *t, const char *s);
void table_add(struct table *t, ...);
void table_put(FILE *out, struct table *t, enum format format);
void html_text(FILE *out, const char *s);

#endif /* BENCH_OUTPUT_H */
