// SPDX-License-Identifier: GPL-2.0-only
/* The life of a guest over an update of its host. */
#include <fcntl.h>
#include <luo.h>
#include <stdio.h>
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
		die("%s: more than %d marks", guest->name, MAX_MARKS);
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

static void map_note(struct guest *guest)
{
	guest->note = mmap(NULL, sizeof(*guest->note), PROT_READ | PROT_WRITE, MAP_SHARED,
			   guest->note_fd, 0);
	if (guest->note == MAP_FAILED)
		die_errno("%s: its note", guest->name);
}

/* The size of memory is sealed: a preserved file keeps its size. */
void guest_create(struct guest *guest, const char *name, uint64_t bytes, unsigned int cpus)
{
	snprintf(guest->name, sizeof(guest->name), "%s", name);
	guest->session = -1;
	guest->memory = new_memfd(guest, "memory", bytes);
	if (fcntl(guest->memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		die_errno("%s: sealing its memory", name);
	guest->state = new_memfd(guest, "state", 0);
	guest->note_fd = new_memfd(guest, "note", sizeof(*guest->note));
	map_note(guest);
	guest->note->version = NOTE_VERSION;
	guest->note->bytes = bytes;
	guest->note->cpus = cpus;
}

static void preserve(const struct guest *guest, int fd, uint64_t token, const char *what)
{
	int error = luo_preserve(guest->session, fd, token);

	if (error)
		die("%s: preserving its %s: %s", guest->name, what, strerror(-error));
}

/* While the guest runs: that it goes on writing does no harm. */
void guest_preserve_memory(struct guest *guest)
{
	guest->session = session_open(luo_session_create, guest->name);
	if (guest->session < 0)
		die("%s: creating its session: %s", guest->name, strerror(-guest->session));
	preserve(guest, guest->memory, TOKEN_MEMORY, "memory");
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
void guest_pause(struct guest *guest)
{
	guest->note->nr_marks = 0;
	guest->note->tsc_offset = qemu_tsc_offset(guest);
	qmp_call(guest, "stop", NULL);
	guest_mark(guest, "stop");
	guest->note->last = ring_last(guest);
	note_wall(guest->note);
	if (ftruncate(guest->state, 0))
		die_errno("%s: its state", guest->name);
	qmp_migrate(guest, "migrate", guest->state);
	guest_mark(guest, "save");
	preserve(guest, guest->state, TOKEN_STATE, "state");
	preserve(guest, guest->note_fd, TOKEN_NOTE, "note");
	guest_mark(guest, "preserve");
}

static int retrieve(const struct guest *guest, uint64_t token, const char *what)
{
	int fd = luo_retrieve(guest->session, token);

	if (fd < 0)
		die("%s: retrieving its %s: %s", guest->name, what, strerror(-fd));
	return fd;
}

void guest_retrieve(struct guest *guest, const char *name)
{
	uint64_t begin = __rdtsc();

	snprintf(guest->name, sizeof(guest->name), "%s", name);
	guest->session = session_open(luo_session_retrieve, name);
	if (guest->session < 0)
		die("%s: retrieving its session: %s", name, strerror(-guest->session));
	guest->note_fd = retrieve(guest, TOKEN_NOTE, "note");
	map_note(guest);
	if (guest->note->version != NOTE_VERSION)
		die("%s: its note is of version %llu, not %d", name,
		    (unsigned long long)guest->note->version, NOTE_VERSION);
	guest_mark(guest, "userspace");
	guest->note->mark[guest->note->nr_marks - 1].tsc = begin;
	guest->memory = retrieve(guest, TOKEN_MEMORY, "memory");
	guest->state = retrieve(guest, TOKEN_STATE, "state");
	guest_mark(guest, "retrieve");
}

/* The guest goes on by the clock that was saved, and is late by the time it stood still. */
static void set_clock(struct guest *guest)
{
	uint64_t tsc = __rdtsc();

	if (dprintf(guest->serial, "time %llu %llu %llu\n",
		    (unsigned long long)guest_wall_ns(guest, tsc),
		    (unsigned long long)(tsc + qemu_tsc_offset(guest)),
		    (unsigned long long)guest->note->tsc_khz) < 0)
		die_errno("%s: its console", guest->name);
}

/* After that, the guest is ready for the next update. */
void guest_resume(struct guest *guest)
{
	int error;

	qmp_migrate(guest, "migrate-incoming", guest->state);
	guest_mark(guest, "load");
	qmp_call(guest, "cont", NULL);
	set_clock(guest);
	error = luo_session_finish(guest->session);
	if (error)
		die("%s: finishing its session: %s", guest->name, strerror(-error));
	close(guest->session);
	guest_preserve_memory(guest);
}

/* The update is off: the guest goes on in this kernel. */
void guest_continue(struct guest *guest)
{
	qmp_call(guest, "cont", NULL);
	set_clock(guest);
	close(guest->session);
	ring_wait(guest, guest->note->last + 200, 60);
	guest_preserve_memory(guest);
}
