/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace Event JSON, as read by Perfetto and chrome://tracing. Needs json-c.
 *
 * A process is a group of tracks, a thread is a track. Slices of a thread must nest: of two that
 * overlap, one contains the other.
 */
#ifndef TRACE_EVENT_H
#define TRACE_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_object;

struct json_object *trace_new(void);
/* Name a process or thread; the numbers are also their order on the screen. */
void trace_process(struct json_object *trace, int pid, const char *name);
void trace_thread(struct json_object *trace, int pid, int tid, const char *name);
void trace_slice(struct json_object *trace, int pid, int tid, const char *name,
		 uint64_t begin_ns, uint64_t end_ns);
/* A line across all tracks */
void trace_instant(struct json_object *trace, int pid, int tid, const char *name, uint64_t at_ns);
/* Frees the trace. False and errno: writing failed; fclose() may fail later. */
bool trace_write(FILE *out, struct json_object *trace);

#endif /* TRACE_EVENT_H */
