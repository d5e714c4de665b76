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
	{ "out", 'o', NULL, 0, "The outgoing tree (default)", 0 },
	{ "in", 'i', NULL, 0, "The incoming tree, until all of it is restored", 0 },
	{ "fdt", 'f', "FILE", 0, "Root FDT with the address of the tree of IMAGE", 0 },
	{ "root", 'r', "PHYS", 0, "Physical address of the tree", 0 },
	{ 0 }
};

static bool dump, in;
static const char *fdt_file;
static uint64_t root;

static error_t option(int key, char *arg, struct argp_state *state)
{
	char *end;

	switch (key) {
	case 'd':
		dump = true;
		return 0;
	case 'o':
	case 'i':
		in = key == 'i';
		return 0;
	case 'f':
		fdt_file = arg;
		return 0;
	case 'r':
		root = strtoull(arg, &end, 0);
		if (end == arg || *end || !root)
			argp_error(state, "--root %s: not a physical address", arg);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const char *const why_no_in =
	"this kernel keeps no incoming tree: %s; look at an image of the old kernel's memory";

/* The tree of an incoming handover lives as long as something is held. */
static void check_in(void)
{
	uint64_t held;

	if (!file_exists(KHO_DIR "/in/fdt"))
		die(EXIT_INPUT, "%s: nothing was handed over to this kernel", KHO_DIR "/in/fdt");
	if (!file_exists(KHO_DIR "/in/preserved"))
		die(EXIT_INPUT, why_no_in, "stock gives its pages away while it boots");
	if (!file_number(KHO_DIR "/in/preserved", &held))
		die(EXIT_INPUT, KHO_DIR "/in/preserved: cannot be read, or is no number");
	if (!held)
		die(EXIT_INPUT, why_no_in, "all that was preserved has been claimed");
}

static void find_root(const struct image *img)
{
	const char *wrong, *name = fdt_file;
	struct handover h;
	size_t len;
	char *fdt;

	if (name) {
		fdt = file_text(fopen(name, "re"), &len);
		wrong = fdt ? handover_parse(&h, fdt, len) : strerror(errno);
		free(fdt);
	} else {
		name = in ? KHO_DIR "/in/fdt" : KHO_DIR "/out/fdt";
		wrong = handover_read(&h, in ? "in" : "out", img);
	}
	if (wrong)
		die(EXIT_INPUT, "%s: %s", name, wrong);
	root = h.root;
	handover_free(&h);
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

static void say(const struct tree *t)
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

static void say_json(const struct tree *t)
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

static int run(bool json, char **words)
{
	static const struct tree_watch dumper = { dump_table, dump_folio };
	const char *image = *words, *why = NULL;
	struct host host;
	struct image *img;
	struct tree *t;
	bool bad;

	if (image && !fdt_file && !root)
		die(EXIT_INPUT, "%s: --fdt FILE or --root PHYS is missing, the place of its tree",
		    image);
	if (!image)
		host_look(&host);
	if (!image && !root && !fdt_file && host.no_kho)
		die(EXIT_INPUT, "%s", host.no_kho);
	if (!image && in && !root)
		check_in();
	img = image ? image_open(image) : image_of_host(&why);
	if (!img)
		die(EXIT_INPUT, "%s", why);
	if (!root)
		find_root(img);
	t = tree_walk(img, root, image ? NULL : &host, dump && !json ? &dumper : NULL);
	(json ? say_json : say)(t);
	bad = t->faults;
	tree_free(t);
	image_close(img);
	if (!image)
		host_free(&host);
	return bad ? EXIT_WRONG : EXIT_FINE;
}

const struct command cmd_tree = {
	.name = "tree",
	.help = "Check or dump the tree of preserved memory",
	.args_doc = "[IMAGE]",
	.doc = "Check the tree of preserved memory, of this kernel or in IMAGE, an ELF core of a "
	       "machine's memory such as QEMU's dump-guest-memory writes.",
	.options = options,
	.option = option,
	.max_words = 1,
	.run = run,
};
