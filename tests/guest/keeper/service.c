// SPDX-License-Identifier: GPL-2.0-only
/*
 * A service of systemd: descriptors come from the manager (LISTEN_FDS) and go to its
 * descriptor store (NOTIFY_SOCKET), as sd_listen_fds(3) and sd_notify(3) have it.
 *
 * The session that systemd made for LUOSession=guest is used once. After a kexec the service
 * has it as a retrieved one, which cannot preserve: a new one of the same name takes its
 * place in the store.
 */
#include <errno.h>
#include <fcntl.h>
#include <luo.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "keeper.h"

#define STORED		"guest"
#define FIRST_FD	3	/* SD_LISTEN_FDS_START */
#define BARRIER_TIMEOUT_MS	30000
#define CREATE_TRIES	100
#define CREATE_TRY_US	20000

static char session_name[LUO_NAME_SIZE];
static int given = -1;

/* The descriptor of that name in LISTEN_FDNAMES, or -1 */
static int listen_fd(const char *name)
{
	const char *count = getenv("LISTEN_FDS"), *names = getenv("LISTEN_FDNAMES");
	int nr = count ? atoi(count) : 0;

	for (int i = 0; names && i < nr; i++) {
		size_t len = strcspn(names, ":");

		if (len == strlen(name) && !strncmp(names, name, len))
			return FIRST_FD + i;
		names += len + (names[len] == ':');
	}
	return -1;
}

/* @fd: sent along, or -1 */
static void notify(const char *text, int fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct iovec body = { .iov_base = (void *)text, .iov_len = strlen(text) };
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} rights = { 0 };
	struct msghdr message = { .msg_name = &address, .msg_iov = &body, .msg_iovlen = 1 };
	const char *path = getenv("NOTIFY_SOCKET");
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!path || strlen(path) >= sizeof(address.sun_path))
		die("no NOTIFY_SOCKET: 'service' is for a unit of systemd with Type=notify");
	memcpy(address.sun_path, path, strlen(path));
	message.msg_namelen = offsetof(struct sockaddr_un, sun_path) + strlen(path);
	if (*path == '@')
		address.sun_path[0] = '\0';
	if (fd >= 0) {
		rights.head.cmsg_level = SOL_SOCKET;
		rights.head.cmsg_type = SCM_RIGHTS;
		rights.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&rights.head), &fd, sizeof(fd));
		message.msg_control = &rights;
		message.msg_controllen = sizeof(rights.space);
	}
	if (sock < 0 || sendmsg(sock, &message, 0) < 0)
		die_errno("telling systemd");
	close(sock);
}

/* Until the manager has handled what it was told: it closes its end of the pipe then. */
static void notify_barrier(void)
{
	struct pollfd end;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		die_errno("a pipe");
	notify("BARRIER=1", ends[1]);
	close(ends[1]);
	end = (struct pollfd){ .fd = ends[0] };
	if (poll(&end, 1, BARRIER_TIMEOUT_MS) != 1)
		die("systemd does not answer in %d s", BARRIER_TIMEOUT_MS / 1000);
	close(ends[0]);
}

void service_ready(void)
{
	notify("READY=1", -1);
}

bool service_runs(void)
{
	return *session_name;
}

bool service_start(void)
{
	int error, fd;

	given = listen_fd(STORED);
	if (given < 0)
		die("no descriptor '" STORED "' from systemd: the unit needs LUOSession=" STORED
		    ", liveupdate=on, and " LUO_DEVICE " free when it starts; see khoctl check");
	/* not for QEMU, with which it would stay open */
	fcntl(given, F_SETFD, FD_CLOEXEC);
	error = luo_session_name(given, session_name);
	if (error)
		die("descriptor '" STORED "' is no session: %s", strerror(-error));
	/* refused in a session of this kernel */
	fd = luo_retrieve(given, TOKEN_NOTE);
	if (fd >= 0)
		luo_close(fd);
	return fd != -EINVAL;
}

int service_retrieve(void)
{
	int session = given;

	given = -1;
	return session;
}

int service_create(void)
{
	int session = given;

	given = -1;
	if (session >= 0)
		return session;
	notify("FDSTOREREMOVE=1\nFDNAME=" STORED, -1);
	notify_barrier();
	/* the manager closes what it drops in a thread of its own */
	session = luo_create_by_name(session_name, DEVICE_WAIT_MS);
	for (int i = 0; i < CREATE_TRIES && session == -EEXIST; i++) {
		usleep(CREATE_TRY_US);
		session = luo_create_by_name(session_name, DEVICE_WAIT_MS);
	}
	if (session < 0)
		return session;
	notify("FDSTORE=1\nFDNAME=" STORED, session);
	notify_barrier();
	return session;
}
