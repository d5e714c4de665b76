/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Obstacles: why a tool cannot see a kernel's live update, and the way out.
 *
 * A function whose name begins with why_ returns NULL if nothing is in the way, or one line
 * without a newline: what is missing, the reason as far as the kernel tells it, and what to do.
 * The line is valid until the thread's next call of any of them.
 */
#ifndef OBSTACLE_H
#define OBSTACLE_H

#include <stdbool.h>
#include <stdint.h>

#define DEBUGFS		"/sys/kernel/debug"
#define KHO_DIR		DEBUGFS "/kho"

const char *because(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

const char *why_no_debugfs(void);
const char *why_no_kho(void);
const char *why_no_kho_files(void);
const char *why_no_luo(void);
const char *why_no_luo_device(int err);
const char *why_no_kcore(int err);
const char *why_no_address(const char *name);

/* The mode of the lockdown LSM, or NULL: not in the kernel, or not to be seen. */
const char *lockdown_mode(void);
bool has_capability(int cap);
/* Whether root of this process is root of the host. */
bool is_of_host(void);
/* 0, -ENOENT if there is none, or -errno; *@address is 0 then, and where the kernel hides it. */
int symbol_find(const char *name, uint64_t *address);

#endif /* OBSTACLE_H */
