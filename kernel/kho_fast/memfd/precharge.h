/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Charging memory that is added later.
 */
#ifndef _KERNEL_KHO_FAST_MEMFD_PRECHARGE_H
#define _KERNEL_KHO_FAST_MEMFD_PRECHARGE_H

struct mem_cgroup;
struct obj_cgroup;

/**
 * struct kho_fast_precharge - Pages that are charged in advance.
 * @objcg: Stands for the memory cgroup, also when that is removed; NULL if
 *         there are none.
 */
struct kho_fast_precharge {
	struct obj_cgroup	*objcg;
};

/**
 * struct kho_fast_precharge_scope - A task that adds what was charged.
 * @memcg:     The memory cgroup that is charged instead of that of the task.
 * @old:       What the task had as such.
 * @over_high: What the task has to slow down for, in pages.
 */
struct kho_fast_precharge_scope {
	struct mem_cgroup	*memcg;
	struct mem_cgroup	*old;
	unsigned int		over_high;
};

#ifdef CONFIG_MEMCG

int kho_fast_precharge(struct kho_fast_precharge *charge, unsigned long pages);
void kho_fast_precharge_return(struct kho_fast_precharge *charge,
			       unsigned long pages);
void kho_fast_precharge_put(struct kho_fast_precharge *charge);
void kho_fast_precharge_enter(const struct kho_fast_precharge *charge,
			      struct kho_fast_precharge_scope *scope);
void kho_fast_precharge_leave(const struct kho_fast_precharge_scope *scope);

#else /* !CONFIG_MEMCG */

static inline int kho_fast_precharge(struct kho_fast_precharge *charge,
				     unsigned long pages)
{
	return 0;
}

static inline void kho_fast_precharge_return(struct kho_fast_precharge *charge,
					     unsigned long pages) { }

static inline void
kho_fast_precharge_put(struct kho_fast_precharge *charge) { }

static inline void
kho_fast_precharge_enter(const struct kho_fast_precharge *charge,
			 struct kho_fast_precharge_scope *scope) { }

static inline void
kho_fast_precharge_leave(const struct kho_fast_precharge_scope *scope) { }

#endif /* CONFIG_MEMCG */

#endif /* _KERNEL_KHO_FAST_MEMFD_PRECHARGE_H */
