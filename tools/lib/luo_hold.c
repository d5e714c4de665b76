// SPDX-License-Identifier: GPL-2.0-only
/* Client of khoctl hold: JSON objects over a Unix socket, a line each. */
#include "luo.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* Finishing a session of many files takes time. */
#define REPLY_S		60
#define MAX_REPLY	(1U << 20)
#define MAX_FDS		8

int luo_hold_connect(const char *path)
{
	struct timeval limit = { .tv_sec = REPLY_S };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int before = errno, fd;

	path = path ?: LUO_HOLD_SOCKET;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
			setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
			connect(fd, (struct sockaddr *)&address, sizeof(address)))) {
		int error = errno;

		close(fd);
		errno = error;
		fd = -1;
	}
	if (fd < 0)
		fd = -errno;
	errno = before;
	return fd;
}

/* Room for descriptors, aligned for their header */
union control {
	char		room[CMSG_SPACE(MAX_FDS * sizeof(int))];
	struct cmsghdr	align;
};

/* The descriptor is with the first byte. */
static ssize_t send_some(int hold, const char *at, size_t len, int fd)
{
	struct iovec iov = { .iov_base = (char *)at, .iov_len = len };
	union control control = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *head;

	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(fd));
		head = CMSG_FIRSTHDR(&msg);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	}
	return sendmsg(hold, &msg, MSG_NOSIGNAL);
}

static int error_of(ssize_t rc)
{
	if (!rc)
		return -ECONNRESET;
	return errno == EAGAIN ? -ETIMEDOUT : errno == EPIPE ? -ECONNRESET : -errno;
}

static int send_line(int hold, const char *line, int fd)
{
	size_t len = strlen(line), at = 0;
	ssize_t sent;

	while (at < len) {
		sent = send_some(hold, line + at, len - at, at ? -1 : fd);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return error_of(sent);
		at += sent;
	}
	return 0;
}

/* Keeps the first descriptor. */
static void take_fds(struct msghdr *msg, int *got)
{
	struct cmsghdr *head;
	int fds[MAX_FDS];
	size_t nr, i;

	for (head = CMSG_FIRSTHDR(msg); head; head = CMSG_NXTHDR(msg, head)) {
		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		nr = (head->cmsg_len - CMSG_LEN(0)) / sizeof(*fds);
		memcpy(fds, CMSG_DATA(head), nr * sizeof(*fds));
		for (i = 0; i < nr; i++) {
			if (*got < 0)
				*got = fds[i];
			else
				close(fds[i]);
		}
	}
}

static ssize_t receive_some(int hold, char *at, size_t len, int *got)
{
	struct iovec iov = { .iov_base = at, .iov_len = len };
	union control control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len_got = recvmsg(hold, &msg, MSG_CMSG_CLOEXEC);

	if (len_got >= 0)
		take_fds(&msg, got);
	if (len_got > 0 && msg.msg_flags & MSG_CTRUNC) {
		errno = EMFILE;
		return -1;
	}
	return len_got;
}

/* Nothing comes after the reply: it is the only one that is due. */
static int receive_line(int hold, char **line, int *got)
{
	size_t size = 4096, len = 0;
	char *text = NULL, *more;
	ssize_t received;

	do {
		more = size <= MAX_REPLY ? realloc(text, size) : NULL;
		if (!more) {
			free(text);
			return size <= MAX_REPLY ? -ENOMEM : -EPROTO;
		}
		text = more;
		received = receive_some(hold, text + len, size - len - 1, got);
		if (received < 0 && errno == EINTR)
			continue;
		if (received <= 0) {
			free(text);
			return error_of(received);
		}
		len += received;
		text[len] = 0;
		if (size - len < 2)
			size *= 2;
	} while (!len || text[len - 1] != '\n');
	*line = text;
	return 0;
}

int luo_hold_request(int hold, const char *line, int fd, char **reply, int *got)
{
	int before = errno, error;

	*reply = NULL;
	*got = -1;
	error = send_line(hold, line, fd);
	if (!error) {
		error = receive_line(hold, reply, got);
		/* The next request would get what is left of this reply. */
		if (error)
			shutdown(hold, SHUT_RDWR);
	}
	if (error && *got >= 0) {
		close(*got);
		*got = -1;
	}
	errno = before;
	return error;
}

/* Of a reply, which is {"event": "ERROR", "errno": N} if there was one */
static int error_in(const char *reply)
{
	struct json_object *v = json_tokener_parse(reply), *event, *error;
	int n = EPROTO;

	if (json_object_object_get_ex(v, "event", &event)) {
		if (strcmp(json_object_get_string(event) ?: "", "ERROR"))
			n = 0;
		else if (json_object_object_get_ex(v, "errno", &error) &&
			 json_object_get_int(error) > 0 && json_object_get_int(error) < 4096)
			n = json_object_get_int(error);
	}
	json_object_put(v);
	return -n;
}

/* Returns the descriptor that came, or 0 if none is @wanted. */
static int call(int hold, const char *cmd, const char *name, int fd, bool wanted)
{
	struct json_object *request = json_object_new_object();
	char *reply, *line = NULL;
	int got, error;

	if (!request)
		return -ENOMEM;
	json_object_object_add(request, "cmd", json_object_new_string(cmd));
	if (name)
		json_object_object_add(request, "id", json_object_new_string(name));
	if (asprintf(&line, "%s\n", json_object_to_json_string(request)) < 0)
		line = NULL;
	json_object_put(request);
	if (!line)
		return -ENOMEM;
	error = luo_hold_request(hold, line, fd, &reply, &got);
	free(line);
	if (error)
		return error;
	error = error_in(reply);
	free(reply);
	if (!error && wanted != (got >= 0))
		error = -EPROTO;
	if (error && got >= 0)
		close(got);
	return error ? error : wanted ? got : 0;
}

int luo_hold_subscribe(int hold, const char *name)
{
	return call(hold, "SUBSCRIBE", name, -1, true);
}

int luo_hold_ready(int hold)
{
	return call(hold, "READY", NULL, -1, false);
}

int luo_hold_leave(int hold, int session)
{
	return call(hold, "LEAVE", NULL, session, false);
}

int luo_hold_claim(int hold, const char *name)
{
	return call(hold, "CLAIM", name, -1, true);
}

int luo_hold_finish(int hold, const char *name)
{
	return call(hold, "FINISH", name, -1, false);
}
