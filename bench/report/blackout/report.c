// SPDX-License-Identifier: GPL-2.0-only
/*
 * report: from the raw samples of 'make blackout' to tables, chart and page.
 *
 * Everything is derived from the JSON Lines file alone, so it may be run again
 * at any time. Writes blackout.txt, blackout.{dat,gp,svg,png} and blackout.html
 * next to that file, or where -o says.
 *
 * exit status: 0 all is well; 1 a sample failed its verification or a target is
 * not met; 2 bad input or output; 4 nothing failed, but a target has no figure.
 */
#include <argp.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

struct options {
	const char	*log;
	const char	*dir;
	const char	*targets;
	const char	*run;
	bool		no_chart;
	bool		where;
};

const char *argp_program_bug_address = "the project's issues";

void die(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("report: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_INPUT);
}

void die_at(const char *path, unsigned int line, const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "report: %s:%u: ", path, line);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_INPUT);
}

/* Make room for one more than nr; capacities are powers of two. */
void *grow(void *v, size_t nr, size_t size)
{
	if (nr & (nr - 1) && nr)
		return v;
	v = reallocarray(v, nr ? 2 * nr : 1, size);
	if (!v)
		die("out of memory");
	return v;
}

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	switch (key) {
	case 'o':
		opt->dir = arg;
		return 0;
	case 'c':
		opt->targets = arg;
		return 0;
	case 'r':
		opt->run = arg;
		return 0;
	case 'n':
		opt->no_chart = true;
		return 0;
	case 'w':
		opt->where = true;
		return 0;
	case ARGP_KEY_ARG:
		if (opt->log)
			argp_error(state, "more than one file");
		opt->log = arg;
		return 0;
	case ARGP_KEY_END:
		if (!opt->log)
			argp_error(state, "which blackout.jsonl?");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

FILE *output_create(const char *dir, const char *name, const char *suffix)
{
	char path[PATH_MAX];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s.%s", dir, name, suffix);
	out = fopen(path, "w");
	if (!out)
		die("%s: %s", path, strerror(errno));
	return out;
}

void output_finish(FILE *out, const char *name)
{
	bool bad = ferror(out);

	if (fclose(out) || bad)
		die("%s: could not be written: %s", name, strerror(errno));
}

static int print_run(FILE *out, const struct run *run, const struct targets *targets)
{
	int rc = EXIT_MET;

	table_print(out, run);
	if (where_known(run)) {
		fputc('\n', out);
		where_print(out, run);
	}
	if (targets->nr) {
		fprintf(out, "\nTargets\n\n");
		rc = targets_print(out, run, targets);
	}
	if (run_failed(run)) {
		fputc('\n', out);
		table_print_failures(out, run);
		rc = EXIT_NOT_MET;
	}
	return rc;
}

/* Not met (1) beats no figure (4) beats met (0). */
static int worse(int a, int b)
{
	return a == EXIT_NOT_MET || b == EXIT_NOT_MET ? EXIT_NOT_MET : a > b ? a : b;
}

static int print_runs(FILE *out, const struct log *log, const struct targets *targets)
{
	const char *gap = "";
	int rc = EXIT_MET;

	for (size_t i = 0; i < log->nr; i++) {
		if (!log->runs[i].shown)
			continue;
		fputs(gap, out);
		gap = "\n\n";
		rc = worse(rc, print_run(out, &log->runs[i], targets));
	}
	return rc;
}

static int print_where(const struct log *log)
{
	const struct run *run = NULL;

	for (size_t i = 0; i < log->nr; i++)
		if (log->runs[i].shown)
			run = &log->runs[i];
	if (!where_known(run))
		die("run %s was measured without landmarks and phases; 'make blackout' measures "
		    "them", run->id);
	where_print(stdout, run);
	return run_failed(run) ? EXIT_NOT_MET : EXIT_MET;
}

static bool is_last_shown(const struct log *log, size_t i)
{
	while (++i < log->nr)
		if (log->runs[i].shown)
			return false;
	return true;
}

/* The latest run has blackout.svg; that of another 'where' has it in the name. */
static void write_page(const struct log *log, const struct options *opt,
		       const struct targets *targets)
{
	FILE *out = output_create(opt->dir, "blackout", "html");

	html_begin(out);
	for (size_t i = 0; i < log->nr; i++) {
		const struct run *run = &log->runs[i];
		char name[64], svg[PATH_MAX];
		bool drawn = false;

		if (!run->shown)
			continue;
		if (is_last_shown(log, i))
			snprintf(name, sizeof(name), "blackout");
		else
			snprintf(name, sizeof(name), "blackout-%.40s", run->where);
		if (!opt->no_chart)
			drawn = chart_draw(run, opt->dir, name);
		snprintf(svg, sizeof(svg), "%s/%s.svg", opt->dir, name);
		html_run(out, run, targets, drawn ? svg : NULL);
	}
	html_end(out);
	output_finish(out, "blackout.html");
}

static int report(const struct log *log, const struct options *opt,
		  const struct targets *targets)
{
	int rc = print_runs(stdout, log, targets);
	FILE *out = output_create(opt->dir, "blackout", "txt");

	print_runs(out, log, targets);
	output_finish(out, "blackout.txt");
	write_page(log, opt, targets);
	return rc;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "output", 'o', "DIR", 0, "write there (default: where FILE is)", 0 },
		{ "check", 'c', "TARGETS", 0, "hold the runs against a file of targets", 0 },
		{ "run", 'r', "ID", 0, "that run (default: the latest of each 'where')", 0 },
		{ "no-chart", 'n', NULL, 0, "do without gnuplot", 0 },
		{ "where", 'w', NULL, 0, "print where the time of the last run went, no more", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		options, parse_opt, "FILE",
		"Report on the samples that 'make blackout' appended to FILE.\v"
		"Exit status: 0 all is well; 1 a sample failed or a target is not met; "
		"2 bad input or output; 4 a target has no figure.", NULL, NULL, NULL
	};
	struct options opt = { 0 };
	struct targets targets = { 0 };
	struct log log;
	char *path;
	int rc;

	argp_err_exit_status = EXIT_INPUT;
	argp_parse(&argp, argc, argv, 0, NULL, &opt);
	path = strdup(opt.log);
	if (!path)
		die("out of memory");
	if (!opt.dir)
		opt.dir = dirname(path);

	log_load(&log, opt.log);
	if (opt.run)
		log_show(&log, opt.run);
	else
		log_show_latest(&log);
	if (opt.targets)
		targets_load(&targets, opt.targets);

	rc = opt.where ? print_where(&log) : report(&log, &opt, &targets);
	targets_free(&targets);
	log_free(&log);
	free(path);
	return rc;
}
