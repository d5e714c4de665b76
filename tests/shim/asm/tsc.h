/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: a tick is a nanosecond. */
#define tsc_khz	1000000U
