/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests that libluo does not make */
#ifndef LUO_RAW_H
#define LUO_RAW_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

/* A valid request of the kind */
struct luo_request {
	unsigned int cmd;
	uint32_t size;
};

/* Options of the step require a raw request. */
bool luo_raw_wanted(const struct step *step);

/*
 * Make the request with the options of the step (tests/e2e/README.md). @fd2 is the file,
 * or 0, and then the kernel's reply. Returns 0 or a negative errno.
 */
int luo_raw(const struct step *step, const struct luo_request *request, int fd, int32_t *fd2);

#endif /* LUO_RAW_H */
