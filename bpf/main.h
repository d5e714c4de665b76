/* SPDX-License-Identifier: GPL-2.0-only */
/* What is the same for all tools: options, life, errors, output. */
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
	unsigned int buffer_kib;	/* 0: as the program says */
	uint32_t pid;			/* 0: all */
};

/* The one of this program; main.c has the rest. */
struct tool {
	const char *name, *doc;
	const struct argp *more;	/* options of its own, or NULL */
	bool has_interval;
	const char *header;		/* of the text, or NULL */
	const char *proof;		/* the trace event that our kernels have */
	const char *function;		/* where that is missing: a kernel with @option has it */
	const char *option;
	bool needs_luo;			/* with KHO alone there is nothing to see */
	bool wants_luo;			/* or not all of it */

	/* Open the skeleton and set what is constant; NULL and errno. */
	struct bpf_object_skeleton *(*open)(const struct options *options);
	/* On a stock kernel, before the programs are loaded, or NULL; says why it fails. */
	int (*use_functions)(const struct btf *btf);
	/* One event of the ring buffer. */
	void (*event)(const void *data);
	/* Each interval, and once at the end with @last; negative errno. */
	int (*report)(bool last);
};

extern const struct tool tool;
extern struct options options;
extern bool has_events;			/* the kernel is ours */

/* Messages go to stderr, with the name of the tool. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A JSON string with its quotes, whatever bytes @text has. */
void print_json_string(const char *text);

#endif /* MAIN_H */
