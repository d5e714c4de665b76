// SPDX-License-Identifier: GPL-2.0-only
/* The stamps of a guest, read through the memfd of its memory. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keeper.h"

#define MAX_WALL_OFF_MS	20
#define MAX_CLOCK_TRIES	100
#define VERIFY_SECONDS	120
#define WORKLOAD_WORDS	(STAMPS_PAGE / sizeof(uint64_t))

static bool ring_note_page(const struct guest *guest, uint64_t at, void *found)
{
	unsigned int *nr = found;
	uint64_t head[2];

	memory_read(guest, head, sizeof(head), at);
	if (head[0] == ~STAMPS_MAGIC && head[1] < STAMPS_PAGES) {
		guest->note->ring[head[1]] = at;
		++*nr;
	}
	return *nr == STAMPS_PAGES;
}

int ring_find(struct guest *guest)
{
	unsigned int found = 0;

	memory_each_page(guest, ring_note_page, &found);
	if (found != STAMPS_PAGES)
		return fail("%s: %u pages with stamps in its memory, not %d", guest->name, found,
			    STAMPS_PAGES);
	return 0;
}

static void read_stamp(const struct guest *guest, uint64_t nr, struct stamp *stamp)
{
	uint64_t slot = nr % STAMPS_RING;

	memory_read(guest, stamp, sizeof(*stamp), guest->note->ring[slot / STAMPS_PER_PAGE] +
		    offsetof(struct stamps_page, stamp) + slot % STAMPS_PER_PAGE * sizeof(*stamp));
}

uint64_t ring_last(const struct guest *guest)
{
	uint64_t last = 0;

	for (unsigned int i = 0; i < STAMPS_PAGES; i++) {
		struct stamps_page page;

		memory_read(guest, &page, sizeof(page), guest->note->ring[i]);
		for (unsigned int j = 0; j < STAMPS_PER_PAGE; j++)
			if (page.stamp[j].nr > last)
				last = page.stamp[j].nr;
	}
	return last;
}

void ring_newest(const struct guest *guest, struct stamp *stamp)
{
	read_stamp(guest, ring_last(guest), stamp);
}

/* Looks only where the stamp will be: the guest, and others, may have this CPU. */
int ring_wait(const struct guest *guest, uint64_t nr, unsigned int seconds)
{
	struct stamp stamp;

	for (unsigned int i = 0; i < seconds * 100; i++) {
		read_stamp(guest, nr, &stamp);
		if (stamp.nr >= nr)
			return 0;
		usleep(10000);
	}
	return fail("%s: no stamp %llu in %u s", guest->name, (unsigned long long)nr, seconds);
}

static double ms(const struct guest *guest, int64_t ticks)
{
	return (double)ticks / guest->note->tsc_khz;
}

/* Both stamps by the host's counter, which no update stops. */
static int64_t gap_of(const struct guest *guest, const struct stamp *before,
		      const struct stamp *after, int64_t offset_after)
{
	int64_t then = before->tsc - guest->note->tsc_offset;

	return (int64_t)(after->tsc - offset_after) - then;
}

/* The counter at the end of a step, for khoctl timeline --guest */
static void report_step(const struct guest *guest, const char *name, uint64_t tsc)
{
	printf("%s: step %llu %s\n", guest->name, (unsigned long long)tsc, name);
}

static void report_part(const struct guest *guest, const char *name, uint64_t from, uint64_t until)
{
	printf("%s: part %s %.3f ms\n", guest->name, name, ms(guest, until - from));
	report_step(guest, name, until);
}

/* From stamp to stamp: the parts together are the gap. */
static void report_parts(const struct guest *guest, uint64_t from, uint64_t until)
{
	const struct note *note = guest->note;

	report_step(guest, "guest", from);
	for (unsigned int i = 0; i < note->nr_marks; i++) {
		report_part(guest, note->mark[i].name, from, note->mark[i].tsc);
		from = note->mark[i].tsc;
	}
	report_part(guest, "resume", from, until);
}

/* The first stamp a second after @stamp; its number is 0 if there is none yet. */
static struct stamp second_after(const struct guest *guest, const struct stamp *stamp)
{
	const uint64_t until = stamp->tsc + guest->note->tsc_khz * 1000;
	const uint64_t last = ring_last(guest);
	struct stamp now = *stamp;

	while (now.nr && now.tsc < until) {
		const uint64_t nr = now.nr + 1;

		if (nr > last)
			return (struct stamp){ 0 };
		read_stamp(guest, nr, &now);
		if (now.nr != nr)
			return (struct stamp){ 0 };
	}
	return now;
}

/* Pages that the guest reads while they are mapped to it one by one, and afterwards */
static void report_first_second(const struct guest *guest, const struct stamp *from)
{
	const struct stamp one = second_after(guest, from);
	const struct stamp two = one.nr ? second_after(guest, &one) : one;

	if (two.nr)
		printf("%s: reads %u pages in the first second after the update, %u in the next one\n",
		       guest->name, one.pages - from->pages, two.pages - one.pages);
	faults_report(guest);
}

static double wall_off_ms(const struct guest *guest, const struct stamp *s, int64_t offset)
{
	return (int64_t)(s->wall_ns - guest_wall_ns(guest, s->tsc - offset)) / 1e6;
}

static bool wall_is_right(const struct guest *guest, const struct stamp *s, int64_t offset)
{
	return fabs(wall_off_ms(guest, s, offset)) <= MAX_WALL_OFF_MS;
}

/* The guest overwrites them, on a slow host before anybody asks for a report. */
static void keep_update(struct guest *guest)
{
	for (unsigned int i = 0; i < 2; i++)
		read_stamp(guest, guest->note->last + i, &guest->update[i]);
}

/* Until it has stamp @nr, and the time that it was told: it reads its console now and then. */
int ring_wait_clock(struct guest *guest, uint64_t nr)
{
	int64_t offset = qemu_tsc_offset(guest);
	struct stamp stamp;

	for (int i = 0; i < MAX_CLOCK_TRIES; i++, nr += 10) {
		if (ring_wait(guest, nr, 120))
			return -1;
		if (!i)
			keep_update(guest);
		read_stamp(guest, nr, &stamp);
		if (wall_is_right(guest, &stamp, offset))
			return 0;
	}
	return fail("%s: its wall clock is off by %.3f ms", guest->name,
		    wall_off_ms(guest, &stamp, offset));
}

/* A guest without a clock of its own has none until it is told the time after the update. */
static void report_wall(const struct guest *guest, const struct stamp *first,
			const struct stamp *now, int64_t offset)
{
	if (first->wall_ns)
		printf("%s: wall clock off by %.3f ms at first, %.3f ms now\n", guest->name,
		       wall_off_ms(guest, first, offset), wall_off_ms(guest, now, offset));
	else
		printf("%s: wall clock off by %.3f ms now\n", guest->name,
		       wall_off_ms(guest, now, offset));
}

int ring_report(struct guest *guest)
{
	const struct note *note = guest->note;
	const struct stamp before = guest->update[0], after = guest->update[1];
	struct stamp now;
	int64_t offset;
	uint64_t last;

	if (guest->phase == GUEST_DROPPED)
		return 0;
	if (guest->phase == GUEST_HELD)
		return fail("%s: is held, and does not run", guest->name);
	offset = qemu_tsc_offset(guest);
	last = ring_last(guest);
	if (!note->last) {
		printf("%s: has not stood still yet\n", guest->name);
		return 0;
	}
	read_stamp(guest, last, &now);
	if (before.nr != note->last || after.nr != note->last + 1)
		return fail("%s: the stamps at the update are %u and %u, not %llu and the next",
			    guest->name, before.nr, after.nr, (unsigned long long)note->last);
	printf("%s: gap %.3f ms\n", guest->name, ms(guest, gap_of(guest, &before, &after, offset)));
	printf("%s: gap %.3f ms by the guest's counter\n", guest->name,
	       ms(guest, after.tsc - before.tsc));
	report_wall(guest, &after, &now, offset);
	printf("%s: %llu stamps and %u ticks since the update, %u bad pages\n", guest->name,
	       (unsigned long long)(last - note->last), now.ticks - before.ticks, now.bad);
	report_first_second(guest, &after);
	report_parts(guest, before.tsc - note->tsc_offset, after.tsc - offset);
	if (now.bad)
		return fail("%s: %u pages differ from what the guest wrote", guest->name, now.bad);
	if (now.ticks == before.ticks)
		return fail("%s: its timer stands still", guest->name);
	if (!wall_is_right(guest, &now, offset))
		return fail("%s: its wall clock is wrong", guest->name);
	return 0;
}

/* Whether a page is one that the workload verifies */
static bool is_workload(const uint64_t *word)
{
	return word[1] - word[0] == WORKLOAD_STEP && word[2] - word[1] == WORKLOAD_STEP;
}

static bool ring_flip_page(const struct guest *guest, uint64_t at, void *flipped)
{
	uint64_t word[3];

	memory_read(guest, word, sizeof(word), at);
	if (!is_workload(word))
		return false;
	word[2] ^= 1ULL << 17;
	*(bool *)flipped = pwrite(guest->memory, word, sizeof(word), at) == sizeof(word);
	return true;
}

/* For the test of the test: one bit in a page that the workload verifies. */
int ring_flip(struct guest *guest)
{
	bool flipped = false;

	memory_each_page(guest, ring_flip_page, &flipped);
	return flipped ? 0 : fail("%s: no page of the workload in its memory", guest->name);
}

/* The number of the page with these words, if all are as the guest wrote them */
bool ring_page_number(const uint64_t *word, uint64_t pages, uint64_t *number)
{
	uint64_t inverse = WORKLOAD_STEP, first;

	for (unsigned int i = 1; i < WORKLOAD_WORDS; i++)
		if (word[i] - word[i - 1] != WORKLOAD_STEP)
			return false;
	for (int i = 0; i < 5; i++)
		inverse *= 2 - WORKLOAD_STEP * inverse;
	first = word[0] * inverse;	/* that is number * WORKLOAD_WORDS + 1 */
	*number = first / WORKLOAD_WORDS;
	return first % WORKLOAD_WORDS == 1 && *number < pages;
}

/**
 * struct whole - pages that are as the workload wrote them
 * @seen:   of each page, whether it was found
 * @pages:  of the workload
 * @nr:     found
 */
struct whole {
	bool *seen;
	uint64_t pages, nr;
};

static bool ring_count_page(const struct guest *guest, uint64_t at, void *arg)
{
	uint64_t word[WORKLOAD_WORDS], number;
	struct whole *whole = arg;

	memory_read(guest, word, sizeof(word), at);
	if (ring_page_number(word, whole->pages, &number) && !whole->seen[number]) {
		whole->seen[number] = true;
		whole->nr++;
	}
	return false;
}

static struct stamps_page first_page(const struct guest *guest)
{
	struct stamps_page page;

	memory_read(guest, &page, sizeof(page), guest->note->ring[0]);
	return page;
}

uint64_t ring_nr_pages(const struct guest *guest)
{
	return first_page(guest).pages;
}

/* All pages that the workload wrote, seen from outside: the guest does not run. */
int ring_check(struct guest *guest)
{
	struct whole whole = { 0 };

	if (guest->phase != GUEST_HELD || guest->memory < 0 || !guest->note)
		return fail("%s: its memory is not held", guest->name);
	whole.pages = ring_nr_pages(guest);
	whole.seen = calloc(whole.pages, sizeof(*whole.seen));
	if (!whole.seen)
		return fail_errno("%s: %llu pages", guest->name, (unsigned long long)whole.pages);
	memory_each_page(guest, ring_count_page, &whole);
	free(whole.seen);
	printf("%s: is held, %llu of %llu pages are as the guest wrote them\n", guest->name,
	       (unsigned long long)whole.nr, (unsigned long long)whole.pages);
	return whole.nr == whole.pages ? 0 : -1;
}

/* The guest reads each of its pages from now on; twice, as a pass has begun. */
int ring_verify(struct guest *guest)
{
	struct stamp now;
	uint64_t until;

	if (guest->phase == GUEST_DROPPED)
		return 0;
	if (guest->phase != GUEST_RUNS)
		return fail("%s: does not run", guest->name);
	until = first_page(guest).passes + 2;
	for (unsigned int i = 0; first_page(guest).passes < until; i++) {
		if (i == VERIFY_SECONDS * 100)
			return fail("%s: has not read its memory in %d s", guest->name,
				    VERIFY_SECONDS);
		usleep(10000);
	}
	if (ring_wait(guest, ring_last(guest) + 1, 10))
		return -1;
	ring_newest(guest, &now);
	printf("%s: has read %llu pages, %u are bad\n", guest->name,
	       (unsigned long long)ring_nr_pages(guest), now.bad);
	return now.bad ? -1 : 0;
}
