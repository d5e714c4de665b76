/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests that libluo would not make. */
#ifndef LUO_RAW_H
#define LUO_RAW_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

/* What a good request of the kind would be. */
struct luo_request {
	unsigned int cmd;
	uint32_t size;
};

/* Has the step options that only a raw request can follow? */
bool luo_raw_wanted(const struct step *step);

/*
 * The request, with the options of the step applied: see tests/e2e/README.md.  @fd2 is
 * the file, or 0.  Returns 0 or a negative errno; @fd2 is what the kernel wrote back.
 */
int luo_raw(const struct step *step, const struct luo_request *request, int fd, int32_t *fd2);

#endif /* LUO_RAW_H */
