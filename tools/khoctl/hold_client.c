// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections of khoctl hold. Nothing here waits: what a client has not sent is read later, and a
 * client that does not read its replies is disconnected.
 */
#include <errno.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hold.h"
#include "khoctl.h"

/* For the longest reply, a full table of the longest names */
#define SEND_BYTES	(1 << 20)

/* A descriptor that a thread is closing. */
struct closing {
	struct closing	*next;
	int		fd;
	uid_t		uid;
	atomic_bool	done;
};

static struct closing *closing;

static void *close_it(void *arg)
{
	struct closing *one = arg;

	close(one->fd);
	one->done = true;
	return NULL;
}

/* How many of a user are still being closed */
static size_t closing_of(uid_t uid)
{
	struct closing **at = &closing, *one;
	size_t nr = 0;

	while ((one = *at)) {
		if (one->done) {
			*at = one->next;
			free(one);
			continue;
		}
		nr += one->uid == uid;
		at = &one->next;
	}
	return nr;
}

/* A file of the client's choice: closing it can wait for a file system of the client's. */
static void close_foreign(const struct client *c, int fd)
{
	struct closing *one = checked(calloc(1, sizeof(*one)));
	pthread_t thread;

	*one = (struct closing){ .next = closing, .fd = fd, .uid = c->uid };
	closing = one;
	if (pthread_create(&thread, NULL, close_it, one))
		close_it(one);
	else
		pthread_detach(thread);
}

static void disconnect(struct client *c, const char *why)
{
	hold_log(c, "disconnected: %s", why);
	c->gone = true;
}

/* The reply is sent whole, or the connection ends. */
static void send_reply(struct client *c, struct json_object *reply, int fd)
{
	const char *text = json_object_to_json_string_ext(reply, JSON_C_TO_STRING_SPACED |
							  JSON_C_TO_STRING_NOSLASHESCAPE);
	struct iovec iov[] = {
		{ .iov_base = (char *)text, .iov_len = strlen(text) },
		{ .iov_base = "\n", .iov_len = 1 },
	};
	union {
		char		room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr	head;
	} control = {
		.head = {
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(fd)),
		},
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t sent;

	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control.room);
	}
	sent = sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
		c->gone = true;
	else if (sent != (ssize_t)strlen(text) + 1)
		disconnect(c, "it does not read its replies");
	json_object_put(reply);
}

void client_refuse(struct client *c, int error, const char *why)
{
	send_reply(c, hold_error(error, "%s", why), -1);
	disconnect(c, why);
}

struct client *client_accept(int listener)
{
	struct client *c = checked(calloc(1, sizeof(*c)));
	struct ucred peer;
	socklen_t len = sizeof(peer);

	c->got = -1;
	c->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (c->fd < 0 || getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len)) {
		if (c->fd >= 0)
			close(c->fd);
		free(c);
		return NULL;
	}
	c->uid = peer.uid;
	c->pid = peer.pid;
	setsockopt(c->fd, SOL_SOCKET, SO_SNDBUFFORCE, &(int){ SEND_BYTES }, sizeof(int));
	return c;
}

/* Returns false if there is more than one. */
static bool take_fds(struct client *c, struct msghdr *msg)
{
	bool one = !(msg->msg_flags & MSG_CTRUNC);
	struct cmsghdr *head;
	size_t nr, i;
	int fd;

	for (head = CMSG_FIRSTHDR(msg); head; head = CMSG_NXTHDR(msg, head)) {
		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		nr = (head->cmsg_len - CMSG_LEN(0)) / sizeof(fd);
		for (i = 0; i < nr; i++) {
			memcpy(&fd, CMSG_DATA(head) + i * sizeof(fd), sizeof(fd));
			if (c->got < 0) {
				c->got = fd;
			} else {
				close_foreign(c, fd);
				one = false;
			}
		}
	}
	return one;
}

static void receive(struct client *c)
{
	struct iovec iov = { .iov_base = c->line + c->len, .iov_len = HOLD_LINE - c->len };
	union {
		char		room[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr	align;
	} control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.room),
	};
	ssize_t got;

	/* Nothing of what it sends is received: a thread each would wait for it. */
	if (closing_of(c->uid) >= HOLD_CLOSING) {
		client_refuse(c, EBUSY, "descriptors of this user cannot be closed: their file "
			      "system does not answer");
		return;
	}
	got = recvmsg(c->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		c->gone = true;
		return;
	}
	c->len += got;
	if (!take_fds(c, &msg))
		client_refuse(c, EINVAL, "more than one descriptor with a line");
	else if (c->len == HOLD_LINE && !client_has_line(c))
		client_refuse(c, EMSGSIZE, "a line is longer than 4095 bytes");
}

bool client_has_line(const struct client *c)
{
	return !c->gone && memchr(c->line, '\n', c->len);
}

static void answer(struct client *c)
{
	size_t len = (char *)memchr(c->line, '\n', c->len) - c->line;
	struct json_object *reply;
	int fd;

	reply = hold_answer(c, c->line, len, &fd);
	send_reply(c, reply, fd);
	c->len -= len + 1;
	memmove(c->line, c->line + len + 1, c->len);
	/* It came with the last of what was received, maybe behind a line that was sent before. */
	if (c->got >= 0 && !c->len) {
		close_foreign(c, c->got);
		c->got = -1;
	}
}

void client_step(struct client *c)
{
	if (client_has_line(c))
		answer(c);
	else
		receive(c);
}

/* What it was filling goes with it. */
void client_end(struct client *c)
{
	struct held *h;

	for_each_held(h) {
		if (h->client != c)
			continue;
		hold_log(c, "ended before READY: session '%s' is dropped", h->name);
		table_drop(h);
	}
	if (c->got >= 0)
		close_foreign(c, c->got);
	close(c->fd);
	free(c);
}
