// SPDX-License-Identifier: GPL-2.0-only
/* The life of a guest over an update of its host. */
#include <errno.h>
#include <fcntl.h>
#include <luo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "keeper.h"

static void mark_at(struct guest *guest, const char *name, uint64_t tsc)
{
	struct note *note = guest->note;

	if (note->nr_marks == MAX_MARKS)
		return;
	snprintf(note->mark[note->nr_marks].name, sizeof(note->mark[0].name), "%s", name);
	note->mark[note->nr_marks++].tsc = tsc;
}

void guest_mark(struct guest *guest, const char *name)
{
	mark_at(guest, name, __rdtsc());
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
void guest_create(struct guest *guest, const char *name, uint64_t bytes, unsigned int cpus,
		  enum kind kind)
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
	guest->note->kind = kind;
	memory_prepare(guest);
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

static int create_session(struct guest *guest)
{
	guest->session = service_runs() ? service_create() :
			 luo_create_by_name(guest->name, DEVICE_WAIT_MS);
	if (guest->session >= 0)
		return 0;
	if (guest->session == -EEXIST)
		fail("%s: there is a session '%s' of another process: when it is closed, 'pause' "
		     "tries again", guest->name, guest->name);
	else
		fail("%s: creating its session: %s", guest->name, strerror(-guest->session));
	guest->session = -1;
	return -1;
}

/*
 * While the guest runs: that it goes on writing does no harm. The first session of a service
 * may be that of a guest that was stopped in this kernel; the second is new.
 */
static int preserve_memory(struct guest *guest)
{
	int error = -EEXIST;

	for (int i = 0; i < 2 && error == -EEXIST; i++) {
		close_session(guest);
		if (create_session(guest))
			return -1;
		error = luo_preserve(guest->session, guest->memory, TOKEN_MEMORY);
	}
	if (!error)
		return 0;
	close_session(guest);
	return fail("%s: preserving its memory: %s", guest->name, strerror(-error));
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

static int size_of_state(const struct guest *guest, uint64_t *bytes)
{
	struct stat stat;

	if (fstat(guest->state, &stat))
		return fail_errno("%s: its state", guest->name);
	*bytes = stat.st_size;
	return 0;
}

static int save(struct guest *guest)
{
	if (ftruncate(guest->state, 0))
		return fail_errno("%s: its state", guest->name);
	if (qmp_migrate(guest, "migrate", guest->state) ||
	    size_of_state(guest, &guest->note->state_bytes))
		return -1;
	if (guest->spoil == SPOIL_CUT && ftruncate(guest->state, guest->note->state_bytes / 2))
		return fail_errno("%s: its state", guest->name);
	guest_mark(guest, "save");
	return 0;
}

/* Preserving a memfd freezes its size, so the state comes last. */
static int preserve_rest(struct guest *guest)
{
	if (guest->state >= 0 && guest->spoil != SPOIL_MISSING &&
	    preserve(guest, guest->state, TOKEN_STATE, "state"))
		return -1;
	if (preserve(guest, guest->note_fd, TOKEN_NOTE, "note"))
		return -1;
	guest_mark(guest, "preserve");
	return 0;
}

/* A guest that is held is handed on: the next kernel may have what it needs. */
static int hand_on(struct guest *guest)
{
	if (guest->memory < 0)
		return fail("%s: an update would lose its memory, which is not retrieved: 'retry' "
			    "or 'drop' it first", guest->name);
	return guest_get_ready(guest) || preserve_rest(guest) ? -1 : 0;
}

/* One that is paused should not stand still until another one is old enough. */
int guest_age(struct guest *guest)
{
	if (guest->phase == GUEST_RUNS)
		counter_wait_until_old(guest);
	return 0;
}

/* After a failure, guest_continue() lets it go on. */
int guest_pause(struct guest *guest)
{
	if (guest->phase == GUEST_DROPPED)
		return 0;
	if (guest->phase == GUEST_HELD)
		return hand_on(guest);
	if (guest->phase != GUEST_RUNS)
		return fail("%s: does not run", guest->name);
	if (guest_get_ready(guest))
		return -1;
	counter_wait_until_old(guest);
	guest->note->nr_marks = 0;
	guest->note->tsc_offset = qemu_tsc_offset(guest);
	if (qmp_call(guest, "stop", NULL))
		return -1;
	guest->phase = GUEST_PAUSED;
	guest_mark(guest, "stop");
	guest->note->last = ring_last(guest);
	note_wall(guest->note);
	return save(guest) || preserve_rest(guest) ? -1 : 0;
}

static int retrieve(const struct guest *guest, uint64_t token, const char *what)
{
	int fd = luo_retrieve(guest->session, token);

	return fd < 0 ? fail("%s: retrieving its %s: %s", guest->name, what, strerror(-fd)) : fd;
}

static void forget_note(struct guest *guest)
{
	if (guest->note)
		munmap(guest->note, sizeof(*guest->note));
	if (guest->note_fd >= 0)
		close(guest->note_fd);
	guest->note = NULL;
	guest->note_fd = -1;
}

static int check_note(const struct guest *guest)
{
	const struct note *note = guest->note;

	if (note->version != NOTE_VERSION)
		return fail("%s: its note is of version %llu, not %d", guest->name,
			    (unsigned long long)note->version, NOTE_VERSION);
	return 0;
}

static int retrieve_note(struct guest *guest, uint64_t begin)
{
	guest->note_fd = retrieve(guest, TOKEN_NOTE, "note");
	if (guest->note_fd < 0 || map_note(guest) || check_note(guest)) {
		forget_note(guest);
		return -1;
	}
	if (files_since())
		mark_at(guest, "userspace", files_since());
	mark_at(guest, files_since() ? "files" : "userspace", begin);
	return 0;
}

static int retrieve_session(struct guest *guest)
{
	int session = service_runs() ? service_retrieve() :
		      luo_retrieve_by_name(guest->name, DEVICE_WAIT_MS);

	if (session < 0)
		return fail("%s: retrieving its session: %s", guest->name, strerror(-session));
	guest->session = session;
	guest->retrieved = true;
	return 0;
}

/* QEMU would find out too, but not say what is wrong. */
static int check_state(const struct guest *guest)
{
	uint64_t bytes, want = guest->note->state_bytes;

	if (size_of_state(guest, &bytes))
		return -1;
	if (bytes != want)
		return fail("%s: its state has %llu bytes of %llu", guest->name,
			    (unsigned long long)bytes, (unsigned long long)want);
	return 0;
}

/* Can be repeated: what was retrieved before stays. */
int guest_retrieve(struct guest *guest)
{
	uint64_t begin = __rdtsc();

	if (guest->memory >= 0 && guest->state >= 0)
		return check_state(guest);
	if (!guest->retrieved && retrieve_session(guest))
		return -1;
	if (!guest->note && retrieve_note(guest, begin))
		return -1;
	if (guest->memory < 0)
		guest->memory = retrieve(guest, TOKEN_MEMORY, "memory");
	if (guest->state < 0)
		guest->state = retrieve(guest, TOKEN_STATE, "state");
	if (guest->memory < 0 || guest->state < 0)
		return -1;
	guest_mark(guest, "retrieve");
	return check_state(guest);
}

/* Frees what is held of it. */
int guest_drop(struct guest *guest)
{
	if (guest->phase != GUEST_HELD)
		return fail("%s: is not held", guest->name);
	close_session(guest);
	forget_note(guest);
	close(guest->memory);
	close(guest->state);
	guest->memory = guest->state = -1;
	guest->phase = GUEST_DROPPED;
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
	int error;

	counter_wait_until_far(guest);
	if (qmp_migrate(guest, "migrate-incoming", guest->state))
		return -1;
	guest_mark(guest, "load");
	error = counter_check(guest);
	if (error)
		return error;
	if (qmp_call(guest, "cont", NULL))
		return -1;
	guest->phase = GUEST_RUNS;
	faults_watch(guest);
	set_clock(guest);
	guest_get_ready(guest);
	return 0;
}

/* The update is off: the guest goes on in this kernel. */
int guest_continue(struct guest *guest)
{
	if (guest->phase == GUEST_HELD && !guest->retrieved)
		close_session(guest);
	if (guest->phase != GUEST_PAUSED)
		return 0;
	if (qmp_call(guest, "cont", NULL))
		return -1;
	guest->phase = GUEST_RUNS;
	set_clock(guest);
	close_session(guest);
	if (ring_wait_clock(guest, guest->note->last + 50))
		return -1;
	guest_get_ready(guest);
	return 0;
}
