/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * khoctl: state, cost and faults of a live update. A process runs one command; what that reads
 * stays allocated.
 *
 *   khoctl.c        the command line
 *   output.c        numbers as text, JSON
 *   image.c         physical memory: /proc/kcore or an ELF image of a guest
 *   handover.c      the root FDT of a handover
 *   tree.c          the tree of preserved memory: walk, count, check
 *   host.c          state of KHO and LUO, scratch areas, memory of the nodes
 *   luo.c           sessions, by debugfs and by open descriptors
 *   status.c tree_cmd.c timeline_cmd.c diff.c sessions.c check.c
 *                   the commands
 *   svg.c timeline_trace.c rows.c
 *                   a timeline as a picture, and for trace viewers
 *   hold*.c         keeper of sessions, see hold.h
 *   plan.c          expected cost of a live update
 */
#ifndef KHOCTL_H
#define KHOCTL_H

#include <argp.h>
#include <err.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "file.h"
#include "obstacle.h"
#include "timeline.h"
#include "zones.h"

/* The exit status of khoctl. */
enum {
	EXIT_FINE	= 0,
	EXIT_WRONG	= 1,	/* a fault was found, or the kernel refused */
	EXIT_INPUT	= 2,	/* usage, input or output error */
};

#define PAGE_SHIFT	12
#define PAGE_BYTES	(1UL << PAGE_SHIFT)
#define MAX_ORDER	31
#define NR_ORDERS	(MAX_ORDER + 1)
#define MAX_NODES	1024

struct json_object;

/* output.c */

struct text {
	char	s[128];
};

struct text text_count(uint64_t n);		/* 1,234,567 */
struct text text_bytes(uint64_t bytes);		/* 1.5 MiB */
struct text text_ms(uint64_t ns);		/* 1.234 */
struct text text_percent(uint64_t part, uint64_t whole);
void json_add(struct json_object *to, const char *key, uint64_t v);
void json_add_text(struct json_object *to, const char *key, const char *text);
void json_add_bool(struct json_object *to, const char *key, bool v);
struct json_object *json_load(const char *path);	/* NULL: not JSON */
void json_print(struct json_object *v);		/* and free it */
void *checked(void *memory);			/* ends khoctl if it is NULL */
__attribute__((format(printf, 1, 0))) char *text_vformat(const char *fmt, va_list args);
__attribute__((format(printf, 1, 2))) char *text_format(const char *fmt, ...);
char *text_dup(const char *text);		/* of NULL: NULL */
void *array_grow(void *v, size_t nr, size_t size);	/* room for one more than @nr */

/* image.c: the segments of an ELF core, by address; the first one counts where they overlap */
struct segment {
	uint64_t	phys, addr, size, offset;
};

struct image {
	const char	*path;
	int		fd;
	struct segment	*v;
	size_t		nr;
	uint64_t	end;		/* of memory */
};

const struct image *image_open(const char *path);
const struct image *image_of_host(const char **why);	/* NULL: @why not */
bool image_has(const struct image *img, uint64_t phys, uint64_t len);
bool image_read(const struct image *img, uint64_t addr, bool virtual, void *buf, size_t len);

/* handover.c */
struct record {
	const char	*name;
	uint64_t	phys, size;
};

struct handover {
	void		*fdt;
	uint64_t	root;		/* of the tree */
	bool		cut;		/* only its begin is known */
	char		*why_cut;	/* the reason, or NULL */
	struct record	*records;
	size_t		nr;
};

/* Both return NULL, or what is wrong. */
const char *handover_parse(struct handover *h, const void *fdt, size_t len);
const char *handover_read(struct handover *h, const char *dir, const struct image *img);

/* host.c */
struct area {
	uint64_t	addr, size;
};

struct host {
	char		release[65];
	bool		kho, luo;
	char		*no_kho, *no_luo;	/* why not, or NULL */
	bool		fast;		/* accelerated */
	struct area	*scratch;
	size_t		nr_scratch;
	struct zone	*zones;
	size_t		nr_zones;
	uint64_t	memory;		/* bytes */
};

void host_read(struct host *host);
/*
 * Verdict of the kernel on a live update, empty if it has none, as stock. Returns the reason if
 * that is a refusal, otherwise NULL.
 */
const char *host_preflight(char *line, size_t size);
int host_node(const struct host *host, uint64_t pfn);	/* -1: not known */

/* tree.c */
#define MAX_FAULTS	16

struct tree {
	uint64_t	root;
	uint64_t	folios[MAX_NODES][NR_ORDERS];
	uint64_t	keys, pages, ranges;	/* ranges: contiguous ones */
	uint64_t	tables;			/* pages of the tree itself */
	uint64_t	faults;
	char		*fault[MAX_FAULTS];	/* the first of them */
};

/* Once; @host: NULL if scratch and nodes are not known; @dump: print tables and folios. */
struct tree *tree_walk(const struct image *img, uint64_t root, const struct host *host, bool dump);
struct text tree_text(const struct tree *t);
void tree_add(const struct tree *t, struct json_object *to);

/* The nodes and orders that have folios. */
#define for_each_order(t, node, order)					\
	for (node = 0; node < MAX_NODES; node++)			\
		for (order = 0; order < NR_ORDERS; order++)		\
			if ((t)->folios[node][order])

/* luo.c: sessions, as listed by the kernel and as open in processes */
struct session {
	char	*name;
	bool	incoming, known;	/* known: debugfs says which of the two */
	bool	retrieved, busy;
	const char *failed;		/* "unreadable", "not-loaded", or NULL */
	char	*fault;			/* why, or NULL */
	long	files;			/* -1: not known */
	bool	init;			/* process 1 has it open */
	pid_t	pid;			/* of a process that has it open, or 0 */
	int	fd;			/* in that process */
};

struct sessions {
	struct session	*v;
	size_t		nr;
	bool		listed;		/* by the kernel, so all of them are here */
	char		*not_listed;	/* why not, or NULL */
	size_t		denied;		/* processes that are not accessible */
};

/* Both once; what is read stays until khoctl ends. */
const struct sessions *sessions_read(void);
int session_get(const char *name);	/* a copy of a holder's descriptor; -ENOENT, -EACCES */

/* status.c */
#define STATUS_VERSION	1
/* As khoctl status -j prints it; without "outgoing" for the reason @no_out. */
struct json_object *status_of_host(const char **no_out);

/* rows.c: rows of a chart that hold the spans without overlap, each of one kernel and name */
struct row_span {
	const struct timeline_item	*span;
	unsigned int			row;
	bool				first;	/* of its row */
};

struct row_span *rows_of_spans(const struct timeline *t);	/* ->nr_spans of them */
char *item_text(const struct timeline_item *item);	/* "session vm-1"; to be freed */
const char *item_side(const struct timeline_item *item);	/* "old", "new" or "vmm" */

/* svg.c, timeline_trace.c: false and errno if writing failed */
bool timeline_svg(FILE *out, const struct timeline *t);
bool timeline_trace(FILE *out, const struct timeline *t);

/* An option, and the variable that it sets. */
struct setting {
	int		key;
	const char	**text;
	bool		*flag;
};

/* The commands, for the table in khoctl.c. */
struct command {
	const char	*name, *help;			/* help: a line in the list of commands */
	const char	*args_doc, *doc;		/* doc: in its own --help */
	const struct argp_option *options;		/* but for the common ones */
	const struct setting *settings;
	error_t		(*option)(int key, char *arg, struct argp_state *state);	/* others */
	unsigned int	min_words, max_words;
	int		(*run)(bool json, char **words);	/* returns the exit status */
};

extern const struct command cmd_status, cmd_timeline, cmd_diff, cmd_plan, cmd_tree, cmd_sessions,
			    cmd_hold, cmd_check;

#endif /* KHOCTL_H */
