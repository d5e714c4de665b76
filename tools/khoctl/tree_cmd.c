// SPDX-License-Identifier: GPL-2.0-only
/* khoctl tree: check the tree of preserved memory, or dump it. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

static const struct argp_option options[] = {
	{ "dump", 'd', NULL, 0, "Print each table and each folio as well", 0 },
	{ "json", 'j', NULL, 0, "Print JSON", 0 },
	{ "out", 'o', NULL, 0, "What would be handed over (default)", 0 },
	{ "in", 'i', NULL, 0, "What was handed over to this kernel and is not claimed yet", 0 },
	{ "fdt", 'f', "FILE", 0, "The root FDT that says where the tree of IMAGE is", 0 },
	{ "root", 'r', "PHYS", 0, "Physical address of the root of the tree", 0 },
	{ 0 }
};

struct args {
	bool		dump, json, in;
	const char	*image, *fdt;
	uint64_t	root;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;
	char *end;

	switch (key) {
	case 'd':
		args->dump = true;
		return 0;
	case 'j':
		args->json = true;
		return 0;
	case 'o':
	case 'i':
		args->in = key == 'i';
		return 0;
	case 'f':
		args->fdt = arg;
		return 0;
	case 'r':
		args->root = strtoull(arg, &end, 0);
		if (end == arg || *end || !args->root)
			argp_error(state, "--root %s: is no physical address", arg);
		return 0;
	case ARGP_KEY_ARG:
		if (args->image)
			argp_error(state, "one IMAGE at a time, not also '%s'", arg);
		args->image = arg;
		return 0;
	case ARGP_KEY_END:
		if (args->image && !args->fdt && !args->root)
			argp_error(state, "%s: say where its tree is, --fdt FILE or --root PHYS",
				   args->image);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[IMAGE]",
	.doc = "Check the tree of preserved memory: of this kernel, or in IMAGE, an ELF core of a "
	       "machine's memory such as QEMU's dump-guest-memory writes.\v"
	       "Exit status: 0 nothing is wrong with it; 1 something is, and is printed; 2 it "
	       "could not be read.",
};

static const char *const why_no_in =
	"this kernel keeps no incoming tree: %s; look at an image of the old kernel's memory";

/* The tree of an incoming handover lives as long as something is held. */
static void check_in(void)
{
	uint64_t held;

	if (!sys_exists(KHO_DIR "/in/fdt"))
		die(EXIT_INPUT, "%s: nothing was handed over to this kernel", KHO_DIR "/in/fdt");
	if (!sys_exists(KHO_DIR "/in/held"))
		die(EXIT_INPUT, why_no_in, "stock gives its pages away while it boots");
	if (!sys_number(KHO_DIR "/in/held", &held))
		die(EXIT_INPUT, KHO_DIR "/in/held: cannot be read, or is no number");
	if (!held)
		die(EXIT_INPUT, why_no_in, "all that was preserved has been claimed");
}

static uint64_t find_root(const struct args *args, const struct image *img)
{
	const char *wrong, *name = args->fdt;
	struct handover h;
	uint64_t root;
	size_t len;
	char *fdt;

	if (args->root)
		return args->root;
	if (name) {
		fdt = slurp(name, &len);
		wrong = fdt ? handover_parse(&h, fdt, len) : strerror(errno);
		free(fdt);
	} else {
		name = args->in ? KHO_DIR "/in/fdt" : KHO_DIR "/out/fdt";
		wrong = handover_read(&h, args->in ? "in" : "out", img);
	}
	if (wrong)
		die(EXIT_INPUT, "%s: %s", name, wrong);
	root = h.root;
	handover_free(&h);
	return root;
}

static void dump_table(unsigned int level, uint64_t phys, uint64_t key)
{
	printf("%*slevel %u at %#" PRIx64 ", keys from %#" PRIx64 "\n", (int)(5 - level), "", level,
	       phys, key);
}

static void dump_folio(uint64_t phys, unsigned int order)
{
	printf("      folio %#" PRIx64 " order %u\n", phys, order);
}

static void say(const struct tree *t, uint64_t root)
{
	uint64_t i;

	printf("tree at %#" PRIx64 ": %s folios, %s pages (%s) in %s ranges; %s pages of its own\n",
	       root, text_count(t->keys).s, text_count(t->pages).s,
	       text_bytes(t->pages * PAGE_BYTES).s, text_count(t->ranges).s,
	       text_count(t->tables).s);
	for (i = 0; i < t->faults && i < sizeof(t->fault) / sizeof(*t->fault); i++)
		printf("BAD: %s\n", t->fault[i]);
	if (t->faults > i)
		printf("BAD: and %" PRIu64 " more\n", t->faults - i);
	printf("%s\n", t->faults ? "the next kernel refuses this tree or loses memory" :
	       "nothing is wrong with it");
}

static void say_json(const struct tree *t, uint64_t root)
{
	struct json_object *v = json_object_new_object(), *faults = json_object_new_array();
	uint64_t i;

	json_add(v, "root", root);
	json_add(v, "folios", t->keys);
	json_add(v, "pages", t->pages);
	json_add(v, "ranges", t->ranges);
	json_add(v, "tables", t->tables);
	json_add(v, "faults", t->faults);
	for (i = 0; i < t->faults && i < sizeof(t->fault) / sizeof(*t->fault); i++)
		json_object_array_add(faults, json_object_new_string(t->fault[i]));
	json_object_object_add(v, "first_faults", faults);
	json_say(v);
}

int cmd_tree(int argc, char **argv)
{
	const struct tree_watch dump = { dump_table, dump_folio };
	struct args args = { 0 };
	struct host host;
	const char *why = NULL;
	struct image *img;
	struct tree *t;
	uint64_t root;
	bool bad;

	parse_args(&argp, argc, argv, &args);
	if (!args.image)
		host_look(&host);
	if (!args.image && !args.root && !args.fdt && host.no_kho)
		die(EXIT_INPUT, "%s", host.no_kho);
	if (!args.image && args.in && !args.root)
		check_in();
	img = args.image ? image_open(args.image) : image_of_host(&why);
	if (!img)
		die(EXIT_INPUT, "%s", why);
	root = find_root(&args, img);
	t = tree_walk(img, root, args.image ? NULL : &host,
		      args.dump && !args.json ? &dump : NULL);
	(args.json ? say_json : say)(t, root);
	bad = t->faults;
	tree_free(t);
	image_close(img);
	if (!args.image)
		host_free(&host);
	return bad ? EXIT_WRONG : EXIT_FINE;
}
