/* SPDX-License-Identifier: GPL-2.0-only */
/* Claiming all that a machine has preserved. */
#ifndef CLAIM_H
#define CLAIM_H

#include <stdbool.h>

/* False: a folio was not given out. */
bool claim_all(void);

#endif /* CLAIM_H */
