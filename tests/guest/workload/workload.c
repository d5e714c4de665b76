// SPDX-License-Identifier: GPL-2.0-only
/*
 * /init of a guest that lives through updates of its host: fills memory, verifies it page
 * by page for ever, and writes a stamp each millisecond. It never sleeps: a gap between
 * two stamps is time in which the guest did not run. With workload_rest=1 it sleeps after each
 * stamp until its timer expires, which it does each 10 ms: many guests fit on a CPU.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "../stamps.h"

#define WORDS		(STAMPS_PAGE / sizeof(uint64_t))
#define TICK_US		10000
#define STAMP_NS	1000000ULL
#define REST_PART	8	/* of a millisecond, between two rests */
#define SAY_EVERY	1000
#define AT_ONCE_TICKS	1000000
#define MAX_TRIES	1000

static struct stamps_page *ring;
static uint64_t *memory, pages;
static volatile sig_atomic_t ticks;

static void on_tick(int sig)
{
	(void)sig;
	ticks++;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void *locked_pages(size_t nr)
{
	void *p = mmap(NULL, nr * STAMPS_PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED || mlock(p, nr * STAMPS_PAGE)) {
		perror("workload: memory");
		exit(1);
	}
	return p;
}

/* Differs from word to word and from page to page. */
static uint64_t pattern(uint64_t page, unsigned int word)
{
	return (page * WORDS + word + 1) * WORKLOAD_STEP;
}

static void fill(void)
{
	for (uint64_t page = 0; page < pages; page++)
		for (unsigned int word = 0; word < WORDS; word++)
			memory[page * WORDS + word] = pattern(page, word);
}

static int page_is_bad(uint64_t page)
{
	for (unsigned int word = 0; word < WORDS; word++)
		if (memory[page * WORDS + word] != pattern(page, word))
			return 1;
	return 0;
}

static void start_ring(void)
{
	ring = locked_pages(STAMPS_PAGES);
	for (unsigned int i = 0; i < STAMPS_PAGES; i++) {
		ring[i].page = i;
		ring[i].pages = pages;
		ring[i].magic = ~STAMPS_MAGIC;
	}
}

static void start_timer(void)
{
	const struct itimerval each = {
		.it_interval.tv_usec = TICK_US,
		.it_value.tv_usec = TICK_US,
	};

	signal(SIGALRM, on_tick);
	setitimer(ITIMER_REAL, &each, NULL);
}

/*
 * Whether two readings of the counter are of one moment: less than a millisecond. The guest
 * may have lost its CPU between them, to another one of the host.
 */
static int at_once(uint64_t begin, uint64_t end)
{
	return end - begin < AT_ONCE_TICKS;
}

static int set_clock(uint64_t ns, uint64_t tsc, uint64_t khz)
{
	uint64_t begin, now;
	struct timespec ts;

	for (int i = 0; i < MAX_TRIES; i++) {
		begin = __rdtsc();
		now = ns + (begin - tsc) * 1000000 / khz;
		ts = (struct timespec){ .tv_sec = now / 1000000000, .tv_nsec = now % 1000000000 };
		if (clock_settime(CLOCK_REALTIME, &ts))
			return -1;
		if (at_once(begin, __rdtsc()))
			break;
	}
	return 0;
}

/*
 * 'time NS TSC KHZ' on the console sets the clock, as an agent in the guest would: it was NS
 * when the guest's counter was TSC.
 */
static void obey(void)
{
	static char line[64];
	static size_t len;
	int waiting = 0;
	uint64_t ns, tsc, khz;

	if (ioctl(STDIN_FILENO, FIONREAD, &waiting) || !waiting)
		return;
	len += read(STDIN_FILENO, line + len, sizeof(line) - 1 - len);
	line[len] = '\0';
	if (!strchr(line, '\n') && len < sizeof(line) - 1)
		return;
	len = 0;
	if (sscanf(line, "time %lu %lu %lu", &ns, &tsc, &khz) != 3 || !khz)
		return;
	if (set_clock(ns, tsc, khz))
		perror("workload: setting the clock");
}

/* The number is stored last: a reader that sees it sees the rest. */
static void put_stamp(uint32_t nr, uint32_t bad, uint32_t pages_read)
{
	uint64_t slot = nr % STAMPS_RING;
	struct stamp *s = &ring[slot / STAMPS_PER_PAGE].stamp[slot % STAMPS_PER_PAGE];

	for (int i = 0; i < MAX_TRIES; i++) {
		s->tsc = __rdtsc();
		s->wall_ns = clock_ns(CLOCK_REALTIME);
		if (at_once(s->tsc, __rdtsc()))
			break;
	}
	s->ticks = ticks;
	s->bad = bad;
	s->pages = pages_read;
	__atomic_store_n(&s->nr, nr, __ATOMIC_RELEASE);
}

static void run(bool rest)
{
	uint64_t page = 0, next = clock_ns(CLOCK_MONOTONIC);
	uint32_t nr = 0, bad = 0, pages_read = 0;

	for (;;) {
		bad += page_is_bad(page);
		pages_read++;
		if (++page == pages) {
			page = 0;
			ring->passes++;
		}
		if (clock_ns(CLOCK_MONOTONIC) < next)
			continue;
		obey();
		put_stamp(++nr, bad, pages_read);
		if (rest)
			pause();
		next = clock_ns(CLOCK_MONOTONIC) + STAMP_NS / (rest ? REST_PART : 1);
		if (nr % SAY_EVERY == 0)
			printf("workload: stamp %u, %lu pages verified %lu times, %u bad, %u ticks\n",
			       nr, pages, ring->passes, bad, (unsigned int)ticks);
	}
}

/* workload_pages=N or all on the kernel's command line; the kernel makes it environment. */
static uint64_t pages_wanted(void)
{
	const char *text = getenv("workload_pages");
	struct sysinfo info;

	sysinfo(&info);
	if (!text)
		return info.freeram / 2 / STAMPS_PAGE;
	if (!strcmp(text, "all"))
		return info.freeram / 8 * 7 / STAMPS_PAGE;
	return strtoull(text, NULL, 0);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	pages = pages_wanted();
	memory = locked_pages(pages);
	fill();
	start_ring();
	start_timer();
	printf("workload: running, %lu pages\n", pages);
	run(getenv("workload_rest"));
}
