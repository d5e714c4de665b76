/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Obstacles: reasons why a kernel's live update is not visible to a tool.
 *
 * Functions why_...() return NULL if there is no obstacle, or one line: what is missing, the
 * reason as far as the kernel tells it, and what to do. It is valid until the thread's next call
 * of one of them or of because().
 */
#ifndef OBSTACLE_H
#define OBSTACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define DEBUGFS		"/sys/kernel/debug"
#define KHO_DIR		DEBUGFS "/kho"
#define LUO_DIR		"/sys/kernel/liveupdate"

/* Makes a reason; no argument may be one. */
const char *because(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

const char *why_no_debugfs(void);
const char *why_no_kho(void);
const char *why_no_kho_files(void);
const char *why_no_luo(void);
const char *why_no_luo_device(int err);		/* positive errno of opening it */
const char *why_no_kcore(int err);		/* positive errno of opening or reading it */
const char *why_no_address(const char *symbol);

/* none, integrity or confidentiality; NULL: no such LSM, or securityfs is not readable. */
const char *lockdown_mode(void);
bool has_capability(int cap);			/* effective, CAP_... */
bool is_of_host(void);				/* not in a user namespace */
/* Process that has /dev/liveupdate open, or 0; @denied: how many processes are not accessible */
pid_t luo_device_holder(size_t *denied);
/* Address of a symbol of vmlinux, 0 if it is hidden. -ENOENT: no such symbol; other errno */
int symbol_find(const char *name, uint64_t *address);

#endif /* OBSTACLE_H */
