// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands over the samples of make blackout. Everything is derived from them alone, so it may be
 * done again at any time.
 */
#include <errno.h>
#include <string.h>

#include "report.h"
#include "scenario.h"

static struct section load_last(const struct options *o, struct log *log)
{
	struct section s = { 0 };

	log_load(log, o->args[0], BLACKOUT);
	s.run = log_last(log, o->run);
	s.all = scenarios_of(s.run);
	return s;
}

/* The summary, and where it is from */
int report_table(const struct options *o)
{
	struct log log;
	struct section s = load_last(o, &log);
	const char *tick = o->format == MARKDOWN ? "`" : "";

	summary_table(stdout, &s.all, o->format);
	printf("\n%s%s%s, %.10s, revision %s, %s, Linux %s,\n%s,\n%s, %llu CPUs of %s\n", tick,
	       string_of(s.run->env, "command"), tick, string_of(s.run->env, "date"),
	       string_of(s.run->env, "rev"), s.run->where, string_of(s.run->env, "kernel"),
	       string_of(s.run->env, "cc"), string_of(s.run->env, "qemu") ?: "no emulator",
	       (unsigned long long)uint_of(s.run->env, "nproc"), string_of(s.run->env, "cpu"));
	return any_failed(&s.all) ? EXIT_NOT_MET : EXIT_MET;
}

/* The breakdown of the last run: tables, or a trace */
int report_where(const struct options *o)
{
	struct log log;
	struct section s = load_last(o, &log);
	FILE *out = stdout;

	if (!where_known(&s.all))
		die("run %s was measured without landmarks and phases; 'make blackout' measures them",
		    s.run->id);
	if (!o->trace) {
		where_put(out, s.run, &s.all, o->format);
	} else if (strcmp(o->trace, "-")) {
		out = fopen(o->trace, "w");
		if (!out)
			die("%s: %s", o->trace, strerror(errno));
		where_trace(out, &s.all);
		output_close(out, o->trace);
	} else {
		where_trace(out, &s.all);
	}
	return any_failed(&s.all) ? EXIT_NOT_MET : EXIT_MET;
}
