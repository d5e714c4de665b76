// SPDX-License-Identifier: GPL-2.0-only
/*
 * Manifest of a session. The reader copies all of the file and then checks it, so that a writer
 * that still has it open cannot change what was checked.
 */
#include "luo.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A change to either struct needs another string. */
#define MAGIC	"luo-manifest-1"

struct head {
	char		magic[16];
	uint32_t	nr;
	uint32_t	reserved[11];
};

struct image {
	struct head			head;
	struct luo_manifest_entry	entry[LUO_MANIFEST_MAX];
};

static_assert(sizeof(struct head) == 64 && sizeof(struct luo_manifest_entry) == 64 &&
	      sizeof(struct image) == 16384, "of 4 pages");

static int find(const struct luo_manifest *m, const char *name)
{
	for (uint32_t i = 0; i < m->nr; i++)
		if (!strcmp(m->entry[i].name, name))
			return i;
	return -ENOENT;
}

/* Before it is added: token and name are those of no other entry. */
static bool is_valid(const struct luo_manifest *m, const struct luo_manifest_entry *e)
{
	if (!e->name[0] || e->name[sizeof(e->name) - 1] || e->token == LUO_MANIFEST_TOKEN)
		return false;
	for (uint32_t i = 0; i < m->nr; i++)
		if (m->entry[i].token == e->token)
			return false;
	return find(m, e->name) == -ENOENT;
}

int luo_manifest_parse(struct luo_manifest *m, const void *data, size_t len)
{
	const char *at = data;
	struct head head;

	m->nr = 0;
	if (len < sizeof(head))
		return -EPROTONOSUPPORT;
	memcpy(&head, at, sizeof(head));
	if (memcmp(head.magic, MAGIC "\0", sizeof(head.magic)))
		return -EPROTONOSUPPORT;
	if (head.nr > LUO_MANIFEST_MAX || head.nr > (len - sizeof(head)) / sizeof(*m->entry))
		return -EBADMSG;
	for (at += sizeof(head); m->nr < head.nr; at += sizeof(*m->entry)) {
		struct luo_manifest_entry *e = &m->entry[m->nr];

		memcpy(e, at, sizeof(*e));
		if (!is_valid(m, e))
			return -EBADMSG;
		m->nr++;
	}
	return 0;
}

/* An error of pwrite(), or of a file of another size, is not expected: it is preserved. */
static int put(int fd, const void *data, size_t len, off_t at)
{
	ssize_t put = pwrite(fd, data, len, at);

	return put == (ssize_t)len ? 0 : put < 0 ? -errno : -EIO;
}

/* All of it is written: a page that is added to a preserved file can fail, and costs time. */
static int start(struct luo_manifest *m)
{
	const struct image empty = { .head.magic = MAGIC };

	return put(m->fd, &empty, sizeof(empty), 0) ?:
	       luo_preserve(m->session, m->fd, LUO_MANIFEST_TOKEN);
}

int luo_manifest_create(struct luo_manifest *m, int session)
{
	int before = errno, error;

	m->session = session;
	m->nr = 0;
	m->fd = memfd_create("luo-manifest", MFD_CLOEXEC);
	error = m->fd < 0 ? -errno : start(m);
	if (error)
		luo_manifest_close(m);
	errno = before;
	return error;
}

static int read_all(int fd, struct image *image, size_t *len)
{
	ssize_t got;

	for (*len = 0; *len < sizeof(*image); *len += got) {
		got = pread(fd, (char *)image + *len, sizeof(*image) - *len, *len);
		if (got < 0)
			return -errno;
		if (!got)
			break;
	}
	return 0;
}

int luo_manifest_retrieve(struct luo_manifest *m, int session)
{
	int before = errno, error;
	struct image image;
	size_t len;

	m->session = session;
	m->nr = 0;
	m->fd = luo_retrieve(session, LUO_MANIFEST_TOKEN);
	if (m->fd < 0)
		return m->fd;
	error = read_all(m->fd, &image, &len) ?: luo_manifest_parse(m, &image, len);
	if (error)
		luo_manifest_close(m);
	errno = before;
	return error;
}

void luo_manifest_close(struct luo_manifest *m)
{
	if (m->fd >= 0)
		luo_close(m->fd);
	m->fd = -1;
	m->nr = 0;
}

/* An entry counts with the number in the head. */
static int append(struct luo_manifest *m)
{
	off_t at = offsetof(struct image, entry) + m->nr * sizeof(*m->entry);
	uint32_t nr = m->nr + 1;
	int before = errno, error;

	error = put(m->fd, &m->entry[m->nr], sizeof(*m->entry), at) ?:
		put(m->fd, &nr, sizeof(nr), offsetof(struct head, nr));
	errno = before;
	if (!error)
		m->nr = nr;
	return error;
}

int luo_manifest_add(struct luo_manifest *m, int fd, const char *name, uint32_t version)
{
	struct luo_manifest_entry *e = &m->entry[m->nr];
	int error;

	if (!*name)
		return -EINVAL;
	if (strlen(name) >= LUO_FILE_NAME_SIZE)
		return -ENAMETOOLONG;
	if (m->nr == LUO_MANIFEST_MAX)
		return -ENOSPC;
	if (find(m, name) >= 0)
		return -EEXIST;
	*e = (struct luo_manifest_entry){ .token = m->nr + 1, .version = version };
	memcpy(e->name, name, strlen(name));
	error = luo_preserve(m->session, fd, e->token);
	return error ? error : append(m);
}

int luo_manifest_get(const struct luo_manifest *m, const char *name, uint32_t *version)
{
	int i = find(m, name);

	if (i < 0)
		return i;
	if (version)
		*version = m->entry[i].version;
	return luo_retrieve(m->session, m->entry[i].token);
}
