/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reader of debugfs kho/timeline.json. Needs json-c. The comments below hold for every timeline
 * that it returns.
 */
#ifndef TIMELINE_H
#define TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMELINE_VERSION	1
#define TIMELINE_FILE		"/sys/kernel/debug/kho/timeline.json"

/* A phase or a span; begin_ns <= end_ns. */
struct timeline_item {
	const char	*name;
	const char	*label;		/* NULL: none */
	bool		old;		/* of the kernel that handed over, or before the kexec */
	bool		vmm;		/* a step of a VMM, see timeline_with_steps() */
	int		node;		/* -1: none */
	uint64_t	begin_ns, end_ns;
};

/* All spans of a name, recorded or lost. */
struct timeline_total {
	const char	*name;
	bool		old;
	uint64_t	nr, sum_ns, max_ns;
};

struct timeline {
	uint64_t		version;
	const char		*clock;
	uint64_t		khz;		/* not 0 */
	uint64_t		origin;		/* of the clock, at 0 ns */
	bool			previous;	/* the old kernel has a record */
	uint64_t		lost;		/* spans without an entry */
	struct timeline_item	*phases;	/* at least one; each ends where the next begins */
	size_t			nr_phases;
	struct timeline_item	*spans;
	size_t			nr_spans;
	struct timeline_total	*totals;
	size_t			nr_totals;
	void			*json;		/* owns the strings */
};

/* NULL on error: timeline_error() is one line with file, place and reason, per thread. */
struct timeline *timeline_load(const char *path);	/* "-": standard input */
const char *timeline_error(void);
/*
 * The steps of a VMM around the phases, as phases: a file of lines "COUNTER NAME" in the order of
 * time, where step NAME ended when the clock's counter was COUNTER; the first line is the last
 * moment at which the guest ran. "reboot" is from the last step before the kexec to the first
 * phase. All times are from the first line on. Frees @t; NULL on error.
 */
struct timeline *timeline_with_steps(struct timeline *t, const char *path);
void timeline_free(struct timeline *t);

uint64_t timeline_ns(const struct timeline *t);		/* duration of all phases */
/* The longest phase, the first of equals */
const struct timeline_item *timeline_largest(const struct timeline *t);

#endif /* TIMELINE_H */
