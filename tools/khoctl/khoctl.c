// SPDX-License-Identifier: GPL-2.0-only
/* The command line: options of all commands, then the command. */
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

const char *argp_program_version = "khoctl of kho-fast, for Linux 7.3";

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "status", cmd_status },
	{ "timeline", cmd_timeline },
	{ "diff", cmd_diff },
	{ "plan", cmd_plan },
	{ "tree", cmd_tree },
	{ "sessions", cmd_sessions },
};

static const struct argp_option options[] = {
	{ "sysroot", 'R', "DIR", 0, "Read DIR/proc, DIR/sys and DIR/dev, not this system's", 0 },
	{ 0 }
};

struct args {
	const struct command	*command;
	int			first;		/* word of it */
};

static const struct command *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case 'R':
		set_sysroot(arg);
		return 0;
	case ARGP_KEY_ARG:
		args->command = find(arg);
		if (!args->command)
			argp_error(state, "there is no command '%s': status, timeline, diff, plan, "
				   "tree or sessions", arg);
		args->first = state->next - 1;
		state->next = state->argc;	/* the rest is the command's */
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no command: status, timeline, diff, plan, tree or sessions");
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "COMMAND [ARGUMENTS]",
	.doc = "What a live update of this host hands over, what it costs, and why.\v"
	       "Commands, each with a --help of its own:\n"
	       "  status     what is on, scratch, what would be handed over, what came in\n"
	       "  timeline   where the last live update spent its time\n"
	       "  diff       two timelines, phase by phase\n"
	       "  plan       what would a live update cost, and what to change\n"
	       "  tree       check or dump the tree of preserved memory\n"
	       "  sessions   list, create, preserve, retrieve, finish\n\n"
	       "Exit status: 0; 1 what was looked at is wrong, or the kernel refused; 2 usage, "
	       "or something could not be read.",
};

int main(int argc, char **argv)
{
	static char name[64];
	struct args args = { 0 };

	argp_err_exit_status = EXIT_INPUT;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &args);
	snprintf(name, sizeof(name), "khoctl %s", args.command->name);
	argv[args.first] = name;
	return args.command->run(argc - args.first, argv + args.first);
}
