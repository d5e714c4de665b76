/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: there are no stacks to look at. */
