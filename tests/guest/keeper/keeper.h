/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeper of guests over updates of their host. A guest is an unpatched QEMU; its memory
 * and its state are memfds, which the keeper preserves in a session of the guest's name.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../stamps.h"

#define NAME_LEN	32
#define MAX_GUESTS	16
#define MAX_MARKS	32
/* Another program may have the device open for a moment. */
#define DEVICE_WAIT_MS	5000
#define MACHINE_LEN	32
#define KERNEL_LEN	64

/* Tokens of a session. */
enum { TOKEN_NOTE = 1, TOKEN_MEMORY, TOKEN_STATE };

/**
 * struct mark - a moment of the update
 * @tsc:   the host's time stamp counter, which runs on across kexec
 * @name:  what just ended
 */
struct mark {
	uint64_t tsc;
	char name[24];
};

/*
 * How a guest's memory lies in that of the host: as it comes; no page beside the next one; all
 * of it in folios of 2 MiB; with every other page that the workload had written given back.
 */
enum kind { KIND_PLAIN, KIND_SCATTERED, KIND_HUGE, KIND_BALLOONED };

/**
 * struct layout - how it does
 * @pages:  pages that it has
 * @runs:   of them that lie side by side
 * @huge:   folios of 2 MiB
 * @kib:    memory that the file takes
 */
struct layout {
	uint64_t pages, runs, huge, kib;
};

/**
 * struct note - what the keeper tells itself across the update, in a memfd
 * @version:     NOTE_VERSION
 * @bytes:       size of the guest's memory
 * @tsc_khz:     frequency of the host's counter
 * @tsc_offset:  the guest's counter minus the host's, before the update
 * @last:        number of the last stamp before the update
 * @wall_ns:     the host's CLOCK_REALTIME at @wall_tsc: the next kernel takes its own from a
 *               clock of whole seconds
 * @wall_tsc:    see @wall_ns
 * @state_bytes: size of the saved state
 * @machine:     type of QEMU's machine, with its version
 * @ring:        offsets of the ring's pages in the guest's memory
 * @nr_marks:    moments so far
 * @mark:        the moments
 * @cpus:        CPUs of the guest
 * @kind:        of its memory
 * @layout:      of its memory before the update; only for a kind that is not plain
 * @pages:       memory that its workload fills, in pages, if plain; 0: half of it
 * @kernel:      the guest's kernel
 */
#define NOTE_VERSION	3
struct note {
	uint64_t version;
	uint64_t bytes;
	uint64_t tsc_khz;
	int64_t tsc_offset;
	uint64_t last;
	uint64_t wall_ns;
	uint64_t wall_tsc;
	uint64_t state_bytes;
	char machine[MACHINE_LEN];
	uint64_t ring[STAMPS_PAGES];
	uint32_t nr_marks;
	uint32_t cpus;
	uint64_t kind;
	struct layout layout;
	uint64_t pages;
	char kernel[KERNEL_LEN];
	struct mark mark[MAX_MARKS];
};

/*
 * Where a guest is. Ready: it has booted, and waits for the others. Held: it does not run, and
 * what is left of it is as it was handed over by the previous kernel. Dropped: nothing is left.
 */
enum phase { GUEST_STARTS, GUEST_READY, GUEST_RUNS, GUEST_PAUSED, GUEST_HELD, GUEST_DROPPED };

/* For tests of failures: what becomes of the state that is handed over */
enum spoil { SPOIL_NOTHING, SPOIL_CUT, SPOIL_MISSING };

/**
 * struct guest - a guest, in one kernel
 * @name:     name of the guest and of its session
 * @phase:    where it is
 * @spoil:    what its state will lack
 * @memory:   memfd of its memory
 * @state:    memfd of the state of its devices
 * @note_fd:  memfd of @note
 * @session:  session of the Live Update Orchestrator, or -1, as the descriptors above
 * @retrieved:
 *            the session is of the previous kernel
 * @qemu:     process
 * @qmp:      socket of QEMU's monitor
 * @serial:   pipe of its console
 * @note:     across the update
 * @update:   the last stamp before the update, and the first one after it
 * @faults:   of its second-level page tables in the first second after the update; 0: not yet
 */
struct guest {
	char name[NAME_LEN];
	enum phase phase;
	enum spoil spoil;
	int memory, state, note_fd, session;
	bool retrieved;
	pid_t qemu;
	int qmp, serial;
	struct note *note;
	struct stamp update[2];
	_Atomic uint64_t faults;
};

/**
 * struct setup - where the parts of a guest are
 * @qemu:    program
 * @roms:    folder of its ROMs; NULL: its own
 * @kernel:  kernel of the guests that name none
 * @initrd:  initrd of the guests, with the workload
 * @accel:   kvm or tcg
 * @backend: further options of memory-backend-file, or NULL
 * @machine: type of the machine; NULL: q35, or the one that the guest had
 * @rest:    the workloads sleep most of the time
 * @limit:   of QEMU's address space, in bytes; 0: none
 * @files:   are preserved with the guests
 */
struct setup {
	const char *qemu, *roms, *kernel, *initrd, *accel, *backend, *machine;
	bool rest;
	uint64_t limit;
	bool files;
};

/* say.c: one line each; fail() and fail_errno() return -1, die() ends the program */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int fail_errno(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void die_errno(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/*
 * All others that return int return 0; or -1 if the guest failed, and why has been said. It
 * is one guest of several, so only what is done before it runs may end the program.
 */

/* guest.c */
void guest_create(struct guest *guest, const char *name, uint64_t bytes, unsigned int cpus,
		  enum kind kind);
int guest_drop(struct guest *guest);
void guest_expect(struct guest *guest, const char *name);
void guest_mark(struct guest *guest, const char *name);
int guest_get_ready(struct guest *guest);
int guest_age(struct guest *guest);
int guest_pause(struct guest *guest);
int guest_retrieve(struct guest *guest);
#define RESUME_AGAIN	1	/* of guest_resume(): another QEMU can load the guest; -1: none can */
int guest_resume(struct guest *guest);
int guest_continue(struct guest *guest);
uint64_t guest_wall_ns(const struct guest *guest, uint64_t tsc);

/* spec.c: text of the command line; a bad one ends the program */
void spec_create(struct guest *guest, const char *text);
void spec_expect(struct guest *guest, const char *text);

/* qemu.c */
int qemu_start(struct guest *guest, const struct setup *setup, bool incoming);
int qemu_quit(struct guest *guest);
void qemu_kill(struct guest *guest);
int qemu_kvm_number(const struct guest *guest, const char *name, long long *value);
int64_t qemu_tsc_offset(const struct guest *guest);
int qemu_relay(struct guest *guest, const char *until);

/* counter.c */
void counter_wait_until_old(const struct guest *guest);
void counter_wait_until_far(const struct guest *guest);
int counter_check(const struct guest *guest);

/* files.c */
int files_preserve(const struct setup *setup, pid_t qemu);
int files_retrieve(void);
uint64_t files_since(void);

/* qmp.c */
int qmp_begin(struct guest *guest);
int qmp_call(struct guest *guest, const char *command, const char *arguments);
int qmp_machine(struct guest *guest, char machine[MACHINE_LEN]);
int qmp_migrate(struct guest *guest, const char *command, int fd);

/* memory.c: a function for pages returns whether that is enough */
typedef bool page_fn(const struct guest *guest, uint64_t at, void *arg);
int memory_kind(const char *name);
void memory_prepare(const struct guest *guest);
void memory_read(const struct guest *guest, void *to, size_t len, uint64_t at);
void memory_each_page(const struct guest *guest, page_fn *fn, void *arg);
int memory_note(struct guest *guest);
int memory_report(struct guest *guest);

/* balloon.c */
int balloon_inflate(struct guest *guest);
int balloon_deflate(struct guest *guest);

/* ring.c */
int ring_find(struct guest *guest);
uint64_t ring_last(const struct guest *guest);
void ring_newest(const struct guest *guest, struct stamp *stamp);
int ring_report(struct guest *guest);
int ring_check(struct guest *guest);
int ring_flip(struct guest *guest);
int ring_verify(struct guest *guest);
bool ring_page_number(const uint64_t *word, uint64_t pages, uint64_t *number);
uint64_t ring_nr_pages(const struct guest *guest);
int ring_wait(const struct guest *guest, uint64_t nr, unsigned int seconds);
int ring_wait_clock(struct guest *guest, uint64_t nr);

/* faults.c */
void faults_watch(struct guest *guest);
void faults_report(const struct guest *guest);

/* watch.c */
void watch_start(const char *path, const struct guest *guests, unsigned int nr);

/* service.c: under systemd, with LUOSession=guest. Sessions, or a negative errno */
bool service_runs(void);
bool service_start(void);	/* whether the session comes from the previous kernel */
int service_create(void);
int service_retrieve(void);
void service_ready(void);

#endif /* KEEPER_H */
