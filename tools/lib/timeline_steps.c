// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps of a VMM around the phases of both kernels: all of a guest's pause on one clock.
 *
 *	steps	|stop|save|preserve|                    |retrieve|load|resume|
 *	phases                            |freeze| ... |
 *	both	|stop|save|preserve|reboot|freeze| ... |retrieve|load|resume|
 *
 * They are merged as JSON and read again, with all checks of a timeline.
 */
#include "timeline.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timeline_read.h"

#define MAX_STEPS	64

struct step {
	uint64_t	counter, ns;	/* of its end; ns from that of the first */
	char		name[32];
};

struct steps {
	struct step	v[MAX_STEPS];
	size_t		nr;
};

static uint64_t ns_between(const struct timeline *t, uint64_t from, uint64_t to)
{
	return (unsigned __int128)(to - from) * 1000000 / t->khz;
}

static bool read_step(struct steps *s, const char *line, size_t nr)
{
	struct step *step = &s->v[s->nr];
	int end = 0;

	if (s->nr == MAX_STEPS)
		return timeline_refuse("line %zu: more than %d steps", nr, MAX_STEPS);
	if (sscanf(line, "%" SCNu64 " %31s%n", &step->counter, step->name, &end) != 2 || line[end])
		return timeline_refuse("line %zu: is not a counter and the name of a step", nr);
	if (s->nr && step->counter < step[-1].counter)
		return timeline_refuse("line %zu: '%s' ends before '%s'", nr, step->name,
				       step[-1].name);
	s->nr++;
	return true;
}

static bool read_steps(struct steps *s, char *text)
{
	char *line, *rest = text;
	size_t nr = 0;

	while ((line = strsep(&rest, "\n"))) {
		nr++;
		if (*line && !read_step(s, line, nr))
			return false;
	}
	return s->nr > 1 || timeline_refuse("has no step");
}

/* The number of steps before the kexec; 0: steps and phases do not fit */
static size_t place_steps(const struct timeline *t, struct steps *s, uint64_t shift)
{
	uint64_t begin = t->phases[0].begin_ns + shift;
	uint64_t end = t->phases[t->nr_phases - 1].end_ns + shift;
	size_t before = 0;

	for (struct step *step = s->v; step < s->v + s->nr; step++) {
		step->ns = ns_between(t, s->v->counter, step->counter);
		if (step->ns <= begin)
			before++;
		else if (step->ns < end)
			return timeline_refuse("'%s' ends in the blackout: the steps are those of "
					       "another update", step->name);
	}
	if (before == s->nr)
		return timeline_refuse("no step is after the blackout");
	return before;
}

static void add_step(struct json_object *phases, const char *name, bool old, uint64_t begin,
		     uint64_t end)
{
	struct json_object *item = json_object_new_object();

	json_object_object_add(item, "name", json_object_new_string(name));
	json_object_object_add(item, "kernel", json_object_new_string(old ? "old" : "new"));
	json_object_object_add(item, "vmm", json_object_new_boolean(true));
	json_object_object_add(item, "begin_ns", json_object_new_uint64(begin));
	json_object_object_add(item, "end_ns", json_object_new_uint64(end));
	json_object_array_add(phases, item);
}

static void shift_key(struct json_object *item, const char *key, uint64_t shift)
{
	uint64_t ns = json_object_get_uint64(json_object_object_get(item, key));

	json_object_object_add(item, key, json_object_new_uint64(ns + shift));
}

/* Moves the items of @from to the end of @to. */
static void shift_items(struct json_object *to, struct json_object *from, uint64_t shift)
{
	for (size_t i = 0; i < json_object_array_length(from); i++) {
		struct json_object *item = json_object_get(json_object_array_get_idx(from, i));

		shift_key(item, "begin_ns", shift);
		shift_key(item, "end_ns", shift);
		json_object_array_add(to, item);
	}
}

static struct json_object *merge_phases(const struct timeline *t, const struct steps *s,
					size_t before, uint64_t shift)
{
	uint64_t at = t->phases[t->nr_phases - 1].end_ns + shift;
	struct json_object *phases = json_object_new_array();
	size_t i;

	for (i = 1; i < before; i++)
		add_step(phases, s->v[i].name, true, s->v[i - 1].ns, s->v[i].ns);
	add_step(phases, "reboot", true, s->v[before - 1].ns, t->phases[0].begin_ns + shift);
	shift_items(phases, json_object_object_get(t->json, "phases"), shift);
	for (i = before; i < s->nr; at = s->v[i++].ns)
		add_step(phases, s->v[i].name, false, at, s->v[i].ns);
	return phases;
}

static struct json_object *merge(const struct timeline *t, struct steps *s)
{
	struct json_object *json = json_object_get(t->json), *spans = json_object_new_array();
	uint64_t shift = ns_between(t, s->v->counter, t->origin);
	size_t before = place_steps(t, s, shift);

	if (!before) {
		json_object_put(spans);
		json_object_put(json);
		return NULL;
	}
	shift_items(spans, json_object_object_get(json, "spans"), shift);
	json_object_object_add(json, "phases", merge_phases(t, s, before, shift));
	json_object_object_add(json, "spans", spans);
	json_object_object_add(json, "origin", json_object_new_uint64(s->v->counter));
	return json;
}

struct timeline *timeline_with_steps(struct timeline *t, const char *path)
{
	char *text = timeline_text(path);
	struct json_object *json = NULL;
	struct steps s = { .nr = 0 };

	if (text && read_steps(&s, text)) {
		if (s.v->counter > t->origin)
			timeline_refuse("the guest still ran in the blackout: the steps are those "
					"of another update");
		else
			json = merge(t, &s);
	}
	free(text);
	timeline_free(t);
	return json ? timeline_read(json) : NULL;
}
