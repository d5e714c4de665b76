/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: free memory is what the test says. */
#ifndef SHIM_VMSTAT_H
#define SHIM_VMSTAT_H

enum zone_stat_item { NR_FREE_PAGES, NR_FREE_CMA_PAGES };

extern long shim_nr_free_pages;
#define global_zone_page_state(item)	((item) == NR_FREE_PAGES ? shim_nr_free_pages : 1)
#define setup_per_zone_wmarks()		do { } while (0)

#endif /* SHIM_VMSTAT_H */
