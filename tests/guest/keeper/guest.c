// SPDX-License-Identifier: GPL-2.0-only
/* The life of a guest over an update of its host. */
#include <errno.h>
#include <fcntl.h>
#include <luo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "keeper.h"

void guest_mark(struct guest *guest, const char *name)
{
	struct note *note = guest->note;

	if (note->nr_marks == MAX_MARKS)
		return;
	snprintf(note->mark[note->nr_marks].name, sizeof(note->mark[0].name), "%s", name);
	note->mark[note->nr_marks++].tsc = __rdtsc();
}

static int new_memfd(const struct guest *guest, const char *what, uint64_t bytes)
{
	char name[NAME_LEN + 16];
	int fd;

	snprintf(name, sizeof(name), "%s-%s", guest->name, what);
	fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, bytes))
		die_errno("%s: a memfd of %llu bytes", guest->name, (unsigned long long)bytes);
	return fd;
}

static int map_note(struct guest *guest)
{
	guest->note = mmap(NULL, sizeof(*guest->note), PROT_READ | PROT_WRITE, MAP_SHARED,
			   guest->note_fd, 0);
	if (guest->note != MAP_FAILED)
		return 0;
	guest->note = NULL;
	return fail_errno("%s: its note", guest->name);
}

static void init(struct guest *guest, const char *name)
{
	snprintf(guest->name, sizeof(guest->name), "%s", name);
	guest->session = guest->memory = guest->state = guest->note_fd = -1;
}

/* The size of memory is sealed: a preserved file keeps its size. */
void guest_create(struct guest *guest, const char *name, uint64_t bytes, unsigned int cpus)
{
	init(guest, name);
	guest->memory = new_memfd(guest, "memory", bytes);
	if (fcntl(guest->memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		die_errno("%s: sealing its memory", name);
	guest->state = new_memfd(guest, "state", 0);
	guest->note_fd = new_memfd(guest, "note", sizeof(*guest->note));
	if (map_note(guest))
		exit(1);
	guest->note->version = NOTE_VERSION;
	guest->note->bytes = bytes;
	guest->note->cpus = cpus;
}

/* The guest's memory and state as the previous kernel had them; nothing is retrieved yet. */
void guest_expect(struct guest *guest, const char *name)
{
	init(guest, name);
	guest->phase = GUEST_HELD;
}

static int preserve(const struct guest *guest, int fd, uint64_t token, const char *what)
{
	int error = luo_preserve(guest->session, fd, token);

	return error ? fail("%s: preserving its %s: %s", guest->name, what, strerror(-error)) : 0;
}

static void close_session(struct guest *guest)
{
	if (guest->session >= 0)
		close(guest->session);
	guest->session = -1;
	guest->retrieved = false;
}

/* While the guest runs: that it goes on writing does no harm. */
static int preserve_memory(struct guest *guest)
{
	guest->session = session_open(luo_session_create, guest->name);
	if (guest->session == -EEXIST)
		fail("%s: there is a session '%s' of another process: when it is closed, 'pause' "
		     "tries again; the guest goes on", guest->name, guest->name);
	else if (guest->session < 0)
		fail("%s: creating its session: %s", guest->name, strerror(-guest->session));
	if (guest->session < 0) {
		guest->session = -1;
		return -1;
	}
	if (!preserve(guest, guest->memory, TOKEN_MEMORY, "memory"))
		return 0;
	close_session(guest);
	return -1;
}

/* Whether the guest can be paused. A session of the previous kernel ends here. */
int guest_get_ready(struct guest *guest)
{
	int error = guest->retrieved ? luo_session_finish(guest->session) : 0;

	if (error)
		return fail("%s: finishing its session: %s: 'pause' tries again", guest->name,
			    strerror(-error));
	if (guest->retrieved)
		close_session(guest);
	return guest->session < 0 ? preserve_memory(guest) : 0;
}

static void note_wall(struct note *note)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	note->wall_tsc = __rdtsc();
	note->wall_ns = ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

uint64_t guest_wall_ns(const struct guest *guest, uint64_t tsc)
{
	const struct note *note = guest->note;

	return note->wall_ns + (tsc - note->wall_tsc) * 1000000 / note->tsc_khz;
}

/* Preserving a memfd freezes its size, so the state comes last. */
static int save(struct guest *guest)
{
	if (ftruncate(guest->state, 0))
		return fail_errno("%s: its state", guest->name);
	if (qmp_migrate(guest, "migrate", guest->state))
		return -1;
	guest_mark(guest, "save");
	if (preserve(guest, guest->state, TOKEN_STATE, "state") ||
	    preserve(guest, guest->note_fd, TOKEN_NOTE, "note"))
		return -1;
	guest_mark(guest, "preserve");
	return 0;
}

/* After a failure, guest_continue() lets it go on. */
int guest_pause(struct guest *guest)
{
	if (guest_get_ready(guest))
		return -1;
	guest->note->nr_marks = 0;
	guest->note->tsc_offset = qemu_tsc_offset(guest);
	if (qmp_call(guest, "stop", NULL))
		return -1;
	guest->phase = GUEST_PAUSED;
	guest_mark(guest, "stop");
	guest->note->last = ring_last(guest);
	note_wall(guest->note);
	return save(guest);
}

static int retrieve(const struct guest *guest, uint64_t token, const char *what)
{
	int fd = luo_retrieve(guest->session, token);

	return fd < 0 ? fail("%s: retrieving its %s: %s", guest->name, what, strerror(-fd)) : fd;
}

static int retrieve_note(struct guest *guest, uint64_t begin)
{
	guest->note_fd = retrieve(guest, TOKEN_NOTE, "note");
	if (guest->note_fd < 0 || map_note(guest))
		return -1;
	if (guest->note->version != NOTE_VERSION)
		return fail("%s: its note is of version %llu, not %d", guest->name,
			    (unsigned long long)guest->note->version, NOTE_VERSION);
	guest_mark(guest, "userspace");
	guest->note->mark[guest->note->nr_marks - 1].tsc = begin;
	return 0;
}

int guest_retrieve(struct guest *guest)
{
	uint64_t begin = __rdtsc();

	guest->session = session_open(luo_session_retrieve, guest->name);
	if (guest->session < 0)
		return fail("%s: retrieving its session: %s", guest->name,
			    strerror(-guest->session));
	guest->retrieved = true;
	if (retrieve_note(guest, begin))
		return -1;
	guest->memory = retrieve(guest, TOKEN_MEMORY, "memory");
	guest->state = retrieve(guest, TOKEN_STATE, "state");
	if (guest->memory < 0 || guest->state < 0)
		return -1;
	guest_mark(guest, "retrieve");
	return 0;
}

/* The guest goes on by the clock that was saved, and is late by the time it stood still. */
static void set_clock(struct guest *guest)
{
	uint64_t tsc = __rdtsc();

	if (dprintf(guest->serial, "time %llu %llu %llu\n",
		    (unsigned long long)guest_wall_ns(guest, tsc),
		    (unsigned long long)(tsc + qemu_tsc_offset(guest)),
		    (unsigned long long)guest->note->tsc_khz) < 0)
		fail_errno("%s: its console, so its clock is late", guest->name);
}

int guest_resume(struct guest *guest)
{
	if (qmp_migrate(guest, "migrate-incoming", guest->state))
		return -1;
	guest_mark(guest, "load");
	if (qmp_call(guest, "cont", NULL))
		return -1;
	guest->phase = GUEST_RUNS;
	set_clock(guest);
	guest_get_ready(guest);
	return 0;
}

/* The update is off: the guest goes on in this kernel. */
int guest_continue(struct guest *guest)
{
	if (guest->phase != GUEST_PAUSED)
		return 0;
	if (qmp_call(guest, "cont", NULL))
		return -1;
	guest->phase = GUEST_RUNS;
	set_clock(guest);
	close_session(guest);
	if (ring_wait(guest, guest->note->last + 200, 60))
		return -1;
	guest_get_ready(guest);
	return 0;
}
