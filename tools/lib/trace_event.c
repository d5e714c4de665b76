// SPDX-License-Identifier: GPL-2.0-only
/* Writer of Trace Event JSON. Times are in microseconds there, with ns as decimals. */
#include "trace_event.h"

#include <inttypes.h>
#include <json-c/json.h>

struct json_object *trace_new(void)
{
	struct json_object *trace = json_object_new_object();

	json_object_object_add(trace, "displayTimeUnit", json_object_new_string("ms"));
	json_object_object_add(trace, "traceEvents", json_object_new_array());
	return trace;
}

static struct json_object *add_event(struct json_object *trace, const char *phase, int pid, int tid,
				     const char *name)
{
	struct json_object *event = json_object_new_object();

	json_object_object_add(event, "ph", json_object_new_string(phase));
	json_object_object_add(event, "pid", json_object_new_int(pid));
	json_object_object_add(event, "tid", json_object_new_int(tid));
	json_object_object_add(event, "name", json_object_new_string(name));
	json_object_array_add(json_object_object_get(trace, "traceEvents"), event);
	return event;
}

/* A double has too few digits for the ns of a long uptime. */
static void add_time(struct json_object *event, const char *key, uint64_t ns)
{
	char us[32];

	snprintf(us, sizeof(us), "%" PRIu64 ".%03" PRIu64, ns / 1000, ns % 1000);
	json_object_object_add(event, key, json_object_new_double_s(ns / 1e3, us));
}

static void add_metadata(struct json_object *trace, int pid, int tid, const char *what,
			 const char *key, struct json_object *value)
{
	struct json_object *args = json_object_new_object();

	json_object_object_add(args, key, value);
	json_object_object_add(add_event(trace, "M", pid, tid, what), "args", args);
}

void trace_process(struct json_object *trace, int pid, const char *name)
{
	add_metadata(trace, pid, 0, "process_name", "name", json_object_new_string(name));
	add_metadata(trace, pid, 0, "process_sort_index", "sort_index", json_object_new_int(pid));
}

void trace_thread(struct json_object *trace, int pid, int tid, const char *name)
{
	add_metadata(trace, pid, tid, "thread_name", "name", json_object_new_string(name));
	add_metadata(trace, pid, tid, "thread_sort_index", "sort_index", json_object_new_int(tid));
}

void trace_slice(struct json_object *trace, int pid, int tid, const char *name,
		 uint64_t begin_ns, uint64_t end_ns)
{
	struct json_object *event = add_event(trace, "X", pid, tid, name);

	add_time(event, "ts", begin_ns);
	add_time(event, "dur", end_ns - begin_ns);
}

void trace_instant(struct json_object *trace, int pid, int tid, const char *name, uint64_t at_ns)
{
	struct json_object *event = add_event(trace, "i", pid, tid, name);

	add_time(event, "ts", at_ns);
	json_object_object_add(event, "s", json_object_new_string("g"));
}

bool trace_write(FILE *out, struct json_object *trace)
{
	const char *text = json_object_to_json_string_ext(trace, JSON_C_TO_STRING_PRETTY |
							  JSON_C_TO_STRING_SPACED |
							  JSON_C_TO_STRING_NOSLASHESCAPE);
	bool written = fprintf(out, "%s\n", text) > 0;

	json_object_put(trace);
	return written;
}
