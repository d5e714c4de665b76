// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breakdown of the blackout: medians of its parts, per scenario, as a table, a picture and a
 * trace. Lines of the console divide stock and ours at the same places; stamps of the kernel
 * exist in ours only. Parts up to the jump belong to the old kernel.
 */
#include <string.h>

#include "../../tools/lib/trace_event.h"
#include "scenario.h"

#define MAX_PARTS	24

struct part {
	const char	*name;
	double		ns;
};

struct parts {
	struct part	v[MAX_PARTS];
	size_t		nr;		/* 0: not measured */
	double		sum;		/* not quite the median of the blackout */
	size_t		largest;	/* the first of equals */
};

enum breakdown { STOCK_LANDMARKS, OUR_LANDMARKS, OUR_PHASES, NR_BREAKDOWNS };

static const struct {
	enum kernel	k;
	const char	*field, *name;
} breakdowns[] = {
	[STOCK_LANDMARKS]	= { STOCK, "landmarks", "stock" },
	[OUR_LANDMARKS]		= { FAST, "landmarks", "ours" },
	[OUR_PHASES]		= { FAST, "phases", "ours, own stamps" },
};

static double part_median(const struct series *series, const char *field, const char *name)
{
	double *v = xcalloc(series->nr, sizeof(*v));
	struct json_object *parts, *part;
	size_t nr = 0;

	for (size_t i = 0; i < series->nr; i++)
		if (series->v[i].status == OK &&
		    json_object_object_get_ex(series->v[i].record, field, &parts) &&
		    json_object_object_get_ex(parts, name, &part))
			v[nr++] = json_object_get_int64(part);
	return median_of(v, nr);
}

/* In the order of the first sample that has parts; none if a sample failed */
static struct parts parts_of(const struct scenario *sc, enum breakdown b)
{
	const struct series *series = sc->series[breakdowns[b].k];
	struct json_object *first = NULL;
	struct parts parts = { .nr = 0 };

	if (!series || figure_of(series, "blackout_ns").status == FAILED)
		return parts;
	for (size_t i = 0; i < series->nr && !first; i++)
		if (series->v[i].status == OK)
			json_object_object_get_ex(series->v[i].record, breakdowns[b].field, &first);
	if (!first)
		return parts;
	json_object_object_foreach(first, name, val) {
		double ns = part_median(series, breakdowns[b].field, name);

		(void)val;
		if (ns > parts.v[parts.largest].ns)
			parts.largest = parts.nr;
		parts.v[parts.nr++] = (struct part) { name, ns };
		parts.sum += ns;
	}
	return parts;
}

static const struct part *find(const struct parts *parts, const char *name)
{
	for (size_t i = 0; i < parts->nr; i++)
		if (!strcmp(parts->v[i].name, name))
			return &parts->v[i];
	return NULL;
}

static struct text text_ms(const struct part *part)
{
	return part ? text_of("%.2f", part->ns / 1e6) : text_of("%s", "");
}

static struct text text_share(const struct parts *parts, const struct part *part)
{
	if (!part)
		return text_of("%s", "");
	return text_of("%.1f%% %s", parts->sum ? 100 * part->ns / parts->sum : 0,
		       part == &parts->v[parts->largest] ? "<" : " ");
}

static struct text text_sum(const struct parts *parts)
{
	return parts->nr ? text_of("%.2f", parts->sum / 1e6) : text_of("-");
}

static void add_part(struct table *t, const struct parts *stock, const struct parts *ours,
		     const char *name)
{
	const struct part *left = find(stock, name), *right = find(ours, name);

	table_add(t, text_of("  %.40s", name).s, text_ms(left).s, text_share(stock, left).s,
		  text_ms(right).s, text_share(ours, right).s);
}

static void add_breakdown(struct table *t, const char *title, const struct parts *stock,
			  const struct parts *ours)
{
	if (!stock->nr && !ours->nr)
		return;
	table_add(t, title, "", "", "", "");
	for (size_t i = 0; i < stock->nr; i++)
		add_part(t, stock, ours, stock->v[i].name);
	for (size_t i = 0; i < ours->nr; i++)
		if (!find(stock, ours->v[i].name))
			add_part(t, stock, ours, ours->v[i].name);
	table_add(t, "  sum", text_sum(stock).s, "", text_sum(ours).s, "");
}

static struct text text_title(const struct scenario *sc)
{
	return text_of("%.40s, %.8s", scenario_label(sc).s, sc->memory);
}

/* Whether a run has parts; older ones do not. */
bool where_known(const struct scenarios *all)
{
	for (size_t i = 0; i < all->nr; i++)
		for (int b = 0; b < NR_BREAKDOWNS; b++)
			if (parts_of(&all->v[i], b).nr)
				return true;
	return false;
}

static void put_scenario(FILE *out, const struct scenario *sc, enum format format)
{
	struct table t = table_new(text_of("<%s|STOCK||OURS|", text_title(sc).s).s);
	struct parts none = { .nr = 0 }, parts[NR_BREAKDOWNS];

	for (int b = 0; b < NR_BREAKDOWNS; b++)
		parts[b] = parts_of(sc, b);
	add_breakdown(&t, " until the console says so", &parts[STOCK_LANDMARKS],
		      &parts[OUR_LANDMARKS]);
	add_breakdown(&t, " by the kernel's own stamps", &none, &parts[OUR_PHASES]);
	fputc('\n', out);
	table_put(out, &t, format);
}

/* The tables of all scenarios */
void where_put(FILE *out, const struct run *run, const struct scenarios *all, enum format format)
{
	const char *largest = format == HTML ? "&lt;" : "<";

	fprintf(out, "Where the time went: medians in ms, %s the largest part, %s, run %s\n",
		largest, run->where, run->id);
	for (size_t i = 0; i < all->nr; i++)
		put_scenario(out, &all->v[i], format);
}

/*
 * A name has one colour wherever it is; "console" is what jump to memblock are in ours. Light
 * enough for black text on them, in either colour scheme of the page.
 */
static const struct style {
	const char	*name;		/* of a part; NULL: any other */
	unsigned int	rgb;
	bool		old;		/* of the old kernel */
} styles[] = {
	{ "before", 0xc9c9c9, true }, { "freeze", 0xf2b5d4, true },
	{ "shutdown", 0x8dd3c7, true }, { "cpus-offline", 0xe0a8e0, true },
	{ "jump", 0xf4c95d, true }, { "console", 0xf4c95d, false }, { "early", 0xe6b422, false },
	{ "walk", 0xfff0b3, false }, { "memory", 0xe6d690, false },
	{ "memblock", 0xd9c27a, false }, { "core", 0xb7b1dd, false }, { "smp", 0xfb9a84, false },
	{ "deferred", 0x8fbcdb, false }, { "initcalls", 0xfdc086, false },
	{ "userspace", 0xb3de69, false }, { NULL, 0xc9c9c9, false }
};

static const struct style *style_of(const char *name)
{
	const struct style *s = styles;

	while (s->name && strcmp(s->name, name))
		s++;
	return s;
}

/* The picture: a bar is 1 wide and ROW pixels high, of which BAR are filled. */
#define WIDTH		800
#define LEFT		135	/* of the bars; their names are there */
#define RIGHT		75	/* their lengths */
#define BARS		((double)WIDTH - LEFT - RIGHT)
#define ROW		34
#define BAR		0.8
#define CHAR_WIDTH	7.5	/* of the labels, about */

static void draw_label(FILE *out, const char *text, double x, double y, const char *style)
{
	fprintf(out, "set label \"%s\" at %.6f,%g %s\n", text, x, y, style);
}

static void draw_bar(FILE *out, const char *name, const struct parts *parts, double y)
{
	double x = 0;

	draw_label(out, name, -0.01, y, "right");
	draw_label(out, text_of("%.20s s", text_seconds(parts->sum).s).s, 1.01, y, "left");
	for (const struct part *part = parts->v; part < parts->v + parts->nr; part++) {
		double width = part->ns / parts->sum;

		fprintf(out, "set object rectangle from %.6f,%g to %.6f,%g fc rgb %u fs solid noborder\n",
			x, y - BAR / 2, x + width, y + BAR / 2, style_of(part->name)->rgb);
		if (strlen(part->name) * CHAR_WIDTH < width * BARS)
			draw_label(out, part->name, x + width / 2, y, "center tc rgb '#111111'");
		x += width;
	}
}

/* Returns the place of the next one; the same if the scenario has no parts. */
static double draw_scenario(FILE *out, const struct scenario *sc, double y)
{
	struct parts parts[NR_BREAKDOWNS];
	double begin = y;

	for (int b = 0; b < NR_BREAKDOWNS; b++) {
		parts[b] = parts_of(sc, b);
		if (parts[b].sum)
			draw_bar(out, breakdowns[b].name, &parts[b], ++y);
	}
	if (y == begin)
		return y;
	draw_label(out, text_title(sc).s, 0, begin, "left");
	return y + 1.4;
}

/*
 * Draw a bar per kernel and breakdown into files of a folder. Each has a scale of its own, or ours
 * would be a line beside a stock one of minutes. Returns false if there are no parts.
 */
bool where_draw(const struct scenarios *all, const char *dir, const char *name)
{
	FILE *out;
	double y = 0;

	if (!where_known(all))
		return false;
	out = output_open(dir, name, "gp");
	for (size_t i = 0; i < all->nr; i++)
		y = draw_scenario(out, &all->v[i], y);
	fprintf(out, "set terminal svg size %d,%.0f dynamic noenhanced font 'sans-serif,14' "
		"background '#ffffff'\nset output '%s.svg'\nunset border\nunset tics\nunset key\n"
		"set lmargin at screen 0\nset rmargin at screen 1\n"
		"set tmargin at screen 1\nset bmargin at screen 0\n"
		"set xrange [%g:%g]\nset yrange [%g:-0.5]\nplot -1\n",
		WIDTH, y * ROW, name, -LEFT / BARS, 1 + RIGHT / BARS, y - 0.5);
	output_close(out, name);
	gnuplot_run(dir, name);
	return true;
}

enum { TID_OLD = 1, TID_NEW };

static void trace_bar(struct json_object *trace, int pid, const char *name,
		      const struct parts *parts)
{
	uint64_t at = 0;

	trace_process(trace, pid, name);
	trace_thread(trace, pid, TID_OLD, "old kernel");
	trace_thread(trace, pid, TID_NEW, "new kernel");
	for (const struct part *part = parts->v; part < parts->v + parts->nr; part++) {
		uint64_t end = at + (uint64_t)(part->ns + 0.5);

		trace_slice(trace, pid, style_of(part->name)->old ? TID_OLD : TID_NEW, part->name, at, end);
		at = end;
	}
}

/* Trace Event JSON: a process per bar, both of its kernels as tracks, zero is reboot(2) */
void where_trace(FILE *out, const struct scenarios *all)
{
	struct json_object *trace = trace_new();
	int pid = 0;

	for (size_t i = 0; i < all->nr; i++)
		for (int b = 0; b < NR_BREAKDOWNS; b++) {
			struct parts parts = parts_of(&all->v[i], b);

			if (parts.nr)
				trace_bar(trace, ++pid,
					  text_of("%.50s: %s", text_title(&all->v[i]).s,
						  breakdowns[b].name).s, &parts);
		}
	trace_write(out, trace);
}
