// SPDX-License-Identifier: GPL-2.0-only
/* A table as text, Markdown and HTML. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

/**
 * table_new() - Make a table without rows.
 * @columns: "TITLE|TITLE|...", each as "<GROUP:TITLE#CLASS", of which all but TITLE may be
 *	missing: < aligns to the left, GROUP is a common title of columns that follow one another,
 *	CLASS is for HTML.
 * Return: the table, for table_put().
 */
struct table table_new(const char *columns)
{
	struct table t = { .nr = 0 };
	char *rest = strdup(columns), *word;

	while ((word = strsep(&rest, "|"))) {
		struct column *c = &t.columns[t.nr_columns++];

		c->left = *word == '<';
		word += c->left;
		c->group = strchr(word, ':') ? strsep(&word, ":") : "";
		c->title = strsep(&word, "#");
		c->class = word ?: "";
	}
	return t;
}

/* The next cell of a row, or of the next row */
void table_cell(struct table *t, const char *s)
{
	t->cells = grow(t->cells, t->nr, sizeof(*t->cells));
	t->cells[t->nr] = strdup(s);
	if (!t->cells[t->nr++])
		die("out of memory");
}

/* A row: a string for each column */
void table_add(struct table *t, ...)
{
	va_list args;

	va_start(args, t);
	for (size_t i = t->nr_columns; i; i--)
		table_cell(t, va_arg(args, const char *));
	va_end(args);
}

/* Columns from @i on that have its group */
static size_t span_of(const struct table *t, size_t i)
{
	size_t end = i + 1;

	while (*t->columns[i].group && end < t->nr_columns &&
	       !strcmp(t->columns[end].group, t->columns[i].group))
		end++;
	return end - i;
}

static bool has_groups(const struct table *t)
{
	for (size_t i = 0; i < t->nr_columns; i++)
		if (*t->columns[i].group)
			return true;
	return false;
}

/* Blanks are kept back until something follows. */
static void put_cell(FILE *out, size_t *gap, const char *s, size_t width, bool left)
{
	size_t len = strlen(s), pad = width - len;

	while (len && s[len - 1] == ' ')
		len--;
	*gap += left ? 0 : pad;
	if (len) {
		fprintf(out, "%*s%.*s", (int)*gap, "", (int)len, s);
		*gap = 0;
	}
	*gap += strlen(s) - len + 1 + (left ? pad : 0);
}

static void put_row(FILE *out, const struct table *t, char **cells, const size_t *widths)
{
	size_t gap = 0;

	for (size_t i = 0; i < t->nr_columns; i++)
		put_cell(out, &gap, cells ? cells[i] : t->columns[i].title, widths[i],
			 t->columns[i].left);
	fputc('\n', out);
}

static void put_groups(FILE *out, const struct table *t, size_t *widths)
{
	size_t gap = 0;

	for (size_t i = 0; i < t->nr_columns; i += span_of(t, i)) {
		const char *group = t->columns[i].group;
		size_t width = 0;

		for (size_t j = 0; j < span_of(t, i); j++)
			width += widths[i + j] + !!j;
		if (strlen(group) > width) {
			widths[i] += strlen(group) - width;
			width = strlen(group);
		}
		put_cell(out, &gap, group, width, t->columns[i].left);
	}
	fputc('\n', out);
}

static void put_text(FILE *out, const struct table *t)
{
	size_t widths[MAX_COLUMNS], nr = t->nr_columns;

	for (size_t i = 0; i < nr; i++)
		widths[i] = strlen(t->columns[i].title);
	for (size_t i = 0; i < t->nr; i++)
		if (strlen(t->cells[i]) > widths[i % nr])
			widths[i % nr] = strlen(t->cells[i]);
	if (has_groups(t))
		put_groups(out, t, widths);
	put_row(out, t, NULL, widths);
	for (size_t i = 0; i < t->nr; i += nr)
		put_row(out, t, t->cells + i, widths);
}

/* The name of a group is part of its first title. */
static void put_markdown(FILE *out, const struct table *t)
{
	for (size_t i = 0; i < t->nr_columns; i++) {
		const struct column *c = &t->columns[i];
		bool first = !i || strcmp(c[-1].group, c->group);

		fprintf(out, "| %s%s%s ", first ? c->group : "", first && *c->group ? " " : "",
			c->title);
	}
	fputs("|\n", out);
	for (size_t i = 0; i < t->nr_columns; i++)
		fputs(t->columns[i].left ? "|---" : "|---:", out);
	for (size_t i = 0; i < t->nr; i++)
		fprintf(out, "%s| %s ", i % t->nr_columns ? "" : "|\n",
			t->cells[i] + strspn(t->cells[i], " "));
	fputs("|\n", out);
}

/* Text as it stands */
void html_text(FILE *out, const char *s)
{
	for (; *s; s++) {
		const char *entity = *s == '<' ? "&lt;" : *s == '>' ? "&gt;" : *s == '&' ? "&amp;" :
				     *s == '"' ? "&quot;" : NULL;

		if (entity)
			fputs(entity, out);
		else
			fputc(*s, out);
	}
}

static void put_html(FILE *out, const struct table *t)
{
	fprintf(out, "<div class=\"wide\"><table><thead>%s", has_groups(t) ? "<tr>" : "");
	for (size_t i = 0; i < t->nr_columns && has_groups(t); i += span_of(t, i)) {
		fprintf(out, "<th colspan=\"%zu\">", span_of(t, i));
		html_text(out, t->columns[i].group);
	}
	fputs("<tr>", out);
	for (size_t i = 0; i < t->nr_columns; i++) {
		fputs("<th>", out);
		html_text(out, t->columns[i].title);
	}
	fputs("</thead><tbody>", out);
	for (size_t i = 0; i < t->nr; i++) {
		fprintf(out, "%s<td class=\"%s\">", i % t->nr_columns ? "" : "\n<tr>",
			t->columns[i % t->nr_columns].class);
		html_text(out, t->cells[i]);
	}
	fputs("\n</tbody></table></div>\n", out);
}

/* Write a table and drop its rows. */
void table_put(FILE *out, struct table *t, enum format format)
{
	static void (*const put[])(FILE *out, const struct table *t) = {
		[TEXT] = put_text, [MARKDOWN] = put_markdown, [HTML] = put_html,
	};

	put[format](out, t);
	t->nr = 0;
}
