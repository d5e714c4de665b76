// SPDX-License-Identifier: GPL-2.0-only
/*
 * main() of all tools: options, choice of programs for this kernel, ring buffer, signals, exit
 * status.
 *
 * 0: ended by -d, SIGINT or SIGTERM; 1: failed; 64: wrong options.
 */
#include "main.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "missed.h"
#include "obstacle.h"
#include "reason.h"

#define POLL_MS		100
#define MAX_BUFFER_KIB	(1U << 21)	/* 32 bits in bytes */

struct options options;
bool has_events;
static volatile sig_atomic_t stopped;

void complain(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", tool.name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void print_json_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ' || c > '~')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* Messages of libbpf are for -v; otherwise an error is one message of the tool. */
static int say(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	reason_note(level, fmt, again);
	va_end(again);
	return options.verbose && level <= LIBBPF_INFO ? vfprintf(stderr, fmt, ap) : 0;
}

static unsigned int number(const char *text, const struct argp_state *state)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || !n || n > INT32_MAX)
		argp_error(state, "'%s' is not a number from 1", text);
	return n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'j':
		options.json = true;
		break;
	case 'v':
		options.verbose = true;
		break;
	case 'd':
		options.duration_s = number(arg, state);
		break;
	case 'i':
		if (!tool.has_interval)
			argp_error(state, "this tool has no sums to show");
		options.interval_s = number(arg, state);
		break;
	case 'b':
		options.buffer_kib = number(arg, state);
		if (options.buffer_kib < 4 || options.buffer_kib > MAX_BUFFER_KIB ||
		    options.buffer_kib & (options.buffer_kib - 1))
			argp_error(state, "a buffer has from 4 KiB to 2 GiB, a power of 2");
		break;
	case 'p':
		options.pid = number(arg, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void print_version(FILE *out, struct argp_state *state)
{
	fprintf(out, "%s of kho-fast, for Linux 7.3\n", state->name);
}

static const struct argp_option common[] = {
	{ "json", 'j', NULL, 0, "JSON, one object per line", 0 },
	{ "duration", 'd', "SECONDS", 0, "Run time; default: until SIGINT", 0 },
	{ "interval", 'i', "SECONDS", 0, "Interval of sums; default: at the end", 0 },
	{ "pid", 'p', "PID", 0, "Trace this process only", 0 },
	{ "buffer", 'b', "KIB", 0, "Size of the buffer for events", 0 },
	{ "verbose", 'v', NULL, 0, "Print messages of libbpf", 0 },
	{ 0 }
};

static void parse_options(int argc, char **argv)
{
	const struct argp_child more[] = { { tool.more, 0, NULL, 0 }, { 0 } };
	const struct argp argp = {
		.options = common, .parser = parse, .doc = tool.doc,
		.children = tool.more ? more : NULL,
	};
	int rest = argc;

	argp_program_version_hook = print_version;
	argp_parse(&argp, argc, argv, 0, &rest, NULL);
	if (rest < argc) {
		complain("unexpected argument '%s', see --help", argv[rest]);
		exit(argp_err_exit_status);
	}
}

/* Whether the kernel has the target of a program. */
static bool has_target(const struct btf *btf, const char *section)
{
	const char *target = strchr(section, '/') + 1;
	char name[128];

	if (strncmp(section, "tp_btf/", 7))
		return btf__find_by_name_kind(btf, target, BTF_KIND_FUNC) > 0;
	snprintf(name, sizeof(name), "btf_trace_%s", target);
	return btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) > 0;
}

/* Either trace events of an accelerated kernel or functions of a stock one. */
static int choose_programs(struct bpf_object *object, const struct btf *btf)
{
	struct bpf_program *prog;
	char proof[64];

	snprintf(proof, sizeof(proof), "tp_btf/%s", tool.proof);
	has_events = has_target(btf, proof);
	if (!has_events && btf__find_by_name_kind(btf, tool.function, BTF_KIND_FUNC) <= 0) {
		complain("this kernel has no %s(): it needs Linux 7.3 and %s", tool.function,
			 tool.option);
		return -1;
	}
	if (!has_events && tool.use_functions && tool.use_functions(btf))
		return -1;
	bpf_object__for_each_program(prog, object) {
		const char *section = bpf_program__section_name(prog);
		bool is_event = !strncmp(section, "tp_btf/", 7);
		bool there = has_target(btf, section);

		if (!bpf_program__autoload(prog))
			continue;
		bpf_program__set_autoload(prog, there && is_event == has_events);
		if (!there && is_event == has_events)
			complain("this kernel has no %s: not traced", section);
	}
	return 0;
}

static const struct btf *kernel_types(void)
{
	const char *why = why_no_bpf();
	const struct btf *btf = why ? NULL : btf__load_vmlinux_btf();

	if (!btf)
		complain("%s", why ?: why_no_types(errno));
	return btf;
}

static int load(struct bpf_object_skeleton *skeleton)
{
	int err = bpf_object__load_skeleton(skeleton);

	if (!err)
		err = bpf_object__attach_skeleton(skeleton);
	if (err)
		complain("%s", why_refused(err));
	return err;
}

/* With KHO or LUO off there are no events. */
static int check_is_on(void)
{
	const char *why = tool.needs_luo ? why_no_luo() : why_no_kho();

	if (why)
		complain("%s", why);
	else if (tool.wants_luo && why_no_luo())
		complain("sessions and files are not shown: %s", why_no_luo());
	return why ? -1 : 0;
}

static struct bpf_object_skeleton *setup(void)
{
	struct bpf_object_skeleton *skeleton;
	const struct btf *btf;
	struct bpf_object *object;

	libbpf_set_print(say);
	btf = kernel_types();
	skeleton = btf ? tool.open(&options) : NULL;
	if (!skeleton) {
		if (btf)
			complain("cannot open the programs: %s", strerror(errno));
		return NULL;
	}
	object = *skeleton->obj;
	if (options.buffer_kib)
		bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "events"),
					 options.buffer_kib * 1024);
	if (choose_programs(object, btf) || check_is_on() || load(skeleton))
		return NULL;
	return skeleton;
}

static uint64_t nr_events;

static int on_event(void *context, void *data, size_t size)
{
	(void)context;
	(void)size;
	nr_events++;
	tool.event(data);
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/* Output errors must be part of the exit status. */
static int flush(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	complain("cannot write: %s", strerror(errno));
	return -1;
}

static int watch(struct ring_buffer *ring)
{
	uint64_t end = now_ms() + options.duration_s * 1000ULL;
	uint64_t next = now_ms() + options.interval_s * 1000ULL;
	int err = 0;

	while (!err && !stopped && !(options.duration_s && now_ms() >= end)) {
		err = ring_buffer__poll(ring, POLL_MS);
		err = err < 0 && err != -EINTR ? err : 0;
		if (err)
			complain("reading events: %s", strerror(-err));
		if (!err && options.interval_s && now_ms() >= next) {
			next += options.interval_s * 1000ULL;
			err = tool.report(false);
		}
		err = err ?: flush();
	}
	return err;
}

static uint64_t count_of(const struct bpf_object *object, uint32_t which)
{
	int fd = bpf_object__find_map_fd_by_name(object, "missed");
	uint64_t nr = 0;

	if (bpf_map_lookup_elem(fd, &which, &nr))
		complain("counters of missed events: %s", strerror(errno));
	return nr;
}

/* Lost events are a warning; events with implausible pages are a failure. */
static int print_end(const struct bpf_object *object)
{
	uint64_t lost = count_of(object, MISSED_LOST), unplaced = count_of(object, MISSED_UNPLACED);

	if (options.json)
		printf("{\"event\":\"end\",\"events\":%lu,\"lost\":%lu,\"unplaced\":%lu}\n",
		       nr_events, lost, unplaced);
	if (lost)
		complain("%lu events were lost%s", lost,
			 tool.event ? ": try a larger buffer, -b" : "");
	if (unplaced)
		complain("%lu events are not shown: the addresses of their pages are not known, or "
			 "not in memory that /proc/zoneinfo had at the start; start it again",
			 unplaced);
	return unplaced ? -ERANGE : 0;
}

static void print_ready(void)
{
	const char *source = has_events ? "events" : "functions";

	if (options.json)
		printf("{\"event\":\"ready\",\"source\":\"%s\"}\n", source);
	else
		printf("# ready, by %s of the kernel; Ctrl-C ends it\n%s", source,
		       tool.header ?: "");
}

static int run(struct bpf_object_skeleton *skeleton)
{
	struct bpf_object *object = *skeleton->obj;
	struct ring_buffer *ring;
	int err;

	ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "events"), on_event, NULL,
				NULL);
	if (!ring) {
		complain("no buffer: %s", strerror(errno));
		return -1;
	}
	print_ready();
	err = flush() ?: watch(ring);
	bpf_object__detach_skeleton(skeleton);
	ring_buffer__consume(ring);
	if (!err && tool.report)
		err = tool.report(true);
	err = print_end(object) ?: err;
	ring_buffer__free(ring);
	return err ?: flush();
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	struct bpf_object_skeleton *skeleton;
	int err;

	parse_options(argc, argv);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);

	skeleton = setup();
	if (!skeleton)
		return EXIT_FAILURE;
	err = run(skeleton);
	bpf_object__destroy_skeleton(skeleton);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
