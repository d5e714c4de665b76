// SPDX-License-Identifier: GPL-2.0-only
/* Requests to khoctl hold: one JSON object a line, {"cmd": VERB, "id": NAME}. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hold.h"
#include "khoctl.h"

#define LINK	"anon_inode:[luo_session] "

struct call {
	struct client	*client;
	const char	*id;		/* or NULL */
	int		fd;		/* to send */
};

void hold_log(const struct client *c, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = text_vformat(fmt, args);
	va_end(args);
	printf("uid %u, process %d: %s\n", c->uid, c->pid, text);
	free(text);
}

static struct json_object *event(const char *name, const char *id)
{
	struct json_object *v = checked(json_object_new_object());

	json_add_text(v, "event", name);
	if (id)
		json_add_text(v, "id", id);
	return v;
}

struct json_object *hold_error(int error, const char *fmt, ...)
{
	struct json_object *v = event("ERROR", NULL);
	va_list args;
	char *text;

	va_start(args, fmt);
	text = text_vformat(fmt, args);
	va_end(args);
	json_add(v, "errno", error);
	json_add_text(v, "message", text);
	free(text);
	return v;
}

static struct json_object *check_name(const char *name, size_t len)
{
	const char *fault = hold_name_fault(name, len);

	return fault ? hold_error(EINVAL, "%s", fault) : NULL;
}

static struct json_object *table_is_full(const char *name)
{
	return hold_error(ENOSPC, "session '%s': the table is full: %zu sessions are held; FINISH "
			  "some, or start hold with a larger --max", name, table_count());
}

/* That a session of this name can be added; NULL if so */
static struct json_object *check_new(const struct client *c, const char *name)
{
	const struct held *h = table_find(name);

	if (h && c->uid && h->uid != c->uid)
		return hold_error(EPERM, "session '%s' belongs to uid %u", name, h->uid);
	if (h)
		return hold_error(EEXIST, h->incoming ? "session '%s' of the previous kernel is "
				  "still held: CLAIM and FINISH it first" : "session '%s' is held "
				  "already: CLAIM it, or FINISH it first", name);
	return table_free(c->uid) ? NULL : table_is_full(name);
}

/* The session is the client's to use; NULL if so */
static struct json_object *check_owner(const struct client *c, const char *name,
				       const struct held *h)
{
	if (!h)
		return hold_error(ENOENT, "session '%s': none of that name is held", name);
	if (c->uid && h->uid != c->uid)
		return hold_error(EPERM, "session '%s' belongs to uid %u", name, h->uid);
	return NULL;
}

/* Of creating or retrieving @name */
static struct json_object *kernel_refuses(int error, const char *name)
{
	switch (error) {
	case EBADMSG:
		return hold_error(error, "session '%s': it cannot be read and is lost: see the "
				  "kernel's log", name);
	case EBUSY:
		return hold_error(error, "session '%s': another process has " LUO_DEVICE " open, "
				  "try again", name);
	case EEXIST:
		return hold_error(error, "session '%s': another process has one of that name open",
				  name);
	case EINVAL:
		return hold_error(error, "session '%s': another process has retrieved it", name);
	case ENOENT:
		return hold_error(error, "session '%s': none of that name was handed over, or it "
				  "was finished", name);
	case ENOPKG:
		return hold_error(error, "session '%s': no handler for one of its files: load its "
				  "module, and try again", name);
	}
	return hold_error(error, "session '%s': %s", name, strerror(error));
}

static struct held *being_filled_by(const struct client *c)
{
	struct held *h;

	for_each_held(h)
		if (h->client == c)
			break;
	return h;
}

static struct json_object *subscribe(struct call *call)
{
	struct client *c = call->client;
	const struct held *filled = being_filled_by(c);
	struct json_object *error = check_new(c, call->id);
	struct held *h;
	int session;

	if (error)
		return error;
	if (filled)
		return hold_error(EBUSY, "session '%s' is not READY yet", filled->name);
	session = luo_create_by_name(call->id, HOLD_WAIT_MS);
	if (session < 0)
		return kernel_refuses(-session, call->id);
	h = table_add(call->id, c->uid, session, false);
	h->client = c;
	call->fd = session;
	return event("START_PRESERVATION", h->name);
}

static struct json_object *ready(struct call *call)
{
	struct held *h = being_filled_by(call->client);

	if (!h)
		return hold_error(EINVAL, "READY without SUBSCRIBE");
	if (call->id && strcmp(call->id, h->name))
		return hold_error(EINVAL, "SUBSCRIBE was for session '%s'", h->name);
	h->client = NULL;
	hold_log(call->client, "holds session '%s'", h->name);
	return event("READY", h->name);
}

/* By its link: an ioctl of any other file could do anything, or never return. */
static bool is_session(int fd)
{
	char path[64], link[sizeof(LINK)];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, link, sizeof(link)) >= (ssize_t)strlen(LINK) &&
	       !strncmp(link, LINK, strlen(LINK));
}

static struct json_object *leave(struct call *call)
{
	struct client *c = call->client;
	struct json_object *error;
	char name[LUO_NAME_SIZE];

	if (c->got < 0)
		return hold_error(EBADF, "LEAVE needs the descriptor of a session (SCM_RIGHTS)");
	if (!is_session(c->got) || luo_session_name(c->got, name))
		return hold_error(EBADF, "the descriptor is of no session");
	error = check_name(name, strnlen(name, sizeof(name)));
	if (!error)
		error = check_new(c, name);
	if (error)
		return error;
	if (call->id && strcmp(call->id, name))
		return hold_error(EINVAL, "the descriptor is of session '%s'", name);
	if (luo_session_is_retrieved(c->got))
		return hold_error(EINVAL, "session '%s' is of the previous kernel and would not be "
				  "in the next one: preserve its files in a new one", name);
	table_add(name, c->uid, c->got, false);
	c->got = -1;
	hold_log(c, "holds session '%s'", name);
	return event("LEFT", name);
}

/* Retrieves the session if it is not yet; NULL if so */
static struct json_object *get_session(struct held *h)
{
	int session = h->session >= 0 ? h->session : luo_retrieve_by_name(h->name, HOLD_WAIT_MS);
	struct json_object *error;

	if (session >= 0) {
		h->session = session;
		return NULL;
	}
	error = kernel_refuses(-session, h->name);
	if (session == -ENOENT || session == -EBADMSG)
		table_drop(h);
	return error;
}

/* One that no hold of the previous kernel had; NULL if it could be retrieved */
static struct json_object *get_unlisted(const char *name, struct held **h)
{
	int session;

	if (!table_free(0))
		return table_is_full(name);
	session = luo_retrieve_by_name(name, HOLD_WAIT_MS);
	if (session < 0)
		return kernel_refuses(-session, name);
	*h = table_add(name, 0, session, true);
	return NULL;
}

static struct json_object *claim(struct call *call)
{
	struct held *h = table_find(call->id);
	const bool unlisted = !h && !call->client->uid;
	struct json_object *error = unlisted ? get_unlisted(call->id, &h) :
				    check_owner(call->client, call->id, h) ?: get_session(h);

	if (error)
		return error;
	call->fd = h->session;
	return event("CLAIMED", h->name);
}

static struct json_object *finish(struct call *call)
{
	struct held *h = table_find(call->id);
	struct json_object *error = check_owner(call->client, call->id, h);
	int rc;

	if (!error && h->incoming)
		error = get_session(h);
	if (error)
		return error;
	rc = h->incoming ? luo_session_finish(h->session) : 0;
	if (rc)
		return hold_error(-rc, "session '%s' cannot be finished: %s%s", h->name,
				  strerror(-rc), rc == -EBUSY ? ": a file in it is not ready, try "
				  "again" : "");
	table_drop(h);
	hold_log(call->client, "finished session '%s'", call->id);
	return event("FINISHED", call->id);
}

static struct json_object *list(struct call *call)
{
	struct json_object *v = event("SESSIONS", NULL), *all = json_object_new_array(), *one;
	const uid_t uid = call->client->uid;
	struct held *h;

	for_each_held(h) {
		if (uid && h->uid != uid)
			continue;
		one = json_object_new_object();
		json_add_text(one, "id", h->name);
		json_add(one, "uid", h->uid);
		json_add_text(one, "kernel", h->incoming ? "previous" : "this");
		json_add_text(one, "state", h->client ? "filling" : !h->incoming ? "ready" :
			      h->session < 0 ? "waiting" : "claimed");
		json_object_array_add(all, one);
	}
	json_object_object_add(v, "sessions", all);
	return v;
}

static const struct verb {
	const char		*name;
	struct json_object	*(*run)(struct call *call);
	bool			needs_id;
} verbs[] = {
	{ "SUBSCRIBE", subscribe, true },
	{ "READY", ready, false },
	{ "LEAVE", leave, false },
	{ "CLAIM", claim, true },
	{ "FINISH", finish, true },
	{ "LIST", list, false },
	{ 0 }
};

static struct json_object *run(struct call *call, const char *cmd, struct json_object *id)
{
	const struct verb *v;
	struct json_object *error;

	for (v = verbs; v->name && strcmp(v->name, cmd); v++)
		;
	if (!v->name)
		return hold_error(ENOSYS, "\"cmd\" is not SUBSCRIBE, READY, LEAVE, CLAIM, FINISH "
				  "or LIST");
	if (id && !json_object_is_type(id, json_type_string))
		return hold_error(EINVAL, "\"id\" is not a string");
	if (!id && v->needs_id)
		return hold_error(EINVAL, "%s needs \"id\", the name of the session", cmd);
	call->id = id ? json_object_get_string(id) : NULL;
	error = id ? check_name(call->id, json_object_get_string_len(id)) : NULL;
	return error ?: v->run(call);
}

/* A line has one JSON object and nothing else. */
static struct json_object *parse(const char *line, size_t len)
{
	struct json_tokener *t = checked(json_tokener_new_ex(4));
	struct json_object *v;

	json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	v = json_tokener_parse_ex(t, line, len);
	if (v && (json_tokener_get_parse_end(t) != len ||
		  !json_object_is_type(v, json_type_object))) {
		json_object_put(v);
		v = NULL;
	}
	json_tokener_free(t);
	return v;
}

struct json_object *hold_answer(struct client *c, const char *line, size_t len, int *fd)
{
	struct json_object *request = parse(line, len), *cmd, *id = NULL, *reply;
	struct call call = { .client = c, .fd = -1 };

	*fd = -1;
	if (!request)
		return hold_error(EINVAL, "the line is not one JSON object");
	json_object_object_get_ex(request, "id", &id);
	if (json_object_object_get_ex(request, "cmd", &cmd) &&
	    json_object_is_type(cmd, json_type_string))
		reply = run(&call, json_object_get_string(cmd), id);
	else
		reply = hold_error(EINVAL, "the object has no \"cmd\"");
	json_object_put(request);
	*fd = call.fd;
	return reply;
}
