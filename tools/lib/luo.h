/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libluo: the ioctls of the Live Update Orchestrator as functions.
 *
 * Descriptors are those of the kernel, opened with O_CLOEXEC; the library keeps
 * nothing of its own, so every function may be called from any thread.  All return
 * a negative errno on failure and leave errno itself alone.
 *
 * Kernel headers that know the live update are needed to build the library, not
 * to use it.
 */
#ifndef LUO_H
#define LUO_H

#include <stdint.h>

#define LUO_DEVICE	"/dev/liveupdate"
/* Of a session's name, with the 0 at its end. */
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
