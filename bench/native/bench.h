/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame of the native benchmarks: one per file, one runner.
 *
 *   main.c      the command line; a process per case, so that each case finds the
 *               static data of the kernel code untouched
 *   options.c   its options, with their defaults
 *   runner.c    set-up, warm-up, check and repetitions of one case
 *   counters.c  what the CPU counts meanwhile
 *   record.c    the JSON Lines
 *   workers.c   threads that wait for the start, and a range split between threads
 *   random.c    numbers from a seed
 *
 * Benchmarks, on what impl.h and host.h give them of both kernels' code:
 *   insert.c preserve.c batch.c walk.c tree.c ingest.c, and limit.c on none of it
 *   memory.c    physical memory and its map, for both implementations
 *   sets.c      which folios are preserved, by order and in mixtures
 *   folios.c    what is preserved
 *   keys.c      reads and writes the tree, from the words of its ABI
 *   host.c      a host after a kexec, with its tree
 *   extrapolate.c  extends what takes too long to be measured
 *
 * On the project's sources, over tests/shim:
 *   finish.c, claim.c, regions.c   benchmarks
 *   machine.c, check.c  what they run on, and whether it came out right
 *   stock.c             the same work in stock's order
 *   host_ours.c         reading a tree at boot
 *   host_preflight.c    checking it before the kexec
 *
 * On stock's kernel/liveupdate/kexec_handover.c, over the same shims:
 *   host_stock.c        reading a tree at boot
 * and on either:
 *   impl.c              preserving, and walking over a tree
 * Both stand on the kernel's mm/memblock.c, with physical memory where tests/shim has it.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_MAX_REPS	100

/* options.c: options of the command line, read only after main() has parsed it */
struct bench_options {
	unsigned long	memory_gib;	/* that is preserved */
	unsigned int	reps;
	unsigned int	limit_s;	/* for the repetitions of one case */
	unsigned long	seed;
	const char	*output;
	bool		smoke;		/* results count, times do not */
};

extern struct bench_options bench_options;

/* Events of the CPU while a variant runs. */
enum { CYCLES, INSTRUCTIONS, CACHE_MISSES, DTLB_MISSES, NR_COUNTERS };
#define NOT_COUNTED	UINT64_MAX

struct bench_sample {
	uint64_t	ns;
	uint64_t	counted[NR_COUNTERS];
};

/**
 * struct bench_estimate - Extrapolated time of a run that takes too long.
 * @ns:         How long it would take.
 * @measured_n: How many operations were measured.
 * @power:      The time grows with this power of their number.
 */
struct bench_estimate {
	uint64_t	ns;
	unsigned long	measured_n;
	double		power;
};

struct impl;

/**
 * struct bench_variant - One way to do what a benchmark measures.
 * @name:     What it is.
 * @threads:  How many run.
 * @impl:     Of KHO, for benchmarks of both that do the same with either; may be NULL.
 * @base:     Name of the variant with as many threads that it is compared with; NULL
 *            for the first of these.
 * @spoil:    Called before the first run, so that @verify cannot take what another
 *            variant did for the work of this one; may be NULL.
 * @reset:    Called before each run, not timed; may be NULL.
 * @run:      The only timed part.
 * @verify:   Called after the first run, which is the warm-up: false when what was
 *            done is wrong, and then there is no number. May be NULL.
 * @size:     How many bytes the result has, called after @run; may be NULL.
 * @estimate: Instead of all that: measures what it can and says the rest. False when
 *            there is nothing to say.
 */
struct bench_variant {
	const char	*name;
	unsigned int	threads;
	const struct impl *impl;
	const char	*base;
	void		(*spoil)(void);
	void		(*reset)(const struct bench_variant *v);
	void		(*run)(const struct bench_variant *v);
	bool		(*verify)(void);
	unsigned long	(*size)(void);
	bool		(*estimate)(struct bench_estimate *estimate);
};

/* Work of one run: @n operations that read or write @bytes in all (0: not what counts). */
struct bench_work {
	unsigned long	n;
	unsigned long	bytes;
};

/**
 * struct bench - A benchmark.
 * @name:      As on the command line.
 * @unit:      What one operation is.
 * @cases:     Array whose elements begin with the name of a case.
 * @case_size: Of an element.
 * @nr_cases:  How many.
 * @case_name: Instead of these: the name of a case, NULL past the last one.
 * @is_small:  Does a case take a second at most? --smoke has only those. NULL: all do.
 * @setup:     Prepare a case. What it made goes with the process.
 * @variants:  Run in turns.
 * @nr_variants: How many.
 * @fresh:     Each run, with its reset, has a process of its own, which finds all as
 *             @setup left it.
 * @once:      The result counts, not the time: one run, without a warm-up.
 */
struct bench {
	const char			*name;
	const char			*unit;
	const void			*cases;
	size_t				case_size;
	unsigned int			nr_cases;
	const char			*(*case_name)(unsigned int index);
	bool				(*is_small)(unsigned int index);
	struct bench_work		(*setup)(unsigned int index);
	const struct bench_variant	*variants;
	unsigned int			nr_variants;
	bool				fresh, once;
};

/* One per file. */
extern const struct bench bench_finish, bench_claim, bench_regions, bench_insert,
			  bench_preserve, bench_preserve_pages, bench_batch,
			  bench_node_jobs, bench_walk, bench_tree, bench_ingest, bench_limit;

/* All times of one variant. */
struct bench_times {
	struct bench_sample	samples[BENCH_MAX_REPS];
	unsigned int		nr;
	unsigned long		size;
	struct bench_estimate	estimate;	/* of the only sample, if @measured_n */
};

#define BENCH_CASES(array) \
	.cases = (array), .case_size = sizeof(*(array)), .nr_cases = sizeof(array) / sizeof(*(array))
#define BENCH_VARIANTS(array) \
	.variants = (array), .nr_variants = sizeof(array) / sizeof(*(array))

/* runner.c */
uint64_t bench_now_ns(void);
const char *bench_case_name(const struct bench *bench, unsigned int index);
int bench_run_case(const struct bench *bench, unsigned int index);

/* counters.c */
const char *counters_name(unsigned int counter);
void counters_check(void);
void counters_open(void);
void counters_start(void);
void counters_stop(uint64_t *counted);

/* record.c: each returns false when the file cannot be written */
bool record_env(const char *program, unsigned int two_threads_percent);
bool record_times(const struct bench *bench, unsigned int index,
		  const struct bench_variant *variant, const struct bench_work *work,
		  const struct bench_times *times);

/*
 * workers.c: @threads threads, the caller one of them, that exist before they are needed, so
 * that starting them is not timed. workers_run() calls @fn once in each, with its number.
 */
void workers_start(unsigned int threads);
void workers_run(void (*fn)(unsigned int thread));

/*
 * Call @fn for parts of [first, end) on @threads threads, as padata does it: four
 * parts per thread, taken by idle threads, borders on multiples of @align.
 */
void parallel(unsigned int threads, unsigned long first, unsigned long end,
	      unsigned long align, void (*fn)(unsigned long from, unsigned long to));

/*
 * Work of two threads in the time that one takes for its share, in percent: 200
 * on two idle CPUs, 100 where the machine or its host has only one to spare.
 */
unsigned int parallel_percent(void);

/**
 * extrapolate - Measure as much as fits in a time, and extend it.
 * @time_n:   Nanoseconds that the first @n operations take.
 * @n:        How many there are.
 * @limit_ns: No measurement is begun that is likely to take longer.
 * @estimate: Filled in; @measured_n is 0 when all was measured.
 *
 * The time is taken for a power of the number, fitted to the last measurements but at
 * least the first and at most the second: what is extended is quadratic at worst, and more
 * than that is what caches do to short runs.
 */
void extrapolate(uint64_t (*time_n)(unsigned long n), unsigned long n, uint64_t limit_ns,
		    struct bench_estimate *estimate);

/* limit.c: memory as fast as it goes. The sum is what keeps the compiler from leaving it out. */
uint64_t stream_read(const void *p, size_t size);

/* No cache has any of it afterwards. */
void stream_flush(const void *p, size_t size);

/* random.c: repeatable, from bench_options.seed */
unsigned long bench_random(unsigned long below);
uint64_t bench_hash(uint64_t x);

#endif /* BENCH_H */
