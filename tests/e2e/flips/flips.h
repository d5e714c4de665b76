/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Structures that one kernel leaves to the next one, in the saved memory of a guest.
 */
#ifndef FLIPS_H
#define FLIPS_H

#include <linux/types.h>

/* What a structure is; see place_names in walk.c. */
enum place_kind {
	PLACE_FDT, PLACE_TABLE, PLACE_LEAF, PLACE_METADATA, PLACE_TIMELINE, PLACE_TSC, PLACE_CLIENT,
	PLACE_LUO, PLACE_SESSIONS, PLACE_FILES, PLACE_FLBS, PLACE_MEMFD, PLACE_CHUNK, PLACE_RECORDS,
	PLACE_CHECKSUM, PLACE_DATA, NR_PLACES
};

/**
 * struct place - A structure.
 * @kind: What it is.
 * @pa:   Physical address.
 * @len:  Bytes that are in use.
 */
struct place {
	enum place_kind	kind;
	u64		pa;
	u64		len;
};

/**
 * struct memory - Memory of a guest.
 * @bytes:  All of it, from address 0 on.
 * @size:   Bytes.
 * @places: Structures in it.
 * @nr:     Number of structures.
 */
struct memory {
	u8		*bytes;
	u64		size;
	struct place	*places;
	size_t		nr;
};

const char *place_name(enum place_kind kind);
/* Find all structures, from the root FDT on. Ends the program when one is not valid. */
void walk(struct memory *m, u64 fdt_pa);

#endif /* FLIPS_H */
