/* SPDX-License-Identifier: GPL-2.0-only */
/* Sessions of the live update orchestrator.  All return -1 and set errno. */
#ifndef LUO_H
#define LUO_H

#include <stdint.h>

/* A session exists as long as its descriptor: keep it open until the kexec. */
int luo_session_create(const char *name);
int luo_session_retrieve(const char *name);
int luo_session_finish(int session);

int luo_file_preserve(int session, int fd, uint64_t token);
int luo_file_retrieve(int session, uint64_t token);

#endif /* LUO_H */
