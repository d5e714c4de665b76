// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest without an operating system: fills half of its memory, with workload_pages=N so many
 * pages, or with workload_pages=all what is above this program, verifies it page by page for
 * ever, and writes a stamp each millisecond, like the workload of a Linux guest. It takes no
 * interrupts, and polls its timer: in a host that counts instructions (-icount) a Linux guest
 * hangs while it boots. With workload_rest=1 it takes those of its timer, and halts after each
 * stamp until the next one. It can give every other page back to the host, and take it again.
 *
 * Started by QEMU as a multiboot kernel: 32 bits, no paging, no library.
 */
#include <stdbool.h>
#include <stddef.h>

#include "../stamps.h"

#define WORDS		(STAMPS_PAGE / sizeof(uint64_t))
#define MEMORY		((uint64_t *)0x1000000)	/* 16 MiB: above this program and the ring */
#define SERIAL		0x3f8
#define PIT_PERIOD	11932			/* 10 ms */
#define CALIBRATE	5			/* periods */
#define LISTEN_EVERY	16			/* stamps */
#define LISTEN_EVERY_REST	4
#define REST_PART	8			/* of a millisecond, between two rests */

#define MB_MAGIC	0x1badb002u
#define MB_MEMINFO	2u
#define MB_CMDLINE	4u

__attribute__((section(".multiboot"), used))
static const uint32_t multiboot[] = { MB_MAGIC, MB_MEMINFO, -(MB_MAGIC + MB_MEMINFO) };

struct multiboot_info {
	uint32_t flags, lower_kib, upper_kib, boot_device;
	const char *cmdline;
};

static struct stamps_page ring[STAMPS_PAGES] __attribute__((aligned(STAMPS_PAGE)));
static uint32_t pages, last_count, bad, pages_read;
static volatile uint32_t ticks;
static bool rest;

/* From one page that is verified to the next; every other one is in the balloon with 2 */
static uint32_t step = 1;

/* The wall clock was @ns at the counter @tsc; 0: nobody has said yet */
static struct {
	uint64_t ns, tsc;
	uint32_t khz;
} clock;

static void out(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t in(uint16_t port)
{
	uint8_t value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static uint64_t tsc(void)
{
	uint64_t value;

	asm volatile("rdtsc" : "=A"(value));
	return value;
}

static void put(const char *text)
{
	for (; *text; text++) {
		while (!(in(SERIAL + 5) & 0x20))
			;
		out(SERIAL, *text);
	}
}

/* 64 by 32 bits, without the compiler's library */
static uint64_t divide(uint64_t value, uint32_t by)
{
	uint32_t high = value >> 32, low = value, rest;

	rest = high % by;
	high /= by;
	asm("divl %2" : "+a"(low), "+d"(rest) : "r"(by));
	return (uint64_t)high << 32 | low;
}

static void put_number(uint32_t value)
{
	char text[11] = "", *digit = text + sizeof(text) - 1;

	do
		*--digit = '0' + value % 10;
	while (value /= 10);
	put(digit);
}

static void start_timer(void)
{
	out(0x43, 0x34);	/* channel 0, rate generator */
	out(0x40, PIT_PERIOD & 0xff);
	out(0x40, PIT_PERIOD >> 8);
}

/* The timer counts down; read at least once in its period. */
static void count_ticks(void)
{
	uint32_t count;

	out(0x43, 0);
	count = in(0x40);
	count |= in(0x40) << 8;
	ticks += count > last_count;
	last_count = count;
}

/* A table of descriptors, as lgdt and lidt want it */
struct table {
	uint16_t limit;
	const uint64_t *at;
} __attribute__((packed));

#define CODE	8
#define DATA	16
#define TICK	32	/* vector of the timer: the first that is no exception */

__attribute__((interrupt, target("general-regs-only")))
static void on_tick(void *frame)
{
	(void)frame;
	ticks++;
	out(0x20, 0x20);	/* end of interrupt */
}

/* What a multiboot kernel is started with may not be loaded again. */
static void load_segments(void)
{
	static const uint64_t gdt[] = { 0, 0x00cf9a000000ffff, 0x00cf92000000ffff };
	const struct table table = { .limit = sizeof(gdt) - 1, .at = gdt };

	asm volatile("lgdt %0\n\t"
		     "ljmp %1, $1f\n"
		     "1:\tmov %2, %%ds\n\t"
		     "mov %2, %%es\n\t"
		     "mov %2, %%ss"
		     : : "m"(table), "i"(CODE), "r"(DATA) : "memory");
}

/* Only the timer's, at its own vector */
static void take_interrupts(void)
{
	static const uint8_t master[] = { TICK, 4, 1, 0xfe }, slave[] = { TICK + 8, 2, 1, 0xff };
	static uint64_t idt[TICK + 1];
	const struct table table = { .limit = sizeof(idt) - 1, .at = idt };
	uint32_t handler = (uint32_t)on_tick;

	load_segments();
	idt[TICK] = (uint64_t)(handler >> 16) << 48 | 0x8e00ULL << 32 | CODE << 16 |
		    (handler & 0xffff);
	asm volatile("lidt %0" : : "m"(table), "m"(idt));
	out(0x20, 0x11);
	out(0xa0, 0x11);
	for (int i = 0; i < 4; i++) {
		out(0x21, master[i]);
		out(0xa1, slave[i]);
	}
}

static void wait_for_tick(void)
{
	asm volatile("sti; hlt; cli" : : : "memory");
}

/* Ticks of the counter in a millisecond */
static uint32_t calibrate(void)
{
	uint32_t from = ticks;
	uint64_t begin;

	while (ticks == from)
		count_ticks();
	from = ticks;
	begin = tsc();
	while (ticks - from < CALIBRATE)
		count_ticks();
	return divide(tsc() - begin, CALIBRATE * 10);
}

static uint64_t wall_ns(uint64_t now)
{
	return clock.khz ? clock.ns + divide((now - clock.tsc) * 1000000, clock.khz) : 0;
}

static const char *read_number(const char *text, uint64_t *value)
{
	while (*text && (*text < '0' || *text > '9'))
		text++;
	for (*value = 0; *text >= '0' && *text <= '9'; text++)
		*value = *value * 10 + (*text - '0');
	return text;
}

/* 'time NS TSC KHZ', see ../workload */
static void set_clock(const char *line)
{
	uint64_t khz;

	line = read_number(line, &clock.ns);
	line = read_number(line, &clock.tsc);
	read_number(line, &khz);
	clock.khz = khz;
}

/* The first word of a page; each further one is WORKLOAD_STEP more. */
static uint64_t pattern(uint32_t page)
{
	return ((uint64_t)page * WORDS + 1) * WORKLOAD_STEP;
}

static void fill_page(uint32_t page)
{
	uint64_t *word = MEMORY + page * WORDS, value = pattern(page);

	for (uint32_t i = 0; i < WORDS; i++, value += WORKLOAD_STEP)
		word[i] = value;
}

static void fill(void)
{
	for (uint32_t page = 0; page < pages; page++)
		fill_page(page);
}

static bool page_is_bad(uint32_t page)
{
	const volatile uint64_t *word = MEMORY + page * WORDS;
	uint64_t value = pattern(page);

	for (uint32_t i = 0; i < WORDS; i++, value += WORKLOAD_STEP)
		if (word[i] != value)
			return true;
	return false;
}

static bool page_is_zero(uint32_t page)
{
	const volatile uint64_t *word = MEMORY + page * WORDS;

	for (uint32_t i = 0; i < WORDS; i++)
		if (word[i])
			return false;
	return true;
}

/* The host may take every other page from now on. */
static void inflate(void)
{
	step = 2;
	put("tiny: the balloon has every other page\n");
}

/* Pages from the balloon are new to the guest, so the host owes it zeroes. */
static void deflate(void)
{
	for (uint32_t page = 1; step == 2 && page < pages; page += 2) {
		bad += !page_is_zero(page);
		fill_page(page);
	}
	step = 1;
	put("tiny: the balloon is empty\n");
}

static void obey(const char *line)
{
	switch (*line) {
	case 't':
		set_clock(line);
		break;
	case 'i':
		inflate();
		break;
	case 'd':
		deflate();
		break;
	}
}

static void listen(void)
{
	static char line[64];
	static uint32_t len;

	while (in(SERIAL + 5) & 1) {
		line[len] = in(SERIAL);
		if (line[len] != '\n' && len < sizeof(line) - 2) {
			len++;
			continue;
		}
		line[len] = '\0';
		len = 0;
		obey(line);
	}
}

static void start_ring(void)
{
	for (uint32_t i = 0; i < STAMPS_PAGES; i++) {
		ring[i].page = i;
		ring[i].pages = pages;
		ring[i].magic = ~STAMPS_MAGIC;
	}
}

/* The number is stored last. */
static void put_stamp(uint32_t nr, uint64_t now)
{
	uint32_t slot = nr % STAMPS_RING;
	volatile struct stamp *s = &ring[slot / STAMPS_PER_PAGE].stamp[slot % STAMPS_PER_PAGE];

	s->tsc = now;
	s->wall_ns = wall_ns(now);
	s->ticks = ticks;
	s->bad = bad;
	s->pages = pages_read;
	s->nr = nr;
}

static void run(uint32_t khz)
{
	uint32_t page = 0, nr = 0;
	uint64_t next = tsc();

	for (;;) {
		bad += page_is_bad(page);
		pages_read++;
		page += step;
		if (page >= pages) {
			page = 0;
			ring->passes++;
		}
		if (tsc() < next)
			continue;
		next = tsc() + khz;
		if (!rest)
			count_ticks();
		if (++nr % (rest ? LISTEN_EVERY_REST : LISTEN_EVERY) == 0)
			listen();
		put_stamp(nr, tsc());
		if (rest) {
			wait_for_tick();
			next = tsc() + khz / REST_PART;
		}
	}
}

/* What follows @key in @text; NULL: it is not there */
static const char *after(const char *text, const char *key)
{
	for (; *text; text++) {
		uint32_t i = 0;

		while (key[i] && text[i] == key[i])
			i++;
		if (!key[i])
			return text + i;
	}
	return NULL;
}

static const char *option(const struct multiboot_info *info, const char *key)
{
	return info->flags & MB_CMDLINE ? after(info->cmdline, key) : NULL;
}

/* Half of memory, or what the command line says, at most all above this program. */
static uint32_t pages_wanted(const struct multiboot_info *info)
{
	uint32_t all = (info->upper_kib + 1024) / 4 - (uint32_t)MEMORY / STAMPS_PAGE;
	const char *text = option(info, "workload_pages=");
	uint64_t wanted;

	if (!text)
		return info->upper_kib / 4 / 2;
	if (*text == 'a')
		return all;
	read_number(text, &wanted);
	return wanted < all ? wanted : all;
}

__attribute__((used, noreturn)) void tiny(const struct multiboot_info *info)
{
	uint32_t khz;

	pages = pages_wanted(info);
	put("tiny: fills its memory\n");
	fill();
	start_ring();
	start_timer();
	put("workload: running, ");
	put_number(pages);
	put(" pages\n");
	khz = calibrate();
	rest = option(info, "workload_rest=1");
	if (rest)
		take_interrupts();
	run(khz);
	__builtin_unreachable();
}

/* The registers that a multiboot kernel starts with are those that it needs. */
static uint8_t stack[16384] __attribute__((aligned(16), used));
asm(".globl _start\n"
    "_start:\n"
    "	cli\n"
    "	mov $stack + 16384, %esp\n"
    "	push %ebx\n"
    "	call tiny\n");
