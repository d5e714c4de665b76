// SPDX-License-Identifier: GPL-2.0-only
/* Options and the table of commands. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

const char *argp_program_bug_address = "the project's issues";

static const struct argp_option options[] = {
	{ "run", 'r', "ID", 0, "that run (default: the last)", 0 },
	{ "markdown", 'm', NULL, 0, "tables as Markdown", 0 },
	{ "output", 'o', "DIR", 0, "blackout: write there (default: where FILE is)", 1 },
	{ "check", 'c', "TARGETS", 0, "blackout: compare the runs with a file of targets", 1 },
	{ "no-chart", 'n', NULL, 0, "blackout: do without gnuplot", 1 },
	{ "trace", 't', "FILE", 0, "where: write Trace Event JSON (Perfetto, chrome://tracing)", 1 },
	{ "json", 'j', NULL, 0, "compare: an object per line instead of the table", 1 },
	{ "limit", 'l', "RATIO", 0, "ratio: times as long as a base that are allowed (1.5); "
	  "scaling: gain that is the target (none)", 1 },
	{ "case", 'k', "CASE", 0, "ratio: this case only", 1 },
	{ "base-case", 'b', "CASE", 0, "ratio: case of the bases (the same)", 1 },
	{ 0 }
};

static const struct command {
	const char	*name, *args;
	const char	*options;	/* keys of those that it has */
	int		min, max;	/* number of arguments */
	int		(*run)(const struct options *o);
	const char	*doc;
} commands[] = {
	{ "blackout", "FILE", "rocn", 1, 1, report_blackout,
	  "make blackout: tables, charts, page; of the latest run of each place" },
	{ "table", "FILE", "rm", 1, 1, report_table, "make blackout: a summary in one table" },
	{ "where", "FILE", "rmt", 1, 1, report_where, "make blackout: its parts, < the largest" },
	{ "coefficients", "FILE COEFFICIENTS", "r", 2, 2, report_coefficients,
	  "make blackout: those of khoctl plan, with the figures of this machine" },
	{ "luo", "FILE", "rm", 1, 1, report_luo, "make luo: table and targets" },
	{ "guest", "FILE", "rm", 1, 1, report_guest, "make guest: how long guests stood still" },
	{ "scaling", "FILE", "rl", 1, 1, report_scaling, "make scaling: initialisation" },
	{ "preserve-scaling", "FILE", "rml", 1, 1, report_preserve_scaling,
	  "make scaling: preserving with two threads" },
	{ "native", "FILE", "m", 1, 1, report_native, "make bench: tables" },
	{ "compare", "A B", "mj", 2, 2, report_compare, "make bench: two runs side by side" },
	{ "ratio", "FILE BENCHMARK VARIANT BASE[=FACTOR]...", "lkb", 4, MAX_ARGS, report_ratio,
	  "make bench: minima against the slowest base, times its factor, on one thread" },
	{ "charts", "FILE DIR", "", 2, 2, report_charts, "make bench: charts" },
	{ "add", "FILE env|sample KEY=VALUE...", "", 2, MAX_ARGS, report_add,
	  "append a record, see bench/report/schema.c" },
};

#define MAX_KEYS	16
#define NR_COMMANDS	(sizeof(commands) / sizeof(*commands))

struct state {
	const struct command	*command;	/* NULL: not yet named */
	char			keys[MAX_KEYS + 1];	/* options that were given */
	unsigned int		nr_keys;
	struct options		o;
};

static const struct command *find_command(const char *name, struct argp_state *state)
{
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	argp_error(state, "there is no command '%s'", name);
	return NULL;
}

static void parse_arg(struct state *s, const char *arg, struct argp_state *state)
{
	if (!s->command)
		s->command = find_command(arg, state);
	else if (s->o.nr_args < s->command->max)
		s->o.args[s->o.nr_args++] = arg;
	else
		argp_error(state, "too many arguments; %s wants %s", s->command->name,
			   s->command->args);
}

static void check(const struct state *s, struct argp_state *state)
{
	const char *key = s->keys;

	if (!s->command || s->o.nr_args < s->command->min)
		argp_error(state, "arguments are missing%s%s", s->command ? ": " : "",
			   s->command ? s->command->args : "");
	key += strspn(key, s->command->options);
	if (*key)
		argp_error(state, "%s has no option -%c", s->command->name, *key);
}

static void parse_limit(struct options *o, const char *arg, struct argp_state *state)
{
	char *end;

	o->limit = strtod(arg, &end);
	if (end == arg || *end || o->limit <= 0)
		argp_error(state, "%s: not a number above 0", arg);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct state *s = state->input;

	switch (key) {
	case ARGP_KEY_ARG: parse_arg(s, arg, state); return 0;
	case ARGP_KEY_END: check(s, state); return 0;
	case 'r': s->o.run = arg; break;
	case 'm': s->o.format = MARKDOWN; break;
	case 'o': s->o.dir = arg; break;
	case 'c': s->o.targets = arg; break;
	case 'n': s->o.no_chart = true; break;
	case 't': s->o.trace = arg; break;
	case 'j': s->o.json = true; break;
	case 'l': parse_limit(&s->o, arg, state); break;
	case 'k': s->o.only_case = arg; break;
	case 'b': s->o.base_case = arg; break;
	default: return ARGP_ERR_UNKNOWN;
	}
	s->keys[s->nr_keys++ % MAX_KEYS] = key;
	return 0;
}

/* The list of commands, for --help */
static char *list_commands(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t size = 0;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	out = open_memstream(&list, &size);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %s %s\n\t%s\n", commands[i].name, commands[i].args,
			commands[i].doc);
	fprintf(out, "\n%s", text);
	fclose(out);
	return list;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse, "COMMAND ARGUMENT...",
		"From samples of the benchmarks to tables, charts and a page.\v"
		"compare says 'noise' when the ranges of A and B overlap, or when the medians are less "
		"apart than the larger of the two ranges between first and third quartile; otherwise "
		"'faster' or 'slower', which is said of B; 'few' when one has less than 3 samples, "
		"'estimate' when one was extrapolated, and 'same size' or 'other size' where not the "
		"time counts.\n\n"
		"Exit status: 0 all is well; 1 a sample failed or a target is not met; 2 bad input or "
		"output; 4 a target has no figure.", NULL, list_commands, NULL
	};
	struct state s = { 0 };
	int rc;

	setvbuf(stdout, NULL, _IOLBF, 0);	/* in order with messages */
	argp_err_exit_status = EXIT_INPUT;
	argp_parse(&argp, argc, argv, 0, NULL, &s);
	rc = s.command->run(&s.o);
	if (fflush(stdout) || ferror(stdout))
		die("the output cannot be written");
	return rc;
}
