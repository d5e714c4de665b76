// SPDX-License-Identifier: GPL-2.0-only
/*
 * A timeline as a Gantt chart in SVG: a row per phase, then the spans, packed into as few
 * rows as hold them without overlap; both kernels on one axis. The file stands alone.
 *
 *	 0        200       400  ms
 *	 |  old   |     new |
 *	 ###                        freeze 1.2 ms
 *	    ###########             jump 60 ms		the largest is red
 *	 =                          session vm-1
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

#define WIDTH		1200.0
#define LEFT		150.0	/* of the axis: names of the rows */
#define RIGHT		110.0	/* room for a text behind a bar at the end */
#define TOP		64.0
#define ROW		22.0
#define LANE		15.0

struct chart {
	FILE			*out;
	const struct timeline	*t;
	uint64_t		from, to;	/* ns */
	uint64_t		new_ns;		/* the new kernel starts; to: never */
	double			y;		/* of the next row */
};

static double x_of(const struct chart *c, uint64_t ns)
{
	return LEFT + (WIDTH - LEFT - RIGHT) * (ns - c->from) / (c->to - c->from);
}

/* Labels come from whoever named a session. */
static void put_text(FILE *out, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		default:
			fputc((unsigned char)*s < ' ' ? '?' : *s, out);
		}
	}
}

static void put_title(FILE *out, const struct timeline_item *item)
{
	char *text = item_text(item);

	fputs("<title>", out);
	put_text(out, text);
	free(text);
	fprintf(out, ", %s kernel: %s ms, from %s ms</title>", item->old ? "old" : "new",
		text_ms(item->end_ns - item->begin_ns).s, text_ms(item->begin_ns).s);
}

/* Thin ones are widened, so that they are seen. */
static double put_bar(const struct chart *c, const struct timeline_item *item, const char *class,
		      double height)
{
	double x = x_of(c, item->begin_ns), width = x_of(c, item->end_ns) - x;

	if (width < 1)
		width = 1;
	fprintf(c->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">",
		class, x, c->y + 2, width, height - 4);
	put_title(c->out, item);
	fputs("</rect>\n", c->out);
	return x + width;
}

static void put_phases(struct chart *c)
{
	const struct timeline_item *p, *largest = timeline_largest(c->t);

	for (p = c->t->phases; p < c->t->phases + c->t->nr_phases; p++, c->y += ROW) {
		double end = put_bar(c, p, p == largest ? "largest" : p->old ? "old" : "new", ROW);
		uint64_t ns = p->end_ns - p->begin_ns;

		fprintf(c->out, "<text class=\"row\" x=\"%.1f\" y=\"%.1f\">", LEFT - 8, c->y + 15);
		put_text(c->out, p->name);
		fprintf(c->out, "</text>\n<text x=\"%.1f\" y=\"%.1f\">%s ms, %s %%</text>\n",
			end + 4, c->y + 15, text_ms(ns).s, text_percent(ns, timeline_ns(c->t)).s);
	}
}

/* The label is drawn only where it fits, at about six units a letter. */
static void put_span(struct chart *c, const struct row_span *r, double top)
{
	const struct timeline_item *s = r->span;
	double x = x_of(c, s->begin_ns), end;

	c->y = top + r->row * LANE;
	if (r->first) {
		fprintf(c->out, "<text class=\"row\" x=\"%.1f\" y=\"%.1f\">", LEFT - 8, c->y + 11);
		put_text(c->out, s->name);
		fputs("</text>\n", c->out);
	}
	end = put_bar(c, s, s->old ? "old span" : "new span", LANE);
	if ((!s->label && s->node < 0) || end - x < 7.0 * (s->label ? strlen(s->label) : 6))
		return;
	fprintf(c->out, "<text class=\"in\" x=\"%.1f\" y=\"%.1f\">", x + 3, c->y + 11);
	if (s->label)
		put_text(c->out, s->label);
	else
		fprintf(c->out, "node %d", s->node);
	fputs("</text>\n", c->out);
}

static void put_spans(struct chart *c)
{
	struct row_span *rows = rows_of_spans(c->t), *r;
	double top = c->y += 10;
	size_t nr_rows = 0;

	for (r = rows; r < rows + c->t->nr_spans; r++) {
		put_span(c, r, top);
		nr_rows += r->first;
	}
	c->y = top + nr_rows * LANE;
	free(rows);
}

/* 1, 2 or 5 times a power of ten ms, so that there are at most twelve. */
static double tick_ms(const struct chart *c)
{
	double least = (c->to - c->from) / 1e6 / 12, unit = pow(10, floor(log10(least)));

	return least <= unit ? unit : least <= 2 * unit ? 2 * unit : least <= 5 * unit ? 5 * unit :
	       10 * unit;
}

static void put_axis(const struct chart *c, double bottom)
{
	double tick = tick_ms(c), ms;

	for (ms = 0; ms <= (c->to - c->from) / 1e6; ms += tick) {
		double x = x_of(c, c->from + (uint64_t)(ms * 1e6));

		fprintf(c->out,
			"<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n"
			"<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">%g</text>\n",
			x, TOP, x, bottom, x, bottom + 14, ms);
	}
	fprintf(c->out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">milliseconds</text>\n",
		(LEFT + WIDTH - RIGHT) / 2, bottom + 30);
}

/* Behind all: which kernel ran. */
static void put_kernels(const struct chart *c, double bottom)
{
	double x = x_of(c, c->new_ns);

	if (c->new_ns > c->from)
		fprintf(c->out, "<rect class=\"before\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
			"height=\"%.1f\"/>"
			"<text class=\"kernel\" x=\"%.1f\" y=\"%.1f\">old kernel</text>\n",
			LEFT, TOP, x - LEFT, bottom - TOP, LEFT + 4, TOP - 5);
	if (c->new_ns < c->to)
		fprintf(c->out, "<text class=\"kernel\" x=\"%.1f\" y=\"%.1f\">new kernel</text>\n",
			c->new_ns > c->from && x < LEFT + 80 ? LEFT + 84 : x + 4, TOP - 5);
}

static void put_head(const struct chart *c, double height)
{
	const struct timeline_item *largest = timeline_largest(c->t);

	fprintf(c->out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
		"width=\"%.0f\" height=\"%.0f\" font-family=\"sans-serif\" font-size=\"11\">\n"
		"<style>.old{fill:#7a8ca3}.new{fill:#3b7dd8}.largest{fill:#d64545}"
		".span{opacity:.75}.before{fill:#f0f0f0}.grid{stroke:#ddd}.row{text-anchor:end}"
		".in{fill:#fff;font-size:10px}.tick{text-anchor:middle;fill:#555}.kernel{fill:#555}"
		".head{font-size:15px}</style>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		"<text class=\"head\" x=\"%.0f\" y=\"24\">%s ms, the largest phase is ",
		WIDTH, height, WIDTH, height, LEFT, text_ms(timeline_ns(c->t)).s);
	put_text(c->out, largest->name);
	fprintf(c->out, " with %s ms</text>\n", text_ms(largest->end_ns - largest->begin_ns).s);
}

static void find_limits(struct chart *c)
{
	const struct timeline *t = c->t;
	size_t i;

	c->from = t->phases[0].begin_ns;
	c->to = t->phases[t->nr_phases - 1].end_ns;
	for (i = 0; i < t->nr_spans; i++) {
		if (t->spans[i].end_ns > c->to)
			c->to = t->spans[i].end_ns;
		if (t->spans[i].begin_ns < c->from)
			c->from = t->spans[i].begin_ns;
	}
	if (c->to == c->from)
		c->to++;
	c->new_ns = c->to;
	for (i = t->nr_phases; i-- && !t->phases[i].old;)
		c->new_ns = t->phases[i].begin_ns;
}

/* The bars are made first: only then the height is known. */
bool timeline_svg(FILE *out, const struct timeline *t)
{
	struct chart c = { .t = t, .y = TOP };
	char *bars;
	size_t len;

	c.out = open_memstream(&bars, &len);
	if (!c.out)
		errx(EXIT_INPUT, "no memory");
	find_limits(&c);
	put_phases(&c);
	put_spans(&c);
	fclose(c.out);
	c.out = out;
	put_head(&c, c.y + 44);
	put_kernels(&c, c.y + 6);
	put_axis(&c, c.y + 6);
	fwrite(bars, 1, len, out);
	free(bars);
	return fputs("</svg>\n", out) >= 0;
}
