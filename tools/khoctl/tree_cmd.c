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

static bool dump, in, out;
static const char *fdt_file, *root_text;
static uint64_t root;

static const struct setting settings[] = {
	{ 'd', NULL, &dump }, { 'i', NULL, &in }, { 'o', NULL, &out },
	{ 'f', &fdt_file, NULL }, { 'r', &root_text, NULL }, { 0 }
};

static const char *const why_no_in =
	"this kernel keeps no incoming tree: %s; look at an image of the old kernel's memory";

/* The incoming tree exists until all preserved memory is restored. */
static void check_in(void)
{
	uint64_t pages;

	if (!file_exists(KHO_DIR "/in/fdt"))
		errx(EXIT_INPUT, "%s: nothing was handed over to this kernel", KHO_DIR "/in/fdt");
	if (!file_exists(KHO_DIR "/in/preserved"))
		errx(EXIT_INPUT, why_no_in, "stock frees its pages during boot");
	if (!file_number(KHO_DIR "/in/preserved", &pages))
		errx(EXIT_INPUT, KHO_DIR "/in/preserved: not a number, or not readable");
	if (!pages)
		errx(EXIT_INPUT, why_no_in, "all preserved memory is restored");
}

static void find_root(const struct image *img)
{
	const char *wrong, *name = fdt_file;
	static struct handover h;
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
		errx(EXIT_INPUT, "%s: %s", name, wrong);
	root = h.root;
}

static void print_text(const struct tree *t)
{
	uint64_t i;

	printf("tree at %#" PRIx64 ": %s; %s pages of its own\n", t->root, tree_text(t).s,
	       text_count(t->tables).s);
	for (i = 0; i < t->faults && i < MAX_FAULTS; i++)
		printf("BAD: %s\n", t->fault[i]);
	if (t->faults > i)
		printf("BAD: and %" PRIu64 " more\n", t->faults - i);
	puts(t->faults ? "the next kernel refuses this tree or loses memory" :
	     "nothing is wrong with it");
}

static void print_json(const struct tree *t)
{
	struct json_object *v = json_object_new_object(), *faults = json_object_new_array();
	uint64_t i;

	json_add(v, "root", t->root);
	tree_add(t, v);
	for (i = 0; i < t->faults && i < MAX_FAULTS; i++)
		json_object_array_add(faults, json_object_new_string(t->fault[i]));
	json_object_object_add(v, "first_faults", faults);
	json_print(v);
}

static int run(bool json, char **words)
{
	static struct host host;
	const char *file = *words, *why = NULL;
	const struct image *img;
	struct tree *t;
	char *end;

	if (in && out)
		errx(EXIT_INPUT, "--in and --out exclude each other");
	root = root_text ? strtoull(root_text, &end, 0) : 0;
	if (root_text && (!root || *end))
		errx(EXIT_INPUT, "--root %s: not a physical address", root_text);
	if (file && !fdt_file && !root)
		errx(EXIT_INPUT, "%s: --fdt FILE or --root PHYS is missing, the place of its tree",
		     file);
	if (!file)
		host_read(&host);
	if (!file && !root && !fdt_file && host.no_kho)
		errx(EXIT_INPUT, "%s", host.no_kho);
	if (!file && in && !root)
		check_in();
	img = file ? image_open(file) : image_of_host(&why);
	if (!img)
		errx(EXIT_INPUT, "%s", why);
	if (!root)
		find_root(img);
	t = tree_walk(img, root, file ? NULL : &host, dump && !json);
	(json ? print_json : print_text)(t);
	return t->faults ? EXIT_WRONG : EXIT_FINE;
}

const struct command cmd_tree = {
	.name = "tree",
	.help = "Check or dump the tree of preserved memory",
	.args_doc = "[IMAGE]",
	.doc = "Check the tree of preserved memory, of this kernel or in IMAGE, an ELF core of a "
	       "machine's memory such as QEMU's dump-guest-memory writes.",
	.options = options,
	.settings = settings,
	.max_words = 1,
	.run = run,
};
