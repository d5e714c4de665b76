// SPDX-License-Identifier: GPL-2.0-only
/* khoctl status: what is on, what would be handed over, what came in. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "status.h"

/* The tree that would be handed over, if it can be seen. */
static void look_at_out(struct status *st)
{
	const char *why, *wrong;
	struct image *img;

	if (!st->host.kho) {
		st->no_out = text_dup(st->host.no_kho);
		return;
	}
	img = image_of_host(&why);
	st->no_out = text_dup(why);
	wrong = handover_read(&st->out, "out", img);
	if (wrong && img)
		st->no_out = text_dup(wrong);
	else if (img)
		st->tree = tree_walk(img, st->out.root, &st->host, false);
	image_close(img);
}

/* What kexec-metadata says: a version, the name of the last kernel, how many kexecs. */
static void look_at_metadata(struct status *st)
{
	struct __attribute__((packed)) {
		uint32_t	version;
		char		release[65];
		uint32_t	count;
	} data;
	size_t len = 0;
	char *text = file_text(file_open(KHO_DIR "/in/sub_fdts/kexec-metadata"), &len);

	if (text && len >= sizeof(data)) {
		memcpy(&data, text, sizeof(data));
		data.release[sizeof(data.release) - 1] = 0;
		if (data.version == 1) {
			memcpy(st->previous, data.release, sizeof(data.release));
			st->kexecs = data.count;
		}
	}
	free(text);
}

static void count_sessions(struct status *st)
{
	struct sessions s;
	size_t i;

	sessions_read(&s);
	st->not_listed = text_dup(s.not_listed);
	for (i = 0; i < s.nr; i++) {
		if (s.v[i].known && s.v[i].incoming)
			continue;
		st->sessions++;
		if (s.v[i].files > 0)
			st->files += s.v[i].files;
	}
	sessions_free(&s);
}

void status_look(struct status *st)
{
	memset(st, 0, sizeof(*st));
	host_look(&st->host);
	look_at_out(st);
	if (st->host.kho && file_exists(KHO_DIR "/in/fdt"))
		st->no_in = text_dup(handover_read(&st->in, "in", NULL));
	st->came_in = st->in.fdt;
	st->held_known = file_number(KHO_DIR "/in/preserved", &st->held);
	look_at_metadata(st);
	count_sessions(st);
}

void status_free(struct status *st)
{
	host_free(&st->host);
	handover_free(&st->out);
	handover_free(&st->in);
	tree_free(st->tree);
	free(st->no_out);
	free(st->no_in);
	free(st->not_listed);
}

uint64_t status_scratch(const struct status *st)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < st->host.nr_scratch; i++)
		sum += st->host.scratch[i].size;
	return sum;
}

static void print_records(const struct handover *h)
{
	size_t i;

	printf("             records:%s", h->nr ? "" : h->cut ? " not shown" : " none");
	if (h->why_cut)
		printf(": %s", h->why_cut);
	for (i = 0; i < h->nr; i++)
		printf(" %s (%s)", h->records[i].name, text_bytes(h->records[i].size).s);
	putchar('\n');
}

static void print_orders(const struct tree *t)
{
	unsigned int node, order;

	printf("             %5s %6s %14s %16s %11s\n", "node", "order", "folios", "pages", "size");
	for (node = 0; node < MAX_NODES; node++) {
		for (order = 0; order < NR_ORDERS; order++) {
			uint64_t nr = t->folios[node][order];

			if (nr)
				printf("             %5u %6u %14s %16s %11s\n", node, order,
				       text_count(nr).s, text_count(nr << order).s,
				       text_bytes((nr << order) * PAGE_BYTES).s);
		}
	}
}

static void print_out(const struct status *st)
{
	const struct tree *t = st->tree;

	if (!t) {
		printf("outgoing     not known: %s\n", st->no_out);
		return;
	}
	printf("outgoing     %s folios, %s pages (%s) in %s ranges; %s pages of tree\n",
	       text_count(t->keys).s, text_count(t->pages).s, text_bytes(t->pages * PAGE_BYTES).s,
	       text_count(t->ranges).s, text_count(t->tables).s);
	if (t->keys)
		print_orders(t);
	print_records(&st->out);
	if (t->faults)
		printf("             BAD: %s; see khoctl tree\n", t->fault[0]);
}

static void print_in(const struct status *st)
{
	if (!st->came_in) {
		printf("incoming     %s%s\n", st->no_in ? "not known: " : st->host.kho ? "nothing" :
		       "not known: KHO is off", st->no_in ? st->no_in : "");
		return;
	}
	printf("incoming     from %s", *st->previous ? st->previous : "a kernel that does not say");
	if (*st->previous)
		printf(", kexec number %" PRIu32, st->kexecs);
	if (st->held_known)
		printf("; unclaimed: %s pages (%s)\n", text_count(st->held).s,
		       text_bytes(st->held * PAGE_BYTES).s);
	else
		printf("; unclaimed: not known, this kernel does not say\n");
	print_records(&st->in);
}

/* A reason may begin with "KHO is", which the line says itself. */
static void print_state(const char *what, const char *why)
{
	size_t len = strlen(what);

	if (why && !strncmp(why, what, len) && !strncmp(why + len, " is ", 4))
		printf("%-12s %s\n", what, why + len + 4);
	else
		printf("%-12s %s%s\n", what, why ? "off: " : "on", why ? why : "");
}

static void print_text(const struct status *st)
{
	size_t i;

	printf("kernel       %s, %s\n", st->host.release,
	       st->host.fast ? "accelerated" : st->host.kho ? "stock" : "without KHO");
	print_state("KHO", st->host.no_kho);
	print_state("LUO", st->host.no_luo);
	printf("scratch      %s in %zu areas\n", text_bytes(status_scratch(st)).s,
	       st->host.nr_scratch);
	for (i = 0; i < st->host.nr_scratch; i++)
		printf("             %#14" PRIx64 " %11s\n", st->host.scratch[i].addr,
		       text_bytes(st->host.scratch[i].size).s);
	print_out(st);
	print_in(st);
	if (!st->host.luo)
		return;
	printf("sessions     %s outgoing, %s files", text_count(st->sessions).s,
	       text_count(st->files).s);
	if (st->not_listed)
		printf(" (only what processes hold: %s)", st->not_listed);
	putchar('\n');
}

static int run(bool json, char **words)
{
	struct status st;
	int rc;

	(void)words;
	status_look(&st);
	if (json)
		json_print(status_to_json(&st));
	else
		print_text(&st);
	rc = !st.host.kho || (st.tree && st.tree->faults) ? EXIT_WRONG :
	     st.tree && !st.no_in ? EXIT_FINE : EXIT_INPUT;
	status_free(&st);
	return rc;
}

const struct command cmd_status = {
	.name = "status",
	.help = "State of KHO and LUO, outgoing and incoming handover",
	.doc = "State of KHO and LUO, scratch areas, outgoing handover by node and order, incoming "
	       "handover, and preserved pages that are not restored yet.",
	.run = run,
};
