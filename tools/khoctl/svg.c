// SPDX-License-Identifier: GPL-2.0-only
/*
 * A timeline as a Gantt chart in SVG, a file that stands alone: a row per phase, then spans in as
 * few rows as hold them without overlap; both kernels on one axis. khoctl draws it by itself
 * because guests and hosts have no gnuplot, and for the titles of the bars.
 *
 *	 0        200       400  ms
 *	 |  old   |     new |
 *	 ###                        freeze 1.2 ms
 *	    ###########             jump 60 ms		the largest is red
 *	 =                          session vm-1
 */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

#define WIDTH		1200.0
#define LEFT		150.0	/* of the axis: names of the rows */
#define RIGHT		110.0	/* for a text behind a bar at the end */
#define TOP		64.0
#define PHASE		22.0	/* heights of rows */
#define SPAN		15.0
#define LETTER		7.0	/* widest letter in a bar */

static const char head[] =
	"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" "
	"height=\"%.0f\" font-family=\"sans-serif\" font-size=\"11\">\n"
	"<style>.old{fill:#7a8ca3}.new{fill:#3b7dd8}.vmm{fill:#3f9e62}.largest{fill:#d64545}"
	".span{opacity:.75}.before{fill:#f0f0f0}.grid{stroke:#ddd}.row{text-anchor:end}"
	".in{fill:#fff;font-size:10px}"
	".tick{text-anchor:middle;fill:#555}.kernel{fill:#555}.head{font-size:15px}</style>\n"
	"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n";

struct chart {
	FILE			*out;
	const struct timeline	*t;
	uint64_t		from, to;	/* ns */
	uint64_t		new_ns;		/* start of the new kernel; to: none */
	double			bottom;
};

static double x_of(const struct chart *c, uint64_t ns)
{
	return LEFT + (WIDTH - LEFT - RIGHT) * (ns - c->from) / (c->to - c->from);
}

/* Text at a place, or without @class the title of a bar. Escaped: userspace names sessions. */
static void __attribute__((format(printf, 5, 6)))
put_text(FILE *out, const char *class, double x, double y, const char *fmt, ...)
{
	va_list args;
	char *text, *s;

	va_start(args, fmt);
	text = text_vformat(fmt, args);
	va_end(args);
	if (class)
		fprintf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, x, y);
	else
		fputs("<title>", out);
	for (s = text; *s; s++) {
		if (strchr("<>&", *s))
			fprintf(out, "&#%d;", *s);
		else
			fputc((unsigned char)*s < ' ' ? '?' : *s, out);
	}
	fputs(class ? "</text>\n" : "</title>", out);
	free(text);
}

/* Returns the right edge; thin bars are widened. */
static double put_bar(const struct chart *c, const struct timeline_item *item, const char *class,
		      double y, double height)
{
	double x = x_of(c, item->begin_ns), width = fmax(x_of(c, item->end_ns) - x, 1);
	char *text = item_text(item);

	fprintf(c->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">",
		class, x, y + 2, width, height - 4);
	put_text(c->out, NULL, 0, 0, "%s, %s%s: %s ms, from %s ms", text, item_side(item),
		 item->vmm ? "" : " kernel", text_ms(item->end_ns - item->begin_ns).s,
		 text_ms(item->begin_ns).s);
	fputs("</rect>\n", c->out);
	free(text);
	return x + width;
}

static void put_phases(const struct chart *c)
{
	const struct timeline_item *p, *largest = timeline_largest(c->t);
	double y = TOP, x;

	for (p = c->t->phases; p < c->t->phases + c->t->nr_phases; p++, y += PHASE) {
		uint64_t ns = p->end_ns - p->begin_ns;

		x = put_bar(c, p, p == largest ? "largest" : item_side(p), y, PHASE);
		put_text(c->out, "row", LEFT - 8, y + 15, "%s", p->name);
		put_text(c->out, "value", x + 4, y + 15, "%s ms, %s %%", text_ms(ns).s,
			 text_percent(ns, timeline_ns(c->t)).s);
	}
}

static void put_span(const struct chart *c, const struct row_span *r, double y)
{
	const struct timeline_item *s = r->span;
	char *text = s->label ? text_dup(s->label) : text_format("node %d", s->node);
	double x = x_of(c, s->begin_ns), end;

	if (r->first)
		put_text(c->out, "row", LEFT - 8, y + 11, "%s", s->name);
	end = put_bar(c, s, s->old ? "old span" : "new span", y, SPAN);
	if ((s->label || s->node >= 0) && end - x >= LETTER * strlen(text))
		put_text(c->out, "in", x + 3, y + 11, "%s", text);
	free(text);
}

/* At most twelve ticks, each 1, 2 or 5 times a power of ten ms. */
static double tick_ms(const struct chart *c)
{
	double least = (c->to - c->from) / 1e6 / 12, unit = pow(10, floor(log10(least)));

	return least <= unit ? unit : least <= 2 * unit ? 2 * unit : least <= 5 * unit ? 5 * unit :
	       10 * unit;
}

static void put_axis(const struct chart *c)
{
	double tick = tick_ms(c), ms, x;

	for (ms = 0; ms <= (c->to - c->from) / 1e6; ms += tick) {
		x = x_of(c, c->from + (uint64_t)(ms * 1e6));
		fprintf(c->out, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
			"y2=\"%.1f\"/>\n", x, TOP, x, c->bottom);
		put_text(c->out, "tick", x, c->bottom + 14, "%g", ms);
	}
	put_text(c->out, "tick", (LEFT + WIDTH - RIGHT) / 2, c->bottom + 30,
		 "milliseconds");
}

static void put_kernels(const struct chart *c)
{
	double x = x_of(c, c->new_ns);

	if (c->new_ns > c->from) {
		fprintf(c->out, "<rect class=\"before\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
			"height=\"%.1f\"/>", LEFT, TOP, x - LEFT, c->bottom - TOP);
		put_text(c->out, "kernel", LEFT + 4, TOP - 5, "old kernel");
		x = fmax(x, LEFT + 80);
	}
	if (c->new_ns < c->to)
		put_text(c->out, "kernel", x + 4, TOP - 5, "new kernel");
}

static void find_limits(struct chart *c)
{
	const struct timeline *t = c->t;
	size_t i;

	c->from = t->phases[0].begin_ns;
	c->to = t->phases[t->nr_phases - 1].end_ns;
	for (i = 0; i < t->nr_spans; i++) {
		c->to = t->spans[i].end_ns > c->to ? t->spans[i].end_ns : c->to;
		c->from = t->spans[i].begin_ns < c->from ? t->spans[i].begin_ns : c->from;
	}
	if (c->to == c->from)
		c->to++;
	c->new_ns = c->to;
	for (i = t->nr_phases; i-- && !t->phases[i].old;)
		c->new_ns = t->phases[i].begin_ns;
}

bool timeline_svg(FILE *out, const struct timeline *t)
{
	const struct timeline_item *largest = timeline_largest(t);
	struct row_span *rows = rows_of_spans(t), *r;
	double spans = TOP + t->nr_phases * PHASE + 10;
	struct chart c = { .out = out, .t = t, .bottom = spans + 6 };

	for (r = rows; r < rows + t->nr_spans; r++)
		c.bottom = fmax(c.bottom, spans + (r->row + 1) * SPAN + 6);
	find_limits(&c);
	fprintf(out, head, WIDTH, c.bottom + 38, WIDTH, c.bottom + 38);
	put_text(out, "head", LEFT, 24, "%s%s ms, the largest phase is %s with %s ms",
		 t->phases->vmm ? "the guest stands still for " : "", text_ms(timeline_ns(t)).s,
		 largest->name,
		 text_ms(largest->end_ns - largest->begin_ns).s);
	put_kernels(&c);
	put_axis(&c);
	put_phases(&c);
	for (r = rows; r < rows + t->nr_spans; r++)
		put_span(&c, r, spans + r->row * SPAN);
	free(rows);
	return fputs("</svg>\n", out) >= 0;
}
