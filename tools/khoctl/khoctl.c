// SPDX-License-Identifier: GPL-2.0-only
/* The command line: common options and the table of commands. */
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

const char *argp_program_version = "khoctl of kho-fast, for Linux 7.3";

static const struct command *const commands[] = {
	&cmd_status, &cmd_timeline, &cmd_diff, &cmd_plan, &cmd_tree, &cmd_sessions,
	&cmd_hold, &cmd_check,
};

#define NR_COMMANDS	(sizeof(commands) / sizeof(*commands))

static bool json;

/* The command line behind "khoctl": a command and its words. */
struct request {
	const struct command	*command;
	int			at;		/* argument with its name */
	char			**words;
	unsigned int		nr_words;
};

static const struct argp_option common_options[] = {
	{ "json", 'j', NULL, 0, "Print JSON", 0 },
	{ "sysroot", 'R', "DIR", 0, "Read DIR/proc, DIR/sys and DIR/dev instead of this "
	  "system's", 0 },
	{ 0 }
};

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
	(void)state;
	switch (key) {
	case 'j':
		json = true;
		return 0;
	case 'R':
		file_root(arg);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* Behind the options of khoctl, and of each command. */
static char *add_help(int key, const char *text, void *input)
{
	const struct request *r = input;
	char *all = NULL;
	size_t i, len;
	FILE *f;

	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	f = checked(open_memstream(&all, &len));
	if (!r->command)
		fputs("Commands, each with its own --help:\n", f);
	for (i = 0; i < NR_COMMANDS && !r->command; i++)
		fprintf(f, "  %-9s %s\n", commands[i]->name, commands[i]->help);
	fprintf(f, "%s%sExit status: 0 success; 1 a fault was found, or the kernel refused; 2 bad "
		"usage, or an input or output error.", text ? text : "",
		text || !r->command ? "\n" : "");
	fclose(f);
	return all;
}

static const struct argp_child common[] = {
	{ &(const struct argp){ .options = common_options, .parser = parse_common }, 0, NULL, 0 },
	{ 0 }
};

static error_t parse_command(int key, char *arg, struct argp_state *state)
{
	struct request *r = state->input;
	const struct command *c = r->command;
	const struct setting *s = c->settings;

	for (; s && s->key; s++) {
		if (s->key != key)
			continue;
		if (s->text)
			*s->text = arg;
		else
			*s->flag = true;
		return 0;
	}
	switch (key) {
	case ARGP_KEY_ARG:
		if (r->nr_words == c->max_words)
			argp_error(state, "unexpected argument '%s'", arg);
		r->words[r->nr_words++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (r->nr_words < c->min_words)
			argp_error(state, "missing argument");
		return 0;
	}
	return c->option ? c->option(key, arg, state) : ARGP_ERR_UNKNOWN;
}

static error_t find_command(int key, char *arg, struct argp_state *state)
{
	struct request *r = state->input;
	size_t i;

	switch (key) {
	case ARGP_KEY_ARG:
		for (i = 0; i < NR_COMMANDS && strcmp(commands[i]->name, arg); i++)
			;
		if (i == NR_COMMANDS)
			argp_error(state, "unknown command '%s'", arg);
		r->command = commands[i];
		r->at = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "missing command");
	}
	return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
	const struct argp top = {
		.parser = find_command,
		.args_doc = "COMMAND [ARGUMENTS]",
		.doc = "State, cost and faults of a live update of this host.",
		.children = common,
		.help_filter = add_help,
	};
	struct argp argp = { .parser = parse_command, .children = common, .help_filter = add_help };
	struct request r = { .words = checked(calloc(argc + 1, sizeof(*r.words))) };
	int status;

	setvbuf(stdout, NULL, _IOLBF, 0);	/* in order with messages */
	argp_err_exit_status = EXIT_INPUT;
	argp_parse(&top, argc, argv, ARGP_IN_ORDER, NULL, &r);
	argp.options = r.command->options;
	argp.args_doc = r.command->args_doc;
	argp.doc = r.command->doc;
	argv[r.at] = text_format("khoctl %s", r.command->name);
	argp_parse(&argp, argc - r.at, argv + r.at, 0, NULL, &r);
	status = r.command->run(json, r.words);
	free(argv[r.at]);
	free(r.words);
	if (fflush(stdout) || ferror(stdout))
		err(EXIT_INPUT, "standard output");
	return status;
}
