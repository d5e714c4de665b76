/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: areas that a test declares. */
#ifndef SHIM_CMA_H
#define SHIM_CMA_H

struct cma_memrange {
	unsigned long	base_pfn, count;
};

struct cma {
	char			name[16];
	int			nranges;
	struct cma_memrange	ranges[2];
};

extern struct cma cma_areas[2];
extern unsigned int cma_area_count;

#endif /* SHIM_CMA_H */
