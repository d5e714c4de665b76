/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame of the native benchmarks: one per file, one runner.
 *
 *   main.c      the command line; a process per case, so that each case finds the
 *               static data of the kernel code untouched
 *   runner.c    set-up, warm-up, check and repetitions of one case
 *   record.c    the JSON Lines
 *   table.c     the table
 *   parallel.c  a range split between threads
 *   random.c    numbers from a seed
 *
 * On the project's sources, over shim/ before tests/shim:
 *   finish.c, claim.c   benchmarks
 *   machine.c, check.c  what they run on, and whether it came out right
 *   stock.c             the same work in stock's order
 *
 * On the kernel's mm/memblock.c, over memblock/ and the kernel's own shims for it:
 *   regions.c       benchmark
 *   small_worlds.c  its check
 *   free_from.c     stands in for a file of the project
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_MAX_REPS	100

/* What the command line says; read only once main() has seen it. */
struct bench_options {
	unsigned long	memory_gib;	/* that is preserved */
	unsigned int	reps;
	unsigned int	limit_s;	/* for the repetitions of one case */
	unsigned long	seed;
	const char	*output;
};

extern struct bench_options bench_options;

/**
 * struct bench_variant - One way to do what a benchmark measures.
 * @name:    What it is.
 * @threads: How many run.
 * @spoil:   Called before the first run, so that @verify cannot take what another
 *           variant did for the work of this one; may be NULL.
 * @reset:   Called before each run, not timed; may be NULL.
 * @run:     The only timed part.
 * @verify:  Called after the first run, which is the warm-up: false when what was
 *           done is wrong, and then there is no number. May be NULL.
 */
struct bench_variant {
	const char	*name;
	unsigned int	threads;
	void		(*spoil)(void);
	void		(*reset)(void);
	void		(*run)(unsigned int threads);
	bool		(*verify)(void);
};

/* What one run does: @n operations that write @bytes in all (0: not what counts). */
struct bench_work {
	unsigned long	n;
	unsigned long	bytes;
};

/**
 * struct bench - A benchmark.
 * @name:      As on the command line.
 * @unit:      What one operation is.
 * @case_name: The name of a case, NULL past the last one.
 * @setup:     Prepare a case. What it made goes with the process.
 * @variants:  Run in turns. The first with as many threads is what a variant is
 *             compared with.
 * @nr_variants: How many.
 */
struct bench {
	const char			*name;
	const char			*unit;
	const char			*(*case_name)(unsigned int index);
	struct bench_work		(*setup)(unsigned int index);
	const struct bench_variant	*variants;
	unsigned int			nr_variants;
};

/* One per file. */
extern const struct bench bench_finish, bench_claim, bench_regions;

/* All times of one variant. */
struct bench_times {
	uint64_t	ns[BENCH_MAX_REPS];
	unsigned int	nr;
};

/* runner.c */
int bench_run_case(const struct bench *bench, unsigned int index);

/* record.c: each returns false when the file cannot be written */
bool record_env(const char *program, unsigned int two_threads_percent);
bool record_times(const struct bench *bench, unsigned int index,
		  const struct bench_variant *variant, const struct bench_work *work,
		  const struct bench_times *times);

/* table.c */
void table_head(const struct bench *bench);
void table_case(const struct bench *bench, unsigned int index,
		const struct bench_work *work, struct bench_times *times);

/*
 * Call @fn for parts of [first, end) on @threads threads, as padata does it: four
 * parts per thread, taken by whoever is free, borders on multiples of @align.
 */
void parallel(unsigned int threads, unsigned long first, unsigned long end,
	      unsigned long align, void (*fn)(unsigned long from, unsigned long to));

/*
 * What two threads get done in the time that one takes for its share, in percent: 200
 * on two idle CPUs, 100 where the machine or its host has only one to spare.
 */
unsigned int parallel_percent(void);

/* random.c: repeatable, from bench_options.seed */
unsigned long bench_random(unsigned long below);

#endif /* BENCH_H */
