// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the time went: the parts of the blackout, per scenario. What both kernels say on
 * the console divides stock and ours by the same lines; below it ours by its own stamps.
 * The largest part of each is marked.
 */
#include <stdlib.h>
#include <string.h>

#include "report.h"

static const char title[] = "Where the time went: medians in ms, < the largest part";

/* A column of the table: the parts of a kernel. */
struct column {
	struct parts	parts;
	uint64_t	sum;
};

static struct column column_of(const struct scenario *sc, enum kernel k, enum breakdown b)
{
	struct column c = { .parts = parts_of(sc, k, b) };

	c.sum = parts_sum(&c.parts);
	return c;
}

static const struct part *find(const struct parts *parts, const char *name)
{
	for (size_t i = 0; i < parts->nr; i++)
		if (!strcmp(parts->v[i].name, name))
			return &parts->v[i];
	return NULL;
}

struct cell {
	char	s[2 * sizeof(struct text) + 8];
};

/* "12.30 4.5% <"; nothing for a part that this kernel does not have. */
static struct cell cell_of(const struct column *c, const char *name)
{
	const struct part *part = find(&c->parts, name);
	struct cell cell = { "" };

	if (part)
		snprintf(cell.s, sizeof(cell.s), "%12s %6s%s", text_ms(part->ns).s,
			 text_percent(part->ns, c->sum).s,
			 part == parts_largest(&c->parts) ? " <" : "");
	return cell;
}

static void print_row(FILE *out, const struct column *stock, const struct column *fast,
		      const char *name)
{
	struct cell left = cell_of(stock, name), right = cell_of(fast, name);

	fprintf(out, "  %-26.26s %*s%s%s\n", name, *right.s ? -21 : 0, left.s, *right.s ? " " : "",
		right.s);
}

static void print_breakdown(FILE *out, const struct scenario *sc, enum breakdown b)
{
	struct column stock = column_of(sc, STOCK, b), fast = column_of(sc, FAST, b);
	const struct parts *names = stock.parts.nr ? &stock.parts : &fast.parts;

	for (size_t i = 0; i < names->nr; i++)
		print_row(out, &stock, &fast, names->v[i].name);
	/* What only ours said. */
	for (size_t i = 0; i < fast.parts.nr && names != &fast.parts; i++)
		if (!find(names, fast.parts.v[i].name))
			print_row(out, &stock, &fast, fast.parts.v[i].name);
	fprintf(out, "  %-26s %12s %8s %12s\n", "sum", stock.sum ? text_ms(stock.sum).s : "-", "",
		fast.sum ? text_ms(fast.sum).s : "-");
}

static bool known(const struct scenario *sc, enum breakdown b)
{
	return parts_of(sc, STOCK, b).nr || parts_of(sc, FAST, b).nr;
}

/**
 * where_known() - Whether a run has parts.
 * @run: The run.
 * Return: False for one that was measured without them.
 */
bool where_known(const struct run *run)
{
	for (size_t i = 0; i < run->nr; i++)
		if (known(&run->scenarios[i], LANDMARKS) || known(&run->scenarios[i], PHASES))
			return true;
	return false;
}

static void print_scenario(FILE *out, const struct scenario *sc)
{
	char label[64];

	snprintf(label, sizeof(label), "%.40s, %.8s", text_label(sc).s, sc->memory);
	fprintf(out, "\n%-28s %12s %8s %12s\n", label, "STOCK", "", "OURS");
	if (known(sc, LANDMARKS)) {
		fprintf(out, " until the console says so\n");
		print_breakdown(out, sc, LANDMARKS);
	}
	if (known(sc, PHASES)) {
		fprintf(out, " by the kernel's own stamps\n");
		print_breakdown(out, sc, PHASES);
	}
}

/**
 * where_print() - Print where the time of a run went.
 * @out: Where to.
 * @run: The run.
 */
void where_print(FILE *out, const struct run *run)
{
	fprintf(out, "%s, %s, run %s\n", title, run->where, run->id);
	for (size_t i = 0; i < run->nr; i++)
		print_scenario(out, &run->scenarios[i]);
}

/**
 * where_html() - The same on the page, with a picture per scenario.
 * @out: The file.
 * @run: The run.
 */
void where_html(FILE *out, const struct run *run)
{
	char *text = NULL;
	size_t size = 0;
	FILE *mem;

	if (!where_known(run))
		return;
	fputs("<h3>Where the time went</h3>\n", out);
	for (size_t i = 0; i < run->nr; i++)
		bars_draw(out, &run->scenarios[i]);
	fputs("<p class=\"dim\">Each bar is a blackout, drawn to its own scale with its length "
	      "beside it: medians of the parts. What both kernels say on the console divides "
	      "them by the same lines; the third bar is ours by the stamps of the kernel. Hover "
	      "for the figures, or read the table.</p>\n", out);
	mem = open_memstream(&text, &size);
	if (!mem)
		die("out of memory");
	where_print(mem, run);
	if (fclose(mem))
		die("out of memory");
	fputs("<pre>", out);
	html_text(out, text);
	fputs("</pre>\n", out);
	free(text);
}
