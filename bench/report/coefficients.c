// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coefficients of khoctl plan, from the samples of a machine: its own in place of those that
 * are built in. What the run did not measure stays, and says so.
 *
 * Each case is compared with a base, nothing preserved, of the same memory: one of another size
 * would count what memory costs as what preserving does. With bases of several sizes memory has
 * a coefficient of its own; on one machine it is not varied, so the base has all of it. Noise may
 * make a difference negative: the coefficient is 0 then.
 */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "scenario.h"

static struct json_object *coefficients;
static const char *command;
static struct json_object *measured;	/* names */

static void put(const char *name, double value, struct text from)
{
	struct json_object *all = json_object_object_get(coefficients, "coefficients");
	struct json_object *one = json_object_new_object();

	if (!json_object_object_get_ex(all, name, NULL))
		die("the coefficients have no '%s': give those of this version", name);
	json_object_object_add(one, "value", json_object_new_double(fmax(value, 0)));
	json_object_object_add(one, "command", json_object_new_string(command));
	json_object_object_add(one, "from", json_object_new_string(from.s));
	json_object_object_add(all, name, one);
	json_object_object_add(measured, name, NULL);
}

/* A struct text is too short for names of CPUs and kernels. */
static __attribute__((format(printf, 3, 4))) void
put_text(struct json_object *to, const char *key, const char *fmt, ...)
{
	va_list args;
	char *s;

	va_start(args, fmt);
	if (vasprintf(&s, fmt, args) < 0)
		die("no memory");
	va_end(args);
	json_object_object_add(to, key, json_object_new_string(s));
	free(s);
}

/* What was not measured is another machine's. */
static void mark_rest(void)
{
	const char *where = string_of(coefficients, "where");

	json_object_object_foreach(json_object_object_get(coefficients, "coefficients"), name, one)
		if (!json_object_object_get_ex(measured, name, NULL))
			put_text(one, "from", "%s, not here: %s", where, string_of(one, "from"));
}

/* The case of @k with nothing preserved and that memory, any if NULL; NULL if there is none */
static const struct scenario *find_base(const struct scenarios *all, enum kernel k,
					const char *memory)
{
	for (const struct scenario *sc = all->v; sc < all->v + all->nr; sc++) {
		struct figure f = scenario_figure(sc, k, "blackout_ns");

		if (!sc->n && f.nr && f.status == OK && (!memory || !strcmp(sc->memory, memory)))
			return sc;
	}
	return NULL;
}

/* The case with most folios of that kind that @k did within its limit; NULL if there is none */
static const struct scenario *most(const struct scenarios *all, enum kernel k, uint64_t order,
				   bool scattered)
{
	const struct scenario *best = NULL;

	for (const struct scenario *sc = all->v; sc < all->v + all->nr; sc++) {
		struct figure f = scenario_figure(sc, k, "blackout_ns");

		if (sc->n && sc->order == order && (sc->stride > 1) == scattered && f.nr &&
		    f.status == OK && (!best || sc->n > best->n) &&
		    find_base(all, k, sc->memory))
			best = sc;
	}
	return best;
}

static double median(const struct scenario *sc, enum kernel k, const char *quantity)
{
	return scenario_figure(sc, k, quantity).med;
}

/* What preserving adds to the blackout of a machine of that memory */
static double over_nothing(const struct scenarios *all, const struct scenario *sc, enum kernel k)
{
	return median(sc, k, "blackout_ns") -
	       median(find_base(all, k, sc->memory), k, "blackout_ns");
}

static struct text source(const struct scenario *sc, const char *how)
{
	return text_of("%s: %s", scenario_label(sc).s, how);
}

static void put_stock(const struct scenarios *all)
{
	const struct scenario *small = most(all, STOCK, 0, true), *huge = most(all, STOCK, 9, true);
	const struct scenario *runs = most(all, STOCK, 9, false);
	double page = 0, folio = 0;

	if (runs) {
		page = fmax(over_nothing(all, runs, STOCK) / (runs->n * 512), 0);
		put("stock_page_ns", page, source(runs, "over nothing, by pages"));
	}
	if (small) {
		put("stock_range_squared_ns",
		    over_nothing(all, small, STOCK) / pow(small->n, 2),
		    source(small, "over nothing, by the square of the ranges"));
		folio = median(small, STOCK, "retrieve_ns") / small->n;
		put("stock_restore_folio_ns", folio, source(small, "restore, by folios"));
	}
	if (huge && runs)
		put("stock_huge_range_squared_ns",
		    (over_nothing(all, huge, STOCK) - page * huge->n * 512) / pow(huge->n, 2),
		    source(huge, "over nothing and its pages, by the square of the ranges"));
	if (runs && small)
		put("stock_restore_page_ns",
		    (median(runs, STOCK, "retrieve_ns") / runs->n - folio) / 511,
		    source(runs, "restore, by pages but the first"));
}

static void put_fast(const struct scenarios *all)
{
	const struct scenario *small = most(all, FAST, 0, true), *runs = most(all, FAST, 9, false);

	if (small) {
		put("fast_range_ns", over_nothing(all, small, FAST) / small->n,
		    source(small, "over nothing, by ranges"));
		put("fast_restore_folio_ns", median(small, FAST, "retrieve_ns") / small->n,
		    source(small, "restore, by folios"));
	}
	if (runs)
		put("fast_page_ns", over_nothing(all, runs, FAST) / (runs->n * 512),
		    source(runs, "over nothing, by pages"));
}

/* As QEMU has it: 8G, 512M */
static double gib(const char *memory)
{
	char *unit;
	double n = strtod(memory, &unit);

	switch (*unit) {
	case 'T':
		return n * 1024;
	case 'M':
		return n / 1024;
	default:
		return n;
	}
}

/* The smallest or the largest machine with nothing preserved */
static const struct scenario *extreme(const struct scenarios *all, enum kernel k, bool largest)
{
	const struct scenario *best = NULL;

	for (const struct scenario *sc = all->v; sc < all->v + all->nr; sc++)
		if (!sc->n && find_base(all, k, sc->memory) &&
		    (!best || (gib(sc->memory) > gib(best->memory)) == largest))
			best = find_base(all, k, sc->memory);
	return best;
}

static void put_base(const struct scenarios *all, enum kernel k)
{
	static const char *const names[][2] = {
		[STOCK] = { "stock_base_ms", "stock_gib_ms" },
		[FAST] = { "fast_base_ms", "fast_gib_ms" },
	};
	const struct scenario *small = extreme(all, k, false), *large = extreme(all, k, true);
	double base, more, per_gib;

	if (!small)
		die("the run has no blackout of '%s' with nothing preserved, on which all "
		    "others are based", k == STOCK ? "stock" : "fast");

	base = median(small, k, "blackout_ns") / 1e6;
	more = gib(large->memory) - gib(small->memory);
	if (more <= 0) {
		put(names[k][0], base, source(small, "with the memory of this machine"));
		put(names[k][1], 0, text_of("in the base: all of it is this machine's"));
		return;
	}

	per_gib = fmax((median(large, k, "blackout_ns") / 1e6 - base) / more, 0);
	put(names[k][0], base - per_gib * gib(small->memory),
	    text_of("nothing, %.10s and %.10s: without memory", small->memory, large->memory));
	put(names[k][1], per_gib,
	    text_of("nothing, %.10s and %.10s: the difference", small->memory, large->memory));
}

static void put_all(const struct scenarios *all)
{
	put_base(all, STOCK);
	put_base(all, FAST);
	put_stock(all);
	put_fast(all);
}

static void put_where(const struct run *run)
{
	struct json_object *env = run->env;

	put_text(coefficients, "where", "%s, %s, %llu CPUs, Linux %s, %.10s; what was not measured: %s",
		 run->where, string_of(env, "cpu"), (unsigned long long)uint_of(env, "nproc"),
		 string_of(env, "kernel"), string_of(env, "date"),
		 string_of(coefficients, "where"));
}

int report_coefficients(const struct options *o)
{
	const struct run *run = run_load(o->args[0], BLACKOUT, o->run);
	struct scenarios all = scenarios_of(run);

	coefficients = json_object_from_file(o->args[1]);
	if (!coefficients || !json_object_object_get_ex(coefficients, "coefficients", NULL))
		die("%s: not coefficients of khoctl plan (JSON)", o->args[1]);
	command = string_of(run->env, "command");
	measured = json_object_new_object();
	put_all(&all);
	mark_rest();
	put_where(run);
	puts(json_object_to_json_string_ext(coefficients, JSON_C_TO_STRING_PRETTY |
						 JSON_C_TO_STRING_SPACED));
	return EXIT_MET;
}
