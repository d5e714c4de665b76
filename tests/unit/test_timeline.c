// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timeline of two kernels: kernel/kho_fast/timeline/. A tick of the shim's
 * clock is a nanosecond, and each look at it takes one.
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/err.h>
#include <linux/seq_file.h>
#include <linux/task_work.h>
#include <linux/tracepoint.h>

#include "kexec.h"
#include "test.h"
#include "timeline/handover.h"
#include "timeline/record.h"
#include "timeline/show.h"

extern int (*shim_show_kho_timeline)(struct seq_file *m, void *v);
extern int (*shim_show_kho_timeline_json)(struct seq_file *m, void *v);

/* The clock that goes on across kexec; and what the old kernel is to do. */
static struct machine {
	cycles_t	clock;
	unsigned int	sessions;
} *machine;

static void machine_on(void)
{
	kexec_machine();
	machine = mmap(NULL, sizeof(*machine), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* The next stamp will say @t. */
static void at(cycles_t t)
{
	shim_cycles = t - 1;
}

static void begin_at(cycles_t t, enum kho_phase phase)
{
	at(t);
	kho_phase_begin(phase);
}

static void span(enum kho_phase what, u64 begin, u64 end, const char *label)
{
	kho_fast_span(what, begin, end, NUMA_NO_NODE, label);
}

static void leave(void)
{
	unsigned int i;

	begin_at(1000, KHO_PHASE_FREEZE);
	for (i = 0; i < machine->sessions; i++)
		span(KHO_SPAN_SESSION, 1010 + i, 1020 + i, "vm");
	begin_at(2000, KHO_PHASE_SHUTDOWN);
	begin_at(3000, KHO_PHASE_CPUS_OFFLINE);
	begin_at(4000, KHO_PHASE_JUMP);
}

static void boot_first(void)
{
	begin_at(10, KHO_PHASE_EARLY);
	kexec_first();
	if (kho_fast_timeline_init())
		shim_die("no record");
}

static void old_kernel(void)
{
	boot_first();
	leave();
}

static void arrive(cycles_t began)
{
	begin_at(began, KHO_PHASE_EARLY);
	kexec_next();
	begin_at(began + 500, KHO_PHASE_WALK);
	begin_at(began + 600, KHO_PHASE_SMP);
	begin_at(began + 700, KHO_PHASE_USERSPACE);
	at(began + 900);
	if (kho_phase_exec(-ENOENT) != -ENOENT || shim_task_work)
		shim_die("nothing was executed");
	if (kho_phase_exec(0) || !shim_task_work)
		shim_die("the first process is not waited for");
	shim_task_work->func(shim_task_work);
	kexec_boot_late();
	if (kho_fast_timeline_init())
		shim_die("no record");
}

static char *text_of(int (*show)(struct seq_file *m, void *v))
{
	struct seq_file m;
	char *text;
	size_t size;

	m.file = open_memstream(&text, &size);
	if (show(&m, NULL))
		shim_die("cannot be shown");
	fclose(m.file);
	return text;
}

static char *json(void)
{
	return text_of(shim_show_kho_timeline_json);
}

static unsigned int count(const char *text, const char *what)
{
	unsigned int n = 0;

	while ((text = strstr(text, what))) {
		n++;
		text++;
	}
	return n;
}

/* Set by hand: the phases of leave() and arrive(5000). */
static const char *const both_halves[] = {
	"\"origin\":1000,\"previous\":true",
	"{\"name\":\"freeze\",\"kernel\":\"old\",\"begin_ns\":0,\"end_ns\":1000}",
	"{\"name\":\"shutdown\",\"kernel\":\"old\",\"begin_ns\":1000,\"end_ns\":2000}",
	"{\"name\":\"cpus-offline\",\"kernel\":\"old\",\"begin_ns\":2000,\"end_ns\":3000}",
	"{\"name\":\"jump\",\"kernel\":\"old\",\"begin_ns\":3000,\"end_ns\":4000}",
	"{\"name\":\"early\",\"kernel\":\"new\",\"begin_ns\":4000,\"end_ns\":4500}",
	"{\"name\":\"walk\",\"kernel\":\"new\",\"begin_ns\":4500,\"end_ns\":4600}",
	"{\"name\":\"smp\",\"kernel\":\"new\",\"begin_ns\":4600,\"end_ns\":4700}",
	"{\"name\":\"userspace\",\"kernel\":\"new\",\"begin_ns\":4700,\"end_ns\":4900}",
	"{\"name\":\"session\",\"kernel\":\"old\",\"label\":\"vm\",\"begin_ns\":10,\"end_ns\":20}",
	"{\"name\":\"session\",\"kernel\":\"old\",\"label\":\"vm\",\"begin_ns\":11,\"end_ns\":21}",
	"{\"name\":\"session\",\"kernel\":\"old\",\"nr\":2,\"sum_ns\":20,\"max_ns\":10}",
	"\"lost\":0}",
};

TEST(two_kernels_are_on_one_clock)
{
	unsigned int i;
	char *text;

	machine_on();
	machine->sessions = 2;
	ASSERT_TRUE(kexec_run(old_kernel));
	arrive(5000);
	text = json();
	for (i = 0; i < ARRAY_SIZE(both_halves); i++)
		EXPECT_EQ(count(text, both_halves[i]), 1) TH_LOG("%s not in %s", both_halves[i], text);
	EXPECT_EQ(count(text, "\"name\":"), 8 + 2 + 1);
	EXPECT_EQ(shim_nr_warnings, 0);
	free(text);

	text = text_of(shim_show_kho_timeline);
	EXPECT_EQ(count(text, "\nold "), 4 + 2);
	EXPECT_EQ(count(text, "\nnew "), 4);
	EXPECT_EQ(count(text, "old    jump                    0.003        0.001\n"), 1) TH_LOG("%s", text);
	free(text);
}

static void old_kernel_traced(void)
{
	boot_first();
	shim_tracing = true;
	machine->sessions = 1;
	leave();
	if (shim_nr_events("kho_phase_begin") != 4 || shim_nr_events("kho_phase_end") != 3 ||
	    strcmp((char *)shim_event("kho_phase_begin", 3)->arg[0], "jump") ||
	    strcmp((char *)shim_event("kho_phase_end", 0)->arg[0], "freeze") ||
	    strcmp((char *)shim_event("kho_phase_end", 2)->arg[0], "cpus-offline"))
		shim_die("events of the old kernel");
	begin_at(9000, KHO_PHASE_FREEZE);
	kho_fast_phase_abort();
	if (strcmp((char *)shim_event("kho_phase_end", 3)->arg[0], "freeze"))
		shim_die("an attempt that fails does not end");
	leave();
}

TEST(phases_are_events)
{
	machine_on();
	ASSERT_TRUE(kexec_run(old_kernel_traced));
	shim_tracing = true;
	arrive(5000);
	EXPECT_EQ(shim_nr_events("kho_phase_begin"), 4);
	EXPECT_EQ(shim_nr_events("kho_phase_end"), 4);
	EXPECT_STREQ((char *)shim_event("kho_phase_end", 3)->arg[0], "userspace");
}

TEST(its_page_is_freed)
{
	unsigned long preserved;

	machine_on();
	ASSERT_TRUE(kexec_run(old_kernel));
	arrive(5000);
	kexec_restore();
	boot_settle();
	preserved = kho_fast_count_preserved();
	EXPECT_EQ(preserved, 0);
	EXPECT_TRUE(!kho_fast_incoming.root);
}

TEST(spans_without_room_are_counted)
{
	char *text;

	machine_on();
	machine->sessions = 1000;
	ASSERT_TRUE(kexec_run(old_kernel));
	arrive(5000);
	text = json();
	EXPECT_EQ(count(text, "\"name\":\"session\"") + count(text, "\"jump\""),
		  KHO_TIMELINE_ENTRIES - KHO_NR_PHASES - 1 - 1 + 1 + 1);
	EXPECT_EQ(count(text, "\"nr\":1000,\"sum_ns\":10000,\"max_ns\":10}"), 1) TH_LOG("%s", text);
	EXPECT_EQ(count(text, "\"lost\":0}"), 0);
	free(text);
}

static void old_kernel_fails_first(void)
{
	boot_first();
	begin_at(500, KHO_PHASE_FREEZE);
	span(KHO_SPAN_SESSION, 510, 520, "failed");
	kho_fast_phase_abort();
	leave();
}

TEST(a_failed_live_update_leaves_no_entries)
{
	char *text;

	machine_on();
	ASSERT_TRUE(kexec_run(old_kernel_fails_first));
	arrive(5000);
	text = json();
	EXPECT_EQ(count(text, "failed"), 0);
	EXPECT_EQ(count(text, both_halves[0]), 1);
	free(text);
}

TEST(a_cold_boot_shows_itself)
{
	char *text;

	machine_on();
	boot_first();
	text = json();
	EXPECT_EQ(count(text, "\"origin\":10,\"previous\":false"), 1);
	EXPECT_EQ(count(text, "\"kernel\":\"old\""), 0);
	EXPECT_EQ(count(text, "\"name\":\"early\""), 1);
	free(text);
}

TEST(retrieved_files_come_after_the_phases)
{
	char *text;

	machine_on();
	ASSERT_TRUE(kexec_run(old_kernel));
	arrive(5000);
	span(KHO_SPAN_RETRIEVE, 7000, 7100, "a \"b\\\n\xff and much more");
	kho_fast_span(KHO_SPAN_NODE, 5100, 5200, 3, NULL);
	text = json();
	/* 15 bytes of it */
	EXPECT_EQ(count(text, "\"label\":\"a \\u0022b\\u005c\\u000a\\u00ff and muc\",\"begin_ns\":6000,\"end_ns\":6100}"), 1)
		TH_LOG("%s", text);
	EXPECT_EQ(count(text, "\"node\",\"kernel\":\"new\",\"node\":3,\"begin_ns\":4100"), 1);
	free(text);
}

TEST(a_clock_that_was_reset)
{
	char *text;

	machine_on();
	ASSERT_TRUE(kexec_run(old_kernel));
	arrive(2500);
	text = json();
	EXPECT_EQ(count(text, "\"previous\":false"), 1);
	EXPECT_EQ(shim_nr_warnings, 1);
	free(text);
}

static struct kho_timeline_ser sound(void)
{
	struct kho_timeline_ser ser = {
		.compatible = KHO_TIMELINE_COMPATIBLE,
		.nr = 5,
		.totals[0] = { 1, 10, 10 },
		.entries = {
			{ 1000, 2000, KHO_PHASE_FREEZE, -1, "" },
			{ 1010, 1020, KHO_SPAN_SESSION, -1, "vm" },
			{ 2000, 3000, KHO_PHASE_SHUTDOWN, -1, "" },
			{ 3000, 4000, KHO_PHASE_CPUS_OFFLINE, -1, "" },
			{ 4000, 0, KHO_PHASE_JUMP, -1, "" },
		},
	};

	return ser;
}

static bool refused(const struct kho_timeline_ser *ser)
{
	return kho_fast_timeline_fault(ser, sizeof(*ser));
}

#define EXPECT_REFUSED(field, value)					\
do {									\
	struct kho_timeline_ser ser = sound();				\
									\
	ser.field = (value);						\
	EXPECT_TRUE(refused(&ser)) TH_LOG(#field " = " #value);		\
} while (0)

TEST(an_invalid_record_is_refused)
{
	struct kho_timeline_ser ser = sound();

	EXPECT_FALSE(refused(&ser));
	EXPECT_TRUE(kho_fast_timeline_fault(&ser, sizeof(ser) - 1) != NULL);
	memset(ser.entries[1].label, 'x', sizeof(ser.entries[1].label));
	EXPECT_TRUE(refused(&ser));

	EXPECT_REFUSED(compatible[19], '2');
	EXPECT_REFUSED(compatible[20], 'x');
	EXPECT_REFUSED(nr, KHO_TIMELINE_ENTRIES + 1);
	EXPECT_REFUSED(nr, 0);
	EXPECT_REFUSED(nr, 4);
	EXPECT_REFUSED(entries[0].begin, 1011);
	EXPECT_REFUSED(entries[0].end, 999);
	EXPECT_REFUSED(entries[0].end, 0);
	EXPECT_REFUSED(entries[0].what, KHO_PHASE_NONE);
	EXPECT_REFUSED(entries[0].what, KHO_PHASE_CPUS_OFFLINE);
	EXPECT_REFUSED(entries[1].what, KHO_SPAN_NODE);
	EXPECT_REFUSED(entries[1].what, KHO_SPAN_END);
	EXPECT_REFUSED(entries[1].what, ~0U);
	EXPECT_REFUSED(entries[1].begin, 999);
	EXPECT_REFUSED(entries[1].end, 1009);
	EXPECT_REFUSED(entries[2].begin, 1999);
	EXPECT_REFUSED(entries[2].what, KHO_PHASE_FREEZE);
	EXPECT_REFUSED(entries[4].what, KHO_PHASE_EARLY);
	EXPECT_REFUSED(entries[4].end, 3999);
	EXPECT_REFUSED(totals[0].sum, BIT_ULL(53) + 1);
	EXPECT_REFUSED(totals[0].max, 11);
}

/* One of all pages; those never written to are not read, which would allocate them. */
static struct kho_timeline_ser *find_record(void)
{
	unsigned char *resident = malloc(model.nr_pages);
	struct kho_timeline_ser *found = NULL;
	size_t i;

	if (!resident || mincore(phys_to_virt(0), model.nr_pages * PAGE_SIZE, resident))
		shim_die("which pages are there?");
	for (i = 0; i < model.nr_pages && !found; i++) {
		struct kho_timeline_ser *ser = phys_to_virt(PFN_PHYS(i));

		if ((resident[i] & 1) && !strcmp(ser->compatible, KHO_TIMELINE_COMPATIBLE))
			found = ser;
	}
	free(resident);
	if (!found)
		shim_die("there is no record");
	return found;
}

/*
 * The record of leave() with two sessions, by hand from the contract in
 * abi/kho_timeline.h; all other bytes are 0. Another layout is another version.
 */
static const struct {
	unsigned int	offset;
	const char	*bytes;
	unsigned int	len;
} golden[] = {
#define GOLDEN(offset, bytes)	{ offset, bytes, sizeof(bytes) - 1 }
	GOLDEN(0, "kho-fast-timeline-v1"),
	GOLDEN(32, "\x40\x42\x0f\0\0\0\0\0"),			/* khz: a tick is 1 ns */
	GOLDEN(40, "\6\0\0\0" "\0\0\0\0"),			/* nr, lost */
	GOLDEN(48, "\2\0\0\0\0\0\0\0" "\x14\0\0\0\0\0\0\0" "\x0a"), /* sessions: nr, sum, max */
	GOLDEN(168, "\xe8\3\0\0\0\0\0\0" "\xd0\7\0\0\0\0\0\0"	/* freeze: 1000 to 2000 */
		    "\1\0\0\0" "\xff\xff\xff\xff"),		/* what, node */
	GOLDEN(208, "\xf2\3\0\0\0\0\0\0" "\xfc\3\0\0\0\0\0\0"	/* session: 1010 to 1020 */
		    "\x20\0\0\0" "\xff\xff\xff\xff" "vm"),
	GOLDEN(248, "\xf3\3\0\0\0\0\0\0" "\xfd\3\0\0\0\0\0\0"	/* session: 1011 to 1021 */
		    "\x20\0\0\0" "\xff\xff\xff\xff" "vm"),
	GOLDEN(288, "\xd0\7\0\0\0\0\0\0" "\xb8\xb\0\0\0\0\0\0"	/* shutdown: 2000 to 3000 */
		    "\2\0\0\0" "\xff\xff\xff\xff"),
	GOLDEN(328, "\xb8\xb\0\0\0\0\0\0" "\xa0\xf\0\0\0\0\0\0"	/* cpus-offline: to 4000 */
		    "\3\0\0\0" "\xff\xff\xff\xff"),
	GOLDEN(368, "\xa0\xf\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0"	/* jump: from 4000 */
		    "\4\0\0\0" "\xff\xff\xff\xff"),
#undef GOLDEN
};

static void make_golden(unsigned char *page)
{
	unsigned int i;

	memset(page, 0, PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(golden); i++)
		memcpy(page + golden[i].offset, golden[i].bytes, golden[i].len);
}

static void old_kernel_writes_golden_bytes(void)
{
	unsigned char want[PAGE_SIZE], *have;
	unsigned int i;

	old_kernel();
	have = (unsigned char *)find_record();
	make_golden(want);
	for (i = 0; i < sizeof(want); i++)
		if (have[i] != want[i])
			shim_die("byte %u is %#x, not %#x", i, have[i], want[i]);
}

TEST(the_record_has_these_bytes)
{
	machine_on();
	machine->sessions = 2;
	ASSERT_TRUE(kexec_run(old_kernel_writes_golden_bytes));
}

static void old_kernel_is_another(void)
{
	old_kernel();
	make_golden((unsigned char *)find_record());
}

TEST(these_bytes_are_read)
{
	unsigned int i;
	char *text;

	machine_on();
	ASSERT_TRUE(kexec_run(old_kernel_is_another));
	arrive(5000);
	text = json();
	for (i = 0; i < ARRAY_SIZE(both_halves); i++)
		EXPECT_EQ(count(text, both_halves[i]), 1) TH_LOG("%s not in %s", both_halves[i], text);
	free(text);
}

static void old_kernel_lies(void)
{
	old_kernel();
	find_record()->nr = ~0U;
}

TEST(an_invalid_record_is_refused_with_one_message)
{
	char *text;

	machine_on();
	ASSERT_TRUE(kexec_run(old_kernel_lies));
	arrive(5000);
	text = json();
	EXPECT_EQ(count(text, "\"previous\":false"), 1);
	EXPECT_EQ(shim_nr_warnings, 1);
	EXPECT_EQ(shim_nr_warns, 0);
	free(text);
}

/* A few bytes are others, most of them where something is. */
static void old_kernel_babbles(void)
{
	unsigned int i, nr = 1 + rnd(8);
	struct kho_timeline_ser *ser;

	machine->sessions = rnd(4);
	old_kernel();
	ser = find_record();
	for (i = 0; i < nr; i++) {
		size_t size = one_in(8) ? sizeof(*ser) :
			      offsetof(struct kho_timeline_ser, entries[ser->nr % 8]);

		((u8 *)ser)[sizeof(ser->compatible) + rnd(size - sizeof(ser->compatible))] =
			one_in(4) ? 0 : rnd(256);
	}
}

/* Whatever is believed can be shown. */
static void live_through_babble(unsigned long nth)
{
	const char *base = getenv("KHO_SEED");
	char *text, seed[24];

	snprintf(seed, sizeof(seed), "%lu",
		 (base ? strtoul(base, NULL, 0) : (unsigned long)time(NULL)) * 1000 + nth);
	setenv("KHO_SEED", seed, 1);
	machine_on();
	if (!kexec_run(old_kernel_babbles))
		shim_die("the old kernel did not come to its end");
	arrive(5000);
	text = json();
	if (strstr(text, "(null)") || shim_nr_warns || shim_nr_warnings > 1 ||
	    !strstr(text, shim_nr_warnings ? "\"previous\":false" : "\"previous\":true"))
		shim_die("%u warnings, and then: %s", shim_nr_warnings, text);
	free(text);
	free(text_of(shim_show_kho_timeline));
	_exit(shim_nr_warnings);
}

TEST(an_accepted_record_can_be_shown)
{
	unsigned int i, believed = 0, refused = 0;

	for (i = 0; i < 100; i++) {
		int status;
		pid_t child;

		child = fork();
		if (!child)
			live_through_babble(i);
		ASSERT_EQ(waitpid(child, &status, 0), child);
		ASSERT_TRUE(WIFEXITED(status));
		ASSERT_LE(WEXITSTATUS(status), 1);
		if (WEXITSTATUS(status))
			refused++;
		else
			believed++;
	}
	EXPECT_GT(believed, 5);
	EXPECT_GT(refused, 5);
}

TEST_HARNESS_MAIN
