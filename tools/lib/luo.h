/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libluo: the ioctls of the Live Update Orchestrator as functions.
 *
 * Descriptors are the kernel's, with O_CLOEXEC. The library has no state, so that all functions
 * are thread safe. They return a negative errno on failure and leave errno itself alone.
 *
 * It is built with kernel headers that have live update; programs need none.
 */
#ifndef LUO_H
#define LUO_H

#include <stdint.h>

#define LUO_DEVICE	"/dev/liveupdate"
/* Size of a session's name, with its 0 */
#define LUO_NAME_SIZE	64

int luo_open(void);
int luo_close(int fd);

int luo_session_create(int device, const char *name);
int luo_session_retrieve(int device, const char *name);
int luo_session_name(int session, char name[LUO_NAME_SIZE]);
int luo_session_finish(int session);

int luo_preserve(int session, int fd, uint64_t token);
int luo_retrieve(int session, uint64_t token);

int luo_ioctl(int fd, unsigned int cmd, void *arg);

#endif /* LUO_H */
