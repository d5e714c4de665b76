/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: linux/tracepoint.h has made the events already. */
