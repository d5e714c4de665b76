/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * khoctl hold: a keeper of sessions, for programs that exit before the kexec. One thread, one
 * poll() loop; no client is waited for.
 *
 *   hold.c          the command, the socket and the loop
 *   hold_client.c   connections: lines and descriptors in, replies out
 *   hold_request.c  what a line asks for
 *   hold_table.c    the sessions, and the record of their owners for the next kernel
 */
#ifndef HOLD_H
#define HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "luo.h"

/* The session with the record of owners; no client can have one of that name. */
#define HOLD_SESSION	"khoctl-hold"
#define HOLD_MAX	1024	/* sessions */
#define HOLD_LINE	4096	/* bytes of a request, with its newline */
#define HOLD_CLIENTS	256
#define HOLD_CLOSING	16	/* descriptors of a user that a file system does not let go */
#define HOLD_WAIT_MS	1000	/* for the device */

struct json_object;

struct client {
	int	fd, got;	/* got: a descriptor that came with a line, or -1 */
	uid_t	uid;
	pid_t	pid;
	bool	gone;
	size_t	len;		/* of what is in line */
	char	line[HOLD_LINE];
};

/* A session that is held. */
struct held {
	char		name[LUO_NAME_SIZE];	/* empty: a free slot */
	uid_t		uid;
	int		session;		/* -1: not retrieved yet */
	bool		incoming;		/* of the previous kernel */
	const struct client *client;		/* that is filling it, before READY */
};

/* hold_table.c */
const char *hold_name_fault(const char *name, size_t len);	/* NULL: it can be used */
void table_open(size_t max);		/* reads what the previous kernel had */
struct held *table_find(const char *name);
struct held *table_next(struct held *h);	/* in use; NULL: the first, and the end */
size_t table_count(void);
size_t table_free(uid_t uid);		/* slots that a session of @uid may take */
struct held *table_add(const char *name, uid_t uid, int session, bool incoming);
void table_drop(struct held *h);	/* closes the session */
size_t table_count_open(void);		/* those that are lost when hold ends */
const char *table_names(bool open);	/* of those, or of the others, for a message */

#define for_each_held(h)	for (h = table_next(NULL); h; h = table_next(h))

/* hold_client.c */
struct client *client_accept(int listener);
void client_refuse(struct client *c, int error, const char *why);	/* it is gone then */
bool client_has_line(const struct client *c);
void client_step(struct client *c);	/* reads, or answers one line */
void client_end(struct client *c);

/* hold_request.c */
__attribute__((format(printf, 2, 3))) void hold_log(const struct client *c, const char *fmt, ...);
struct json_object *hold_error(int error, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Returns the reply; *@fd goes with it, or is -1. Takes c->got if it uses it. */
struct json_object *hold_answer(struct client *c, const char *line, size_t len, int *fd);

#endif /* HOLD_H */
