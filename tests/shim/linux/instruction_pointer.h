/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: the return address only. */
#define _RET_IP_	((unsigned long)__builtin_return_address(0))
