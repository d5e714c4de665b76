// SPDX-License-Identifier: GPL-2.0-only
/*
 * khoctl plan: expected cost of a live update, stock and accelerated, from counts of preserved
 * memory and measured coefficients, and advice. For stock
 *
 *	blackout = base + GiB * g + ranges^2 * r + pages * p
 *
 * where r is that of the pages' size; for an accelerated kernel the same without the square.
 */
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>

#include "khoctl.h"

#define COEFFICIENTS_VERSION	1
#define BUILT_IN	"the built-in coefficients"
#define HUGE_ORDER	9
#define GIB		(1UL << 30)
#define MIB		(1UL << 20)
#define MAX_ADVICE	8

static const struct argp_option options[] = {
	{ "coefficients", 'c', "FILE", 0, "Coefficients of the machine; default: built in, see "
	  "tools/khoctl/coefficients.json", 0 },
	{ "status", 's', "FILE", 0, "Output of 'khoctl status -j' on another host, or an invented "
	  "one", 0 },
	{ 0 }
};

static const char *coefficients_file, *status_file;

static const struct setting settings[] = {
	{ 'c', &coefficients_file, NULL }, { 's', &status_file, NULL }, { 0 }
};

/* coefficients.json of the sources, and a 0 */
__asm__(".section .rodata\n"
	"coefficients_json:\n"
	".incbin \"coefficients.json\"\n"
	".byte 0\n"
	".previous");
extern const char coefficients_json[];

static struct json_object *coefficients;

/* Returns where they were measured. */
static const char *coefficients_load(void)
{
	struct json_object *version, *where;

	coefficients = coefficients_file ? json_load(coefficients_file) :
		       json_tokener_parse(coefficients_json);
	if (!json_object_object_get_ex(coefficients, "version", &version) ||
	    json_object_get_int(version) != COEFFICIENTS_VERSION)
		errx(EXIT_INPUT, "%s: not coefficients (JSON, version %d)",
		     coefficients_file ?: BUILT_IN, COEFFICIENTS_VERSION);
	if (!json_object_object_get_ex(coefficients, "where", &where) ||
	    !json_object_is_type(where, json_type_string))
		errx(EXIT_INPUT, "%s: 'where' is missing, the machine of the measurement",
		     coefficients_file ?: BUILT_IN);
	return json_object_get_string(where);
}

static double coefficient(const char *name)
{
	struct json_object *value = NULL;

	json_pointer_getf(coefficients, &value, "/coefficients/%s/value", name);
	if ((!json_object_is_type(value, json_type_double) &&
	     !json_object_is_type(value, json_type_int)) || json_object_get_double(value) < 0)
		errx(EXIT_INPUT, "%s: '%s' has no value from 0 on", coefficients_file ?: BUILT_IN, name);
	return json_object_get_double(value);
}

struct usage {
	uint64_t	small, huge;	/* folios below 2 MiB, and others */
	uint64_t	pages, ranges;
	uint64_t	memory, scratch;	/* bytes */
	uint64_t	sessions, files;
	bool		fast, bad;	/* bad: the tree has faults */
};

/* A number of @v, 0 if it is missing. */
static uint64_t number(struct json_object *v, const char *key)
{
	struct json_object *n;

	if (!json_object_object_get_ex(v, key, &n))
		return 0;
	if (!json_object_is_type(n, json_type_int) || json_object_get_int64(n) < 0)
		errx(EXIT_INPUT, "%s: '%s' is not a number from 0 on", status_file ?: "status", key);
	return json_object_get_uint64(n);
}

/* Entry @i of the array @key of @v, NULL behind the last. */
static struct json_object *entry(struct json_object *v, const char *key, size_t i)
{
	struct json_object *all, *e;

	if (!json_object_object_get_ex(v, key, &all))
		return NULL;
	if (!json_object_is_type(all, json_type_array))
		errx(EXIT_INPUT, "%s: '%s' is not an array", status_file ?: "status", key);
	if (i >= json_object_array_length(all))
		return NULL;
	e = json_object_array_get_idx(all, i);
	if (!json_object_is_type(e, json_type_object))
		errx(EXIT_INPUT, "%s: '%s' has an entry that is not an object",
		     status_file ?: "status", key);
	return e;
}

static void read_out(struct usage *u, struct json_object *out)
{
	struct json_object *e;
	size_t i;

	for (i = 0; (e = entry(out, "orders", i)); i++) {
		uint64_t order = number(e, "order"), nr = number(e, "folios");

		if (number(e, "node") >= MAX_NODES || order > MAX_ORDER || nr > 1ULL << 40)
			errx(EXIT_INPUT, "%s: 'orders' has an entry of an impossible node, order "
			     "or number", status_file ?: "status");
		*(order < HUGE_ORDER ? &u->small : &u->huge) += nr;
		u->pages += nr << order;
	}
	u->ranges = number(out, "ranges");
	if (!u->ranges || u->ranges > u->small + u->huge)
		u->ranges = u->small + u->huge;
	u->bad = number(out, "faults");
}

/* Of this host, or of a file with the status of one */
static struct usage usage_read(void)
{
	const char *no_out = "the status does not say";
	struct json_object *v, *out, *fast, *e;
	struct usage u = { 0 };
	size_t i;

	v = status_file ? json_load(status_file) : status_of_host(&no_out);
	if (!json_object_is_type(v, json_type_object) || number(v, "version") != STATUS_VERSION)
		errx(EXIT_INPUT, "%s: not the output of khoctl status -j (JSON, version %d)",
		     status_file ?: "status", STATUS_VERSION);
	if (!json_object_object_get_ex(v, "outgoing", &out) ||
	    !json_object_is_type(out, json_type_object))
		errx(EXIT_INPUT, "preserved memory is not known: %s", no_out);
	read_out(&u, out);
	for (i = 0; (e = entry(v, "scratch", i)); i++)
		u.scratch += number(e, "bytes");
	u.memory = number(v, "memory_bytes");
	u.sessions = number(v, "sessions");
	u.files = number(v, "files");
	u.fast = json_object_object_get_ex(v, "accelerated", &fast) &&
		 json_object_get_boolean(fast);
	json_object_put(v);
	return u;
}

enum part { BASE, MEMORY, RANGES, PAGES, BLACKOUT, RESTORE, SESSIONS, FILES, ALL, NR_PARTS };

static const struct {
	const char *text, *key;
} parts[NR_PARTS] = {
	[BASE]		= { "kernel and devices", "base_ms" },
	[MEMORY]	= { "size of memory", "memory_ms" },
	[RANGES]	= { "preserved ranges", "ranges_ms" },
	[PAGES]		= { "preserved pages", "pages_ms" },
	[BLACKOUT]	= { "blackout", "blackout_ms" },
	[RESTORE]	= { "restoring memory", "restore_ms" },
	[SESSIONS]	= { "retrieving sessions", "sessions_ms" },
	[FILES]		= { "retrieving files", "files_ms" },
	[ALL]		= { "all", "all_ms" },
};

struct cost {
	double	ms[NR_PARTS];
};

struct plan {
	struct usage	usage;
	double		folios;
	struct cost	stock, fast;
	double		have_mib, need_mib;	/* scratch */
	const char	*where;			/* of the coefficients */
	const char	*refusal;		/* of the loaded image, by this kernel, or NULL */
	char		*advice[MAX_ADVICE];
	unsigned int	nr_advice;
};

static void add_up(struct cost *c)
{
	double *ms = c->ms;

	ms[BLACKOUT] = ms[BASE] + ms[MEMORY] + ms[RANGES] + ms[PAGES];
	ms[ALL] = ms[BLACKOUT] + ms[RESTORE] + ms[SESSIONS] + ms[FILES];
}

static void cost_stock(struct plan *p)
{
	const struct usage *u = &p->usage;
	double squared = p->folios ? (u->small * coefficient("stock_range_squared_ns") +
				      u->huge * coefficient("stock_huge_range_squared_ns")) /
				     p->folios : 0;

	p->stock = (struct cost){ {
		[BASE] = coefficient("stock_base_ms"),
		[MEMORY] = coefficient("stock_gib_ms") * u->memory / GIB,
		[RANGES] = squared * u->ranges * u->ranges / 1e6,
		[PAGES] = coefficient("stock_page_ns") * u->pages / 1e6,
		[RESTORE] = (coefficient("stock_restore_folio_ns") * p->folios +
			     coefficient("stock_restore_page_ns") * (u->pages - p->folios)) / 1e6,
		[SESSIONS] = coefficient("stock_session_squared_ns") * u->sessions * u->sessions /
			     1e6,
		[FILES] = (coefficient("stock_file_ns") +
			   coefficient("stock_file_squared_ns") * u->files) * u->files / 1e6,
	} };
	add_up(&p->stock);
}

static void cost_fast(struct plan *p)
{
	const struct usage *u = &p->usage;

	p->fast = (struct cost){ {
		[BASE] = coefficient("fast_base_ms"),
		[MEMORY] = coefficient("fast_gib_ms") * u->memory / GIB,
		[RANGES] = coefficient("fast_range_ns") * u->ranges / 1e6,
		[PAGES] = coefficient("fast_page_ns") * u->pages / 1e6,
		[RESTORE] = coefficient("fast_restore_folio_ns") * p->folios / 1e6,
		[SESSIONS] = coefficient("fast_session_ns") * u->sessions / 1e6,
		[FILES] = coefficient("fast_file_ns") * u->files / 1e6,
	} };
	add_up(&p->fast);
}

static void __attribute__((format(printf, 2, 3))) advise(struct plan *p, const char *fmt, ...)
{
	va_list args;

	if (p->nr_advice == MAX_ADVICE)
		return;
	va_start(args, fmt);
	p->advice[p->nr_advice++] = text_vformat(fmt, args);
	va_end(args);
}

static void find_advice(struct plan *p)
{
	const double *stock = p->stock.ms, saved = stock[ALL] - p->fast.ms[ALL];
	const struct usage *u = &p->usage;

	if (u->bad)
		advise(p, "the outgoing tree is bad, do not update: see khoctl tree");
	if (p->refusal)
		advise(p, "the kernel would refuse a live update: %s", p->refusal);
	if (p->have_mib < p->need_mib)
		advise(p, "scratch: %.0f MiB is less than the %.0f MiB that a kernel of this host "
		       "allocates before it has read the tree: boot with a larger kho_scratch=",
		       p->have_mib, p->need_mib);
	if (u->small >= 10000 && u->small > 8 * u->huge)
		advise(p, "folios: %s of %s are smaller than 2 MiB; guests in huge pages (hugetlb, "
		       "or a memfd with shmem_enabled=advise) would be at most %s ranges",
		       text_count(u->small).s, text_count(p->folios).s,
		       text_count(u->pages * PAGE_BYTES / (2 * MIB) + 1).s);
	if (stock[RANGES] > stock[ALL] / 2)
		advise(p, "ranges: %s separate ranges make %.0f %% of what stock needs, and the "
		       "cost grows with their square: free or compact what lies between them "
		       "before guests are placed", text_count(u->ranges).s,
		       100 * stock[RANGES] / stock[ALL]);
	if (u->sessions >= 1000)
		advise(p, "sessions: %s of them; stock looks each one up in a list of all: put the "
		       "files of a guest into one session", text_count(u->sessions).s);
	if (!u->fast && saved > stock[ALL] / 4)
		advise(p, "kernel: an accelerated one would save %.1f of %.1f s", saved / 1e3,
		       stock[ALL] / 1e3);
}

static void print_text(const struct plan *p)
{
	const struct usage *u = &p->usage;
	unsigned int i;

	printf("preserved   %s folios, %s pages (%s) in %s ranges, of %s\n",
	       text_count(p->folios).s, text_count(u->pages).s,
	       text_bytes(u->pages * PAGE_BYTES).s, text_count(u->ranges).s,
	       text_bytes(u->memory).s);
	printf("sessions    %s with %s files\n", text_count(u->sessions).s,
	       text_count(u->files).s);
	printf("scratch     %.0f MiB; needed: %.0f MiB, and room for the next kernel and its "
	       "initrd\n\n", p->have_mib, p->need_mib);
	printf("%-22s %12s %14s\n", "expected ms", "stock", "accelerated");
	for (i = 0; i < NR_PARTS; i++)
		printf("%-22s %12.1f %14.1f\n", parts[i].text, p->stock.ms[i], p->fast.ms[i]);
	printf("\nmeasured on: %s\n", p->where);
	for (i = 0; i < p->nr_advice; i++)
		printf("change %s\n", p->advice[i]);
	if (!p->nr_advice)
		printf("nothing to change\n");
}

static struct json_object *json_cost(const struct cost *c)
{
	struct json_object *v = json_object_new_object();
	char digits[32];
	unsigned int i;

	for (i = 0; i < NR_PARTS; i++) {
		snprintf(digits, sizeof(digits), "%.3f", c->ms[i]);
		json_object_object_add(v, parts[i].key,
				       json_object_new_double_s(c->ms[i], digits));
	}
	return v;
}

static void print_json(const struct plan *p)
{
	struct json_object *v = json_object_new_object(), *advice = json_object_new_array();
	unsigned int i;

	json_add(v, "version", 1);
	json_add_text(v, "measured_on", p->where);
	json_add(v, "folios", p->folios);
	json_add(v, "pages", p->usage.pages);
	json_add(v, "ranges", p->usage.ranges);
	json_add(v, "sessions", p->usage.sessions);
	json_add(v, "files", p->usage.files);
	json_add(v, "scratch_bytes", p->have_mib * MIB);
	json_add(v, "scratch_needed_bytes", p->need_mib * MIB);
	json_object_object_add(v, "stock", json_cost(&p->stock));
	json_object_object_add(v, "accelerated", json_cost(&p->fast));
	for (i = 0; i < p->nr_advice; i++)
		json_object_array_add(advice, json_object_new_string(p->advice[i]));
	json_object_object_add(v, "change", advice);
	json_print(v);
}

static int run(bool json, char **words)
{
	static struct plan p;
	static char preflight[256];

	(void)words;
	p.where = coefficients_load();
	p.usage = usage_read();
	p.folios = p.usage.small + p.usage.huge;
	cost_stock(&p);
	cost_fast(&p);
	p.have_mib = (double)p.usage.scratch / MIB;
	p.need_mib = coefficient("scratch_base_mib") +
		     coefficient("scratch_gib_mib") * p.usage.memory / GIB;
	if (!status_file)
		p.refusal = host_preflight(preflight, sizeof(preflight));
	find_advice(&p);
	(json ? print_json : print_text)(&p);
	return EXIT_FINE;
}

const struct command cmd_plan = {
	.name = "plan",
	.help = "Expected cost of a live update, and advice",
	.doc = "Expected cost of a live update of this host, with a stock and with an accelerated "
	       "kernel, and advice.",
	.options = options,
	.settings = settings,
	.run = run,
};
