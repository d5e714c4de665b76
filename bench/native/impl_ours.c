// SPDX-License-Identifier: GPL-2.0-only
/* Where our tree is. */
#include "outgoing/outgoing.h"

#include "impl.h"

uint64_t impl_root(void)
{
	return kho_fast_outgoing_root();
}
