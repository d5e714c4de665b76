/* SPDX-License-Identifier: GPL-2.0-only */
/* What khoctl status says, and khoctl plan takes. */
#ifndef STATUS_H
#define STATUS_H

#include "khoctl.h"

struct status {
	struct host	host;
	struct handover	out, in;
	struct tree	*tree;		/* NULL: not known, for the reason no_out */
	char		*no_out;
	char		*no_in;		/* why what came in cannot be told, or NULL */
	char		*not_listed;	/* why the kernel does not list the sessions, or NULL */
	bool		came_in, held_known;
	uint64_t	held;		/* pages */
	char		previous[65];	/* release of the kernel before this one */
	uint32_t	kexecs;
	uint64_t	sessions, files;	/* outgoing */
};

/* status.c */
void status_look(struct status *st);
void status_free(struct status *st);
uint64_t status_scratch(const struct status *st);	/* bytes */

/* status_json.c */
struct json_object *status_to_json(const struct status *st);
void status_load(struct status *st, const char *path);	/* what plan needs of it; dies */

#endif /* STATUS_H */
