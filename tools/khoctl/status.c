// SPDX-License-Identifier: GPL-2.0-only
/* khoctl status: state of KHO and LUO, scratch areas, outgoing and incoming handover. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

static struct status {
	struct host	host;
	struct handover	out, in;
	struct tree	*tree;		/* NULL: not known, for the reason no_out */
	const char	*no_out;
	const char	*no_in;		/* why the incoming handover is not known, or NULL */
	bool		preserved_known;
	uint64_t	preserved;	/* pages that are not restored yet */
	char		previous[65];	/* release of the previous kernel */
	uint32_t	kexecs;
	uint64_t	sessions, files;	/* outgoing */
	bool		update_known;	/* of accelerated kernels */
	uint64_t	number, unretrieved, unrestored, quarantined;
	const char	*not_listed;	/* why the kernel does not list the sessions, or NULL */
} st;

static void read_out(void)
{
	const char *why, *wrong;
	const struct image *img;

	st.no_out = st.host.no_kho;
	if (!st.host.kho)
		return;
	img = image_of_host(&why);
	st.no_out = text_dup(why);
	wrong = handover_read(&st.out, "out", img);
	if (wrong && img)
		st.no_out = text_dup(wrong);
	else if (img)
		st.tree = tree_walk(img, st.out.root, &st.host, false);
}

/* kexec-metadata: a version, the release of the previous kernel, the number of kexecs. */
static void read_metadata(void)
{
	struct __attribute__((packed)) {
		uint32_t	version;
		char		release[sizeof(st.previous)];
		uint32_t	count;
	} data;
	size_t len = 0;
	char *text = file_text(file_open(KHO_DIR "/in/sub_fdts/kexec-metadata"), &len);

	if (text && len >= sizeof(data)) {
		memcpy(&data, text, sizeof(data));
		if (data.version == 1) {
			memcpy(st.previous, data.release, sizeof(data.release) - 1);
			st.kexecs = data.count;
		}
	}
	free(text);
}

static void read_in(void)
{
	if (st.host.kho && file_exists(KHO_DIR "/in/fdt"))
		st.no_in = text_dup(handover_read(&st.in, "in", NULL));
	st.preserved_known = file_number(KHO_DIR "/in/preserved", &st.preserved);
	read_metadata();
}

static void count_sessions(void)
{
	const struct sessions *s = sessions_read();
	const struct session *x;

	st.not_listed = s->not_listed;
	for (x = s->v; x < s->v + s->nr; x++) {
		if (x->known && x->incoming)
			continue;
		st.sessions++;
		st.files += x->files > 0 ? x->files : 0;
	}
}

/* Without unrestored_bytes, which only root can read, there is no line: it would mislead. */
static void read_update(void)
{
	st.update_known = file_number(LUO_DIR "/number", &st.number) &&
			  file_number(LUO_DIR "/unretrieved_sessions", &st.unretrieved) &&
			  file_number(LUO_DIR "/unrestored_bytes", &st.unrestored) &&
			  file_number(LUO_DIR "/quarantined_bytes", &st.quarantined);
}

static void read_status(void)
{
	host_read(&st.host);
	read_out();
	read_in();
	count_sessions();
	read_update();
}

static struct json_object *json_records(const struct handover *h)
{
	struct json_object *all = json_object_new_array();
	size_t i;

	for (i = 0; i < h->nr; i++)
		json_object_array_add(all, json_object_new_string(h->records[i].name));
	return all;
}

static struct json_object *json_orders(const struct tree *t)
{
	struct json_object *all = json_object_new_array(), *v;
	unsigned int node, order;

	for_each_order(t, node, order) {
		v = json_object_new_object();
		json_add(v, "node", node);
		json_add(v, "order", order);
		json_add(v, "folios", t->folios[node][order]);
		json_object_array_add(all, v);
	}
	return all;
}

static struct json_object *json_out(void)
{
	struct json_object *v = json_object_new_object();

	tree_add(st.tree, v);
	json_object_object_add(v, "orders", json_orders(st.tree));
	json_object_object_add(v, "records", json_records(&st.out));
	return v;
}

static struct json_object *json_in(void)
{
	struct json_object *v = json_object_new_object();

	if (*st.previous) {
		json_add_text(v, "previous", st.previous);
		json_add(v, "kexecs", st.kexecs);
	}
	if (st.preserved_known)
		json_add(v, "unclaimed", st.preserved);
	json_object_object_add(v, "records", json_records(&st.in));
	return v;
}

static struct json_object *json_update(void)
{
	struct json_object *v = json_object_new_object();

	json_add(v, "number", st.number);
	json_add(v, "unretrieved_sessions", st.unretrieved);
	json_add(v, "unrestored_bytes", st.unrestored);
	json_add(v, "quarantined_bytes", st.quarantined);
	return v;
}

static struct json_object *json_status(void)
{
	struct json_object *v = json_object_new_object(), *areas = json_object_new_array(), *area;
	size_t i;

	json_add(v, "version", STATUS_VERSION);
	json_add_text(v, "kernel", st.host.release);
	json_add_bool(v, "accelerated", st.host.fast);
	json_add_bool(v, "kho", st.host.kho);
	json_add_bool(v, "luo", st.host.luo);
	json_add(v, "memory_bytes", st.host.memory);
	for (i = 0; i < st.host.nr_scratch; i++) {
		area = json_object_new_object();
		json_add(area, "addr", st.host.scratch[i].addr);
		json_add(area, "bytes", st.host.scratch[i].size);
		json_object_array_add(areas, area);
	}
	json_object_object_add(v, "scratch", areas);
	json_add(v, "sessions", st.sessions);
	json_add(v, "files", st.files);
	/* null: not known; missing: none */
	json_object_object_add(v, "outgoing", st.tree ? json_out() : NULL);
	if (st.in.fdt)
		json_object_object_add(v, "incoming", json_in());
	if (st.update_known)
		json_object_object_add(v, "last_update", json_update());
	return v;
}

struct json_object *status_of_host(const char **no_out)
{
	read_status();
	*no_out = st.no_out;
	return json_status();
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
	uint64_t nr;

	printf("             %5s %6s %14s %16s %11s\n", "node", "order", "folios", "pages", "size");
	for_each_order(t, node, order) {
		nr = t->folios[node][order];
		printf("             %5u %6u %14s %16s %11s\n", node, order, text_count(nr).s,
		       text_count(nr << order).s, text_bytes((nr << order) * PAGE_BYTES).s);
	}
}

static void print_out(void)
{
	const struct tree *t = st.tree;

	if (!t) {
		printf("outgoing     not known: %s\n", st.no_out);
		return;
	}
	printf("outgoing     %s; %s pages of tree\n", tree_text(t).s, text_count(t->tables).s);
	if (t->keys)
		print_orders(t);
	print_records(&st.out);
	if (t->faults)
		printf("             BAD: %s; see khoctl tree\n", t->fault[0]);
}

static void print_in(void)
{
	const char *no_in = st.host.kho ? st.no_in : "KHO is off";

	if (!st.in.fdt) {
		printf("incoming     %s%s\n", no_in ? "not known: " : "nothing",
		       no_in ? no_in : "");
		return;
	}
	printf("incoming     from %s", *st.previous ? st.previous : "an unknown kernel");
	if (*st.previous)
		printf(", kexec number %" PRIu32, st.kexecs);
	if (st.preserved_known)
		printf("; not restored: %s pages (%s)\n", text_count(st.preserved).s,
		       text_bytes(st.preserved * PAGE_BYTES).s);
	else
		puts("; not restored: not known");
	print_records(&st.in);
}

static void print_update(void)
{
	if (!st.update_known)
		return;
	printf("last update  number %" PRIu64 "; sessions not retrieved: %" PRIu64 "; ", st.number,
	       st.unretrieved);
	printf("not restored: %s; ", text_bytes(st.unrestored).s);
	printf("in quarantine: %s\n", text_bytes(st.quarantined).s);
}

/* The reason may begin with "KHO is", as the line does. */
static void print_state(const char *what, const char *why)
{
	size_t len = strlen(what);

	if (why && !strncmp(why, what, len) && !strncmp(why + len, " is ", 4))
		printf("%-12s %s\n", what, why + len + 4);
	else
		printf("%-12s %s%s\n", what, why ? "off: " : "on", why ? why : "");
}

static void print_text(void)
{
	uint64_t scratch = 0;
	size_t i;

	printf("kernel       %s, %s\n", st.host.release,
	       st.host.fast ? "accelerated" : st.host.kho ? "stock" : "without KHO");
	print_state("KHO", st.host.no_kho);
	print_state("LUO", st.host.no_luo);
	for (i = 0; i < st.host.nr_scratch; i++)
		scratch += st.host.scratch[i].size;
	printf("scratch      %s in %zu areas\n", text_bytes(scratch).s, st.host.nr_scratch);
	for (i = 0; i < st.host.nr_scratch; i++)
		printf("             %#14" PRIx64 " %11s\n", st.host.scratch[i].addr,
		       text_bytes(st.host.scratch[i].size).s);
	print_out();
	print_in();
	print_update();
	if (!st.host.luo)
		return;
	printf("sessions     %s outgoing, %s files", text_count(st.sessions).s,
	       text_count(st.files).s);
	if (st.not_listed)
		printf(" (only open ones: %s)", st.not_listed);
	putchar('\n');
}

static int run(bool json, char **words)
{
	(void)words;
	read_status();
	if (json)
		json_print(json_status());
	else
		print_text();
	if (!st.host.kho || (st.tree && st.tree->faults))
		return EXIT_WRONG;
	return st.tree && !st.no_in ? EXIT_FINE : EXIT_INPUT;
}

const struct command cmd_status = {
	.name = "status",
	.help = "State of KHO and LUO, outgoing and incoming handover",
	.doc = "State of KHO and LUO, scratch areas, outgoing handover by node and order, incoming "
	       "handover, and preserved pages that are not restored yet.",
	.run = run,
};
