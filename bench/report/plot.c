// SPDX-License-Identifier: GPL-2.0-only
/*
 * Charts. DIR/NAME.gp has points and script in one, so that "gnuplot NAME.gp" redraws NAME.svg
 * (and .png).
 */
#include <limits.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "output.h"

/* Run DIR/NAME.gp in DIR, without ~/.gnuplot, which may set a title or a terminal. */
void gnuplot_run(const char *dir, const char *name)
{
	struct text script = text_of("%s.gp", name);
	char *argv[] = { "gnuplot", "-d", script.s, NULL };
	posix_spawn_file_actions_t actions;
	bool started;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addchdir_np(&actions, dir);
	started = !posix_spawnp(&pid, "gnuplot", &actions, NULL, argv, environ);
	if (!started || waitpid(pid, &status, 0) < 0 || status)
		die("gnuplot %s on %s/%s.gp: install gnuplot-nox ('make setup' does)",
		    started ? "failed" : "could not be started", dir, name);
	posix_spawn_file_actions_destroy(&actions);
}

struct curve *plot_curve(struct plot *p, const char *title, const char *with, const char *style)
{
	p->v = grow(p->v, p->nr, sizeof(*p->v));
	p->v[p->nr] = (struct curve) { text_of("%s", title), with, style, 0, false, NULL, 0 };
	return &p->v[p->nr++];
}

void plot_point(struct curve *c, struct point point)
{
	c->v = grow(c->v, c->nr, sizeof(*c->v));
	c->v[c->nr++] = point;
}

static int by_x(const void *a, const void *b)
{
	const struct point *p = a, *q = b;

	return (p->x > q->x) - (p->x < q->x);
}

/* A line must not go back. */
static void put_data(FILE *out, const struct plot *p)
{
	for (size_t i = 0; i < p->nr; i++) {
		struct curve *c = &p->v[i];

		qsort(c->v, c->nr, sizeof(*c->v), by_x);
		fprintf(out, "$d%zu << END\n", i);
		for (size_t j = 0; j < c->nr; j++)
			fprintf(out, "%.9g %.9g %.9g %.9g \"%s\"\n", c->v[j].x, c->v[j].y, c->v[j].lo,
				c->v[j].hi, c->v[j].label.s);
		fputs("END\n", out);
	}
}

/*
 * The range of a logarithmic axis on which all points have one coordinate: of that gnuplot can
 * make no range, and complains. All others it chooses better itself.
 */
static void put_range(FILE *out, char axis, double lo, double hi)
{
	if (lo == hi && lo > 0)
		fprintf(out, "set %crange [%.9g:%.9g]\n", axis, lo / 2, hi * 2);
}

static void put_ranges(FILE *out, const struct plot *p)
{
	double lo[2] = { HUGE_VAL, HUGE_VAL }, hi[2] = { -HUGE_VAL, -HUGE_VAL };

	for (const struct curve *c = p->v; c < p->v + p->nr; c++) {
		if (c->constant) {
			lo[1] = fmin(lo[1], c->constant);
			hi[1] = fmax(hi[1], c->constant);
		}
		for (const struct point *q = c->v; q < c->v + c->nr; q++) {
			lo[0] = fmin(lo[0], q->x);
			hi[0] = fmax(hi[0], q->x);
			lo[1] = fmin(lo[1], q->lo);
			hi[1] = fmax(hi[1], q->hi);
		}
	}
	put_range(out, 'x', lo[0], hi[0]);
	put_range(out, 'y', lo[1], hi[1]);
}

static void put_ticks(FILE *out, const struct plot *p)
{
	const char *sep = "set xtics rotate by -20 (";

	for (const struct curve *c = p->v; c < p->v + p->nr; c++)
		for (const struct point *q = c->v; q < c->v + c->nr; q++, sep = ", ")
			fprintf(out, "%s'%s' %.0f", sep, text_count(q->x).s, q->x);
	fputs(")\n", out);
}

static void put_curves(FILE *out, const struct plot *p)
{
	const char *sep = "plot ";

	for (size_t i = 0; i < p->nr; i++) {
		const struct curve *c = &p->v[i];

		if (!c->constant && !c->nr)
			continue;
		fputs(sep, out);
		sep = ", \\\n\t";
		if (c->constant)
			fprintf(out, "%.9f", c->constant);
		else
			fprintf(out, "$d%zu using 1:2:3:4", i);
		fprintf(out, " with %s %s title \"%s\"", c->with, c->style, c->title.s);
		if (c->labels)
			fprintf(out, "%s$d%zu using 1:2:5 with labels offset 0,1.1 notitle", sep, i);
	}
	fputc('\n', out);
}

static void put_script(FILE *out, const struct plot *p)
{
	fprintf(out, "set logscale xy\nset grid lc rgb '#808080' lw 0.5 dt 3\n"
		"set border lw 0.8\nset tics nomirror\nset bars 0.6\n"
		"set title \"%s\"\nset xlabel '%s'\nset ylabel '%s'\n%s", p->title, p->xlabel,
		p->ylabel, p->setup);
	if (p->ticks_at_points)
		put_ticks(out, p);
	put_ranges(out, p);
	put_data(out, p);
	if (p->png) {
		fprintf(out, "set terminal pngcairo size 1600,1000 noenhanced font 'sans,22' "
			"linewidth 2\nset output '%s.png'\n", p->name);
		put_curves(out, p);
	}
	fprintf(out, "set terminal svg size 800,500 dynamic noenhanced font 'sans-serif,14' "
		"background '#ffffff'\nset output '%s.svg'\n", p->name);
	put_curves(out, p);
}

static void remove_old(const char *dir, const char *name)
{
	static const char *const suffixes[] = { "gp", "svg", "png" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		snprintf(path, sizeof(path), "%s/%s.%s", dir, name, suffixes[i]);
		unlink(path);
	}
}

/* Draw a chart into files of a folder. Returns false if there is no point. */
bool plot_draw(const struct plot *p, const char *dir)
{
	size_t points = 0;
	FILE *out;

	remove_old(dir, p->name);
	for (size_t i = 0; i < p->nr; i++)
		points += p->v[i].nr;
	if (!points)
		return false;
	out = output_open(dir, p->name, "gp");
	put_script(out, p);
	output_close(out, p->name);
	gnuplot_run(dir, p->name);
	return true;
}
