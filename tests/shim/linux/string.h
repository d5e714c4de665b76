/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: strscpy() that fills an array, otherwise libc's. */
#ifndef SHIM_STRING_H
#define SHIM_STRING_H

#include <stdio.h>
#include <string.h>

#define strscpy(dst, src)	snprintf((dst), sizeof(dst), "%s", (src))

#endif /* SHIM_STRING_H */
