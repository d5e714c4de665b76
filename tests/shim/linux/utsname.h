/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: one name space, one field. */
#ifndef SHIM_UTSNAME_H
#define SHIM_UTSNAME_H

#define __NEW_UTS_LEN	64

static const struct {
	struct { const char *release; } name;
} init_uts_ns = { { "7.3.0-shim" } };

#endif /* SHIM_UTSNAME_H */
