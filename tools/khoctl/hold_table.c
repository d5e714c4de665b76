// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions that khoctl hold has, and their owners. The kernel does not know owners, so they are in
 * a memfd, in a session of our own: a record a slot, written when the session is added and wiped
 * when it is dropped. Only outgoing sessions have one, as only those are in the next kernel.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hold.h"
#include "khoctl.h"

/* The file "owners" of the manifest; a change needs another version. */
#define OWNERS_VERSION	1

struct owner {
	char		name[LUO_NAME_SIZE];
	uint32_t	uid, reserved;
};

static struct held *slots;
static size_t nr_slots;
static int owners;

/* Names end up in logs and in lists of other programs. */
const char *hold_name_fault(const char *name, size_t len)
{
	size_t i;

	if (!len || len >= LUO_NAME_SIZE)
		return "a session's name has 1 to 63 bytes";
	for (i = 0; i < len; i++)
		if (name[i] < ' ' || name[i] > '~')
			return "a session's name is printable ASCII";
	return strcmp(name, HOLD_SESSION) ? NULL : "session '" HOLD_SESSION "' is hold's own";
}

struct held *table_next(struct held *h)
{
	for (h = h ? h + 1 : slots; h < slots + nr_slots; h++)
		if (*h->name)
			return h;
	return NULL;
}

struct held *table_find(const char *name)
{
	struct held *h;

	for_each_held(h)
		if (!strcmp(h->name, name))
			break;
	return h;
}

size_t table_count(void)
{
	struct held *h;
	size_t nr = 0;

	for_each_held(h)
		nr++;
	return nr;
}

/* Half of the table is for others, but root may take all. */
size_t table_free(uid_t uid)
{
	size_t left = nr_slots - table_count(), own = 0;
	size_t most = uid ? (nr_slots + 1) / 2 : nr_slots;
	struct held *h;

	for_each_held(h)
		own += h->uid == uid;
	return own >= most ? 0 : left < most - own ? left : most - own;
}

static void write_owner(const struct held *h)
{
	struct owner owner = { .uid = h->uid };

	if (h->incoming)
		return;
	memcpy(owner.name, h->name, sizeof(owner.name));
	if (pwrite(owners, &owner, sizeof(owner), (h - slots) * sizeof(owner)) != sizeof(owner))
		err(EXIT_INPUT, "hold: the record of owners");
}

struct held *table_add(const char *name, uid_t uid, int session, bool incoming)
{
	struct held *h = slots;

	while (*h->name)
		h++;
	*h = (struct held){ .uid = uid, .session = session, .incoming = incoming };
	snprintf(h->name, sizeof(h->name), "%s", name);
	write_owner(h);
	return h;
}

void table_drop(struct held *h)
{
	*h->name = 0;
	write_owner(h);
	if (h->session >= 0)
		luo_close(h->session);
}

size_t table_count_open(void)
{
	struct held *h;
	size_t nr = 0;

	for_each_held(h)
		nr += h->session >= 0;
	return nr;
}

const char *table_names(bool open)
{
	static char *names;
	struct held *h;
	size_t len;
	FILE *f;

	free(names);
	f = checked(open_memstream(&names, &len));
	for_each_held(h)
		if ((h->session >= 0) == open)
			fprintf(f, "%s'%s' of uid %u", ftell(f) ? ", " : "", h->name, h->uid);
	fclose(f);
	return names;
}

/* Written by another kernel's hold, or by something else: each name has to be one, once. */
static void add_incoming(const struct owner *owner, size_t *left_out)
{
	if (!*owner->name)
		return;
	if (hold_name_fault(owner->name, strnlen(owner->name, sizeof(owner->name))) ||
	    table_find(owner->name) || table_count() == nr_slots)
		++*left_out;
	else
		table_add(owner->name, owner->uid, -1, true);
}

static const char *read_owners(int session)
{
	static struct luo_manifest m;
	int rc = luo_manifest_retrieve(&m, session), fd;
	size_t left_out = 0, i;
	struct owner owner;
	uint32_t version;

	if (rc)
		return strerror(-rc);
	fd = luo_manifest_get(&m, "owners", &version);
	luo_manifest_close(&m);
	if (fd < 0)
		return strerror(-fd);
	if (version != OWNERS_VERSION)
		return "it is of an unknown version";
	for (i = 0; i < HOLD_MAX; i++) {
		if (pread(fd, &owner, sizeof(owner), i * sizeof(owner)) != sizeof(owner))
			break;
		add_incoming(&owner, &left_out);
	}
	close(fd);
	if (left_out)
		warnx("hold: %zu sessions of the previous kernel are not in the table: no room, or "
		      "no valid name; root can claim them by name", left_out);
	return NULL;
}

/* Sessions stay in the kernel until they are claimed: if hold ends, root can still get them. */
static void read_previous(int device)
{
	int session = luo_session_retrieve(device, HOLD_SESSION);
	const char *why;

	if (session == -ENOENT)
		return;
	why = session < 0 ? strerror(-session) : read_owners(session);
	if (why)
		warnx("hold: owners of the previous kernel's sessions are not known: %s: only root "
		      "can claim them", why);
	if (session >= 0 && !luo_session_finish(session))
		luo_close(session);
}

/*
 * Preserved first: its size is fixed, and its contents are those at the kexec. It has all its pages
 * then: one that cannot be added later would end hold, and with it all sessions.
 */
static void create_record(int session)
{
	static struct luo_manifest m;
	size_t i;
	int rc;

	owners = memfd_create("khoctl-hold-owners", MFD_CLOEXEC);
	if (owners < 0)
		err(EXIT_INPUT, "hold: a memfd for the record of owners");
	for (i = 0; i < nr_slots; i++)
		write_owner(&slots[i]);
	rc = luo_manifest_create(&m, session) ?:
	     luo_manifest_add(&m, owners, "owners", OWNERS_VERSION);
	if (rc)
		errx(EXIT_WRONG, "hold: the record of owners cannot be preserved: %s",
		     strerror(-rc));
}

/* With the device open throughout: another process that opens it would cost all owners. */
void table_open(size_t max)
{
	int device = luo_open_wait(HOLD_WAIT_MS), session;

	if (device < 0)
		errx(device == -ENOENT ? EXIT_INPUT : EXIT_WRONG, "hold: %s",
		     why_no_luo_device(-device));
	session = luo_session_create(device, HOLD_SESSION);
	if (session == -EEXIST)
		errx(EXIT_WRONG, "hold: another khoctl hold runs: its session '" HOLD_SESSION
		     "' exists");
	if (session < 0)
		errx(EXIT_WRONG, "hold: session '" HOLD_SESSION "': cannot be created: %s",
		     strerror(-session));
	nr_slots = max;
	slots = checked(calloc(max, sizeof(*slots)));
	create_record(session);
	read_previous(device);
	luo_close(device);
}
