/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines for the host, on the second serial port */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdint.h>

void verdict_open(int stage);
void verdict_ok(const char *step);
void verdict_fail(const char *step, const char *why);
/* A step that may fail has failed. */
void verdict_lost(const char *step, const char *why);
void verdict_kv(const char *key, uint64_t value);
/* "key=value ...", one pair per line; other text becomes a '#' line */
void verdict_text(const char *text);
void verdict_done(void);
/* Wait until all has been sent. */
void verdict_flush(void);

#endif /* VERDICT_H */
