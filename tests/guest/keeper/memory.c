// SPDX-License-Identifier: GPL-2.0-only
/* The memory of a guest, as it is in the memfd. */
#include <string.h>
#include <unistd.h>

#include "keeper.h"

/* Fails beyond the end of memory only; what is read is zero then. */
void memory_read(const struct guest *guest, void *to, size_t len, uint64_t at)
{
	if (pread(guest->memory, to, len, at) == (ssize_t)len)
		return;
	fail_errno("%s: reading its memory at %#llx", guest->name, (unsigned long long)at);
	memset(to, 0, len);
}

/* Only what the guest has touched: reading a hole would allocate it. */
void memory_each_page(const struct guest *guest, page_fn *fn, void *arg)
{
	off_t at = 0, end;

	while ((at = lseek(guest->memory, at, SEEK_DATA)) >= 0) {
		end = lseek(guest->memory, at, SEEK_HOLE);
		for (; at < end; at += STAMPS_PAGE)
			if (fn(guest, at, arg))
				return;
	}
}
