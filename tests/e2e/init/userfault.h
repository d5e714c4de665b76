/* SPDX-License-Identifier: GPL-2.0-only */
/* Page faults that nothing answers */
#ifndef USERFAULT_H
#define USERFAULT_H

#define USERFAULT_BYTES	4096

/*
 * Let a fault of @page, which was never touched, or a write to it, which was, wait for
 * ever. Returns 0, or -1 with errno.
 */
int userfault_on_read(void *page);
int userfault_on_write(void *page);

#endif /* USERFAULT_H */
