/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: a pthread mutex. */
#ifndef SHIM_MUTEX_TYPES_H
#define SHIM_MUTEX_TYPES_H

#include <pthread.h>

struct mutex {
	pthread_mutex_t lock;
};

#define __MUTEX_INITIALIZER(name)	{ PTHREAD_MUTEX_INITIALIZER }
#define DEFINE_MUTEX(name)		struct mutex name = __MUTEX_INITIALIZER(name)
#define mutex_init(m)			pthread_mutex_init(&(m)->lock, NULL)

#endif /* SHIM_MUTEX_TYPES_H */
