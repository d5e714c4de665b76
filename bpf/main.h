/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by all tools: options, main loop, errors, output */
#ifndef MAIN_H
#define MAIN_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

struct options {
	bool json;
	bool verbose;
	unsigned int duration_s;	/* 0: until a signal */
	unsigned int interval_s;	/* 0: only at the end */
	unsigned int buffer_kib;	/* 0: the program's default */
	uint32_t pid;			/* 0: all */
};

/* The tool of this program */
struct tool {
	const char *name, *doc;
	const struct argp *more;	/* more options, or NULL */
	bool has_interval;
	const char *header;		/* of the text, or NULL */
	const char *proof;		/* trace event of accelerated kernels */
	const char *function;		/* on stock; needs @option */
	const char *option;
	bool needs_luo;			/* KHO alone has no events */
	bool wants_luo;			/* without it some events are missing */

	/* Open the skeleton and set its constants; NULL and errno. */
	struct bpf_object_skeleton *(*open)(const struct options *options);
	/* On stock, before the programs are loaded; may be NULL. Prints its errors. */
	int (*use_functions)(const struct btf *btf);
	/* One event of the ring buffer. */
	void (*event)(const void *data);
	/* Each interval, and once at the end with @last; negative errno. */
	int (*report)(bool last);
};

extern const struct tool tool;
extern struct options options;
extern bool has_events;			/* the kernel is accelerated */

/* Messages go to stderr, with the name of the tool. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Any bytes as a JSON string with quotes */
void print_json_string(const char *text);

#endif /* MAIN_H */
