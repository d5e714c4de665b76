// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bars: one per kernel and way of dividing its blackout, as inline SVG. Each has a
 * scale of its own, or ours would be a line beside a stock one of minutes.
 */
#include <string.h>

#include "report.h"

#define WIDTH		800
#define LEFT		150	/* of the bars; their names are there */
#define RIGHT		80	/* their lengths */
#define HEIGHT		34	/* of a bar, */
#define STEP		44	/* and from one to the next */
#define CHAR_WIDTH	7.5	/* of the labels, about */

static const struct bar {
	enum kernel	k;
	enum breakdown	b;
	const char	*name;
} bars[] = {
	{ STOCK, LANDMARKS, "stock" },
	{ FAST, LANDMARKS, "ours" },
	{ FAST, PHASES, "ours, own stamps" },
};

#define NR_BARS		(sizeof(bars) / sizeof(*bars))

/*
 * A name has one colour wherever it is; "console" is what jump to memblock are in ours. Light
 * enough for black text on them, in either colour scheme of the page.
 */
static const struct colour {
	const char	*name, *rgb;
} colours[] = {
	{ "freeze", "#f2b5d4" }, { "shutdown", "#8dd3c7" }, { "cpus-offline", "#e0a8e0" },
	{ "console", "#f4c95d" }, { "jump", "#f4c95d" }, { "early", "#e6b422" },
	{ "walk", "#fff0b3" }, { "memory", "#e6d690" }, { "memblock", "#d9c27a" },
	{ "core", "#b7b1dd" }, { "smp", "#fb9a84" }, { "deferred", "#8fbcdb" },
	{ "initcalls", "#fdc086" }, { "userspace", "#b3de69" },
};

#define NR_COLOURS	(sizeof(colours) / sizeof(*colours))

static const char *colour_of(const char *name)
{
	for (size_t i = 0; i < NR_COLOURS; i++)
		if (!strcmp(colours[i].name, name))
			return colours[i].rgb;
	return "#c9c9c9";
}

static double text_width(const char *s)
{
	return snprintf(NULL, 0, "%s", s) * CHAR_WIDTH;
}

static void draw_part(FILE *out, const struct part *part, uint64_t sum, double x, unsigned int y)
{
	double width = (double)(WIDTH - LEFT - RIGHT) * part->ns / sum;

	fprintf(out, "<g><title>%s: %s ms, %s</title>"
		"<rect x=\"%.2f\" y=\"%u\" width=\"%.2f\" height=\"%d\" fill=\"%s\"/>",
		part->name, text_ms(part->ns).s, text_percent(part->ns, sum).s, x, y, width, HEIGHT,
		colour_of(part->name));
	if (text_width(part->name) < width)
		fprintf(out, "<text x=\"%.2f\" y=\"%u\" text-anchor=\"middle\" fill=\"#111\">%s"
			"</text>", x + width / 2, y + HEIGHT / 2 + 5, part->name);
	fputs("</g>\n", out);
}

static void draw_bar(FILE *out, const struct bar *bar, const struct parts *parts, unsigned int y)
{
	uint64_t sum = parts_sum(parts);
	double x = LEFT;

	fprintf(out, "<text x=\"%d\" y=\"%u\" text-anchor=\"end\" fill=\"currentColor\">%s"
		"</text>\n", LEFT - 8, y + HEIGHT / 2 + 5, bar->name);
	for (size_t i = 0; i < parts->nr; i++) {
		draw_part(out, &parts->v[i], sum, x, y);
		x += (double)(WIDTH - LEFT - RIGHT) * parts->v[i].ns / sum;
	}
	fprintf(out, "<text x=\"%d\" y=\"%u\" fill=\"currentColor\">%s s</text>\n",
		WIDTH - RIGHT + 8, y + HEIGHT / 2 + 5, text_seconds(sum).s);
}

/**
 * bars_draw() - The bars of a scenario, if it has parts.
 * @out: The page.
 * @sc: The scenario.
 */
void bars_draw(FILE *out, const struct scenario *sc)
{
	struct parts parts[NR_BARS];
	unsigned int nr = 0;

	for (size_t i = 0; i < NR_BARS; i++) {
		parts[i] = parts_of(sc, bars[i].k, bars[i].b);
		nr += parts_sum(&parts[i]) > 0;
	}
	if (!nr)
		return;
	fprintf(out, "<figure><figcaption>%s, %s</figcaption>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %u\" "
		"font-family=\"sans-serif\" font-size=\"14\">\n", text_label(sc).s, sc->memory,
		WIDTH, nr * STEP);
	nr = 0;
	for (size_t i = 0; i < NR_BARS; i++)
		if (parts_sum(&parts[i]))
			draw_bar(out, &bars[i], &parts[i], STEP * nr++ + (STEP - HEIGHT) / 2);
	fputs("</svg></figure>\n", out);
}
