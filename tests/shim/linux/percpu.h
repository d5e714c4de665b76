/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: per thread, so a thread is a task that never moves to another CPU. */
#ifndef SHIM_PERCPU_H
#define SHIM_PERCPU_H

#define DECLARE_PER_CPU(type, name)	extern __thread type name
#define DEFINE_PER_CPU(type, name)	__thread type name
#define this_cpu_ptr(p)			(p)
#define per_cpu(var, cpu)		(*({ (void)(cpu); &(var); }))
#define for_each_possible_cpu(cpu)	for ((cpu) = 0; (cpu) < 1; (cpu)++)

#endif /* SHIM_PERCPU_H */
