/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libluo: the ioctls of the Live Update Orchestrator as functions.
 *
 * Descriptors are the kernel's, with O_CLOEXEC. The library has no state, so that all functions
 * are thread safe. They return a negative errno on failure and leave errno itself alone.
 *
 * It is built with kernel headers that have live update; programs need none.
 */
#ifndef LUO_H
#define LUO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LUO_DEVICE	"/dev/liveupdate"
/* Size of a session's name, with its 0 */
#define LUO_NAME_SIZE	64

/*
 * The device. One process at a time can have it open; sessions outlive it, so close it as soon as
 * they are created or retrieved.
 *
 * -EBUSY: another process has it open; -ENOMEM: no memory for the sessions of the previous kernel,
 * try again; -ENOENT: no live update in the kernel, or without liveupdate=on; -EIO: invalid incoming
 * handover; others of open(2)
 */
int luo_open(void);

/*
 * Closes the device, a session or a file. With its last descriptor a created session is destroyed
 * and its files are unpreserved; a retrieved one is finished. Errors of close(2).
 */
int luo_close(int fd);

/*
 * Both return a descriptor; that of a created session must be open until the kexec.
 *
 * -ENAMETOOLONG: @name has more than LUO_NAME_SIZE - 1 bytes; -EMFILE, -ENFILE, -ENOMEM.
 * Create: -EEXIST: a session of that name exists; -EINVAL: empty name.
 * Retrieve: -ENOENT: no such session, or finished; -EINVAL: retrieved already; not on stock:
 * -EBADMSG: it cannot be read; -ENOPKG: no handler for one of its files: load the module, repeat.
 */
int luo_session_create(int device, const char *name);
int luo_session_retrieve(int device, const char *name);

/* Sets @name on success only. */
int luo_session_name(int session, char name[LUO_NAME_SIZE]);

/*
 * Of a retrieved session: files that were retrieved stay open, the others are dropped.
 *
 * -EINVAL: a created session; -EBUSY: a file cannot be finished yet, try again
 */
int luo_session_finish(int session);

/*
 * Preserves @fd, which may be closed afterwards, under a token that is unique in the session.
 *
 * -EEXIST: the token is in use; -EBUSY: the file is preserved already; -EBADF; -ENOENT: no handler
 * for the file; -EACCES: a memfd that is not open for reading and writing; -EINVAL: a retrieved
 * session; -ENOMEM, -ENOSPC; others of the handler
 */
int luo_preserve(int session, int fd, uint64_t token);

/* Whether @session was retrieved, not created. It does not wait for another request of it. */
bool luo_session_is_retrieved(int session);

/*
 * Undoes luo_preserve() for one file; the others of the session stay preserved.
 *
 * -ENOTTY: a kernel without it, such as stock; -ENOENT: no file with that token; -EBUSY: another
 * file of the session depends on it, see the kernel log; -EINVAL: a retrieved session
 */
int luo_unpreserve(int session, uint64_t token);

/*
 * Returns a descriptor, of the same open file for each call until the session is finished.
 *
 * -ENOENT: no file with that token, or finished; -EINVAL: a created session; -EMFILE, -ENFILE,
 * -ENOMEM; the error of the handler for this file. A memfd that cannot be retrieved is kept, and
 * the call can be repeated (not on stock).
 */
int luo_retrieve(int session, uint64_t token);

/*
 * As above, but as long as another process has the device open they try again, for @wait_ms; then
 * -EBUSY. The last two have it open for the call only.
 */
int luo_open_wait(unsigned int wait_ms);
int luo_create_by_name(const char *name, unsigned int wait_ms);
int luo_retrieve_by_name(const char *name, unsigned int wait_ms);

/*
 * What is left of the last live update; numbers of an accelerated kernel, in sysfs. A kexec is
 * refused while sessions are not retrieved, see sysfs-kernel-liveupdate.
 *
 * -ENOENT: LUO is off, or a stock kernel; -EACCES: not root; -EBADMSG: no number
 */
struct luo_last_update {
	uint64_t	number;			/* 0: a cold boot */
	uint64_t	unretrieved_sessions;
	uint64_t	unrestored_bytes;	/* preserved, and not used yet */
	uint64_t	quarantined_bytes;	/* held because of a fault */
};

int luo_last_update(struct luo_last_update *update);	/* sets it on success only */

/* Any request, @arg with its size: of a newer kernel, or invalid ones in tests. */
int luo_ioctl(int fd, unsigned int cmd, void *arg);

/*
 * Manifest of a session: names and versions of its files, in a memfd that is preserved under a
 * token of its own. It is created first and complete after each call: preserved memory can be
 * written to until the kexec.
 */
#define LUO_MANIFEST_TOKEN	0
#define LUO_MANIFEST_MAX	255	/* files */
#define LUO_FILE_NAME_SIZE	48	/* of a file's name, with its 0 */

struct luo_manifest_entry {
	uint64_t	token;
	uint32_t	version;	/* of the file's contents, for the program */
	uint32_t	reserved;
	char		name[LUO_FILE_NAME_SIZE];
};

struct luo_manifest {
	int				session, fd;	/* fd: the memfd */
	uint32_t			nr;
	struct luo_manifest_entry	entry[LUO_MANIFEST_MAX];
};

/*
 * Create one in a new session, or retrieve that of a retrieved session. @session must stay open.
 *
 * Errors of memfd_create(2), luo_preserve() and luo_retrieve(). Retrieve: -EPROTONOSUPPORT: no
 * manifest, or of an unknown version; -EBADMSG: invalid contents
 */
int luo_manifest_create(struct luo_manifest *m, int session);
int luo_manifest_retrieve(struct luo_manifest *m, int session);
void luo_manifest_close(struct luo_manifest *m);	/* not the session */

/*
 * As luo_preserve() and luo_retrieve(), by name. Add gives the tokens 1, 2, ...; files that the
 * program preserves itself need larger ones than LUO_MANIFEST_MAX.
 *
 * Add: -EEXIST: the name is in use; -EINVAL: it is empty; -ENAMETOOLONG: it has more than
 * LUO_FILE_NAME_SIZE - 1 bytes; -ENOSPC: LUO_MANIFEST_MAX files. Get: -ENOENT: no file of that
 * name; @version may be NULL.
 */
int luo_manifest_add(struct luo_manifest *m, int fd, const char *name, uint32_t version);
int luo_manifest_get(const struct luo_manifest *m, const char *name, uint32_t *version);

/* The contents of a manifest, from any source. Sets nr and entry only, errors of retrieve. */
int luo_manifest_parse(struct luo_manifest *m, const void *data, size_t len);

/*
 * Client of khoctl hold, which holds sessions for programs that exit. Programs that use these
 * functions need json-c. A connection is for one thread at a time.
 */
#define LUO_HOLD_SOCKET	"/run/khoctl-hold.sock"

int luo_hold_connect(const char *path);	/* NULL: LUO_HOLD_SOCKET; errors of connect(2) */

/*
 * Subscribe: a new session, to be filled; after luo_hold_ready() the program may exit, before it
 * the session goes with the connection. Leave: a session that the program has created itself.
 * Claim: a session that was left, in this kernel or the previous one; it may be claimed again
 * until luo_hold_finish(), which ends it.
 *
 * -ENOENT: no such session; -EPERM: it belongs to another user; -EEXIST: it is held already;
 * -EBUSY: try again; -ENOSPC: there is no room for another one; -EPROTO: a reply that is none;
 * -EMFILE: no room for the descriptor that came; -ETIMEDOUT: no reply; -ECONNRESET: the connection
 * is closed, by hold or because an earlier reply could not be received; others of luo_session_*().
 * luo_hold_request() gets the message, too.
 */
int luo_hold_subscribe(int hold, const char *name);
int luo_hold_ready(int hold);
int luo_hold_leave(int hold, int session);
int luo_hold_claim(int hold, const char *name);
int luo_hold_finish(int hold, const char *name);

/*
 * A line and its reply, a line to be freed. @fd goes with the line, or none if it is negative;
 * *@got comes with the reply, or is -1.
 */
int luo_hold_request(int hold, const char *line, int fd, char **reply, int *got);

#endif /* LUO_H */
