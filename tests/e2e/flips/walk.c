// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find the structures. The kernel has just written them, so one that is not valid is a fault of
 * this program, and ends it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libfdt.h>
#include <linux/bitmap.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/kho/abi/kexec_metadata.h>
#include <linux/kho/abi/kho_checksum.h>
#include <linux/kho/abi/kho_timeline.h>
#include <linux/kho/abi/kho_tsc.h>
#include <linux/kho/abi/luo.h>
#include <linux/kho/abi/memfd.h>

#include "flips.h"
#include "../kmod/manifest.h"

static const char *const place_names[NR_PLACES] = {
	[PLACE_FDT]	 = "fdt",	[PLACE_TABLE]	 = "table",
	[PLACE_LEAF]	 = "leaf",	[PLACE_METADATA] = "metadata",
	[PLACE_TIMELINE] = "timeline",	[PLACE_TSC]	 = "tsc",
	[PLACE_CLIENT]	 = "client",	[PLACE_LUO]	 = "luo",
	[PLACE_SESSIONS] = "sessions",	[PLACE_FILES]	 = "files",
	[PLACE_FLBS]	 = "flbs",	[PLACE_MEMFD]	 = "memfd",
	[PLACE_CHUNK]	 = "chunk",	[PLACE_RECORDS]	 = "records",
	[PLACE_CHECKSUM] = "checksum",	[PLACE_DATA]	 = "data",
};

const char *place_name(enum place_kind kind)
{
	return place_names[kind];
}

static void *at(const struct memory *m, u64 pa, u64 len)
{
	if (!pa || pa % 8 || pa >= m->size || len > m->size - pa) {
		fprintf(stderr, "flips: no structure of %llu bytes at %#llx\n",
			(unsigned long long)len, (unsigned long long)pa);
		exit(1);
	}
	return m->bytes + pa;
}

static void *add(struct memory *m, enum place_kind kind, u64 pa, u64 len)
{
	void *bytes = at(m, pa, len);

	m->places = realloc(m->places, (m->nr + 1) * sizeof(*m->places));
	m->places[m->nr++] = (struct place){ kind, pa, len };
	return bytes;
}

static void walk_tree(struct memory *m, u64 pa, unsigned int level)
{
	struct kho_radix_node *node;
	size_t i;

	node = add(m, level ? PLACE_TABLE : PLACE_LEAF, pa, PAGE_SIZE);
	for (i = 0; level && i < 1 << KHO_TABLE_SIZE_LOG2; i++) {
		if (node->table[i])
			walk_tree(m, node->table[i], level - 1);
	}
}

/* The entries are records of memfds, or data. */
static void walk_vmalloc(struct memory *m, struct kho_vmalloc v, enum place_kind kind)
{
	u64 pa = v.first.phys;
	size_t i;

	while (pa) {
		const struct kho_vmalloc_chunk *chunk = add(m, PLACE_CHUNK, pa, PAGE_SIZE);

		for (i = 0; i < KHO_VMALLOC_SIZE && chunk->phys[i]; i++)
			add(m, kind, chunk->phys[i], PAGE_SIZE << v.order);
		pa = chunk->hdr.next.phys;
	}
}

static void walk_memfd(struct memory *m, u64 pa)
{
	const struct memfd_luo_ser *ser = add(m, PLACE_MEMFD, pa, sizeof(*ser));
	size_t before = m->nr, i, k;

	walk_vmalloc(m, ser->folios, PLACE_RECORDS);
	for (i = before, before = m->nr; i < before; i++) {
		const struct memfd_luo_folio_ser *records = at(m, m->places[i].pa, PAGE_SIZE);

		if (m->places[i].kind != PLACE_RECORDS)
			continue;
		for (k = 0; k < PAGE_SIZE / sizeof(*records); k++)
			if (records[k].pfn)
				add(m, PLACE_DATA, records[k].pfn << PAGE_SHIFT, PAGE_SIZE);
	}
}

/* A chain of blocks with records of @size bytes */
static void walk_blocks(struct memory *m, enum place_kind kind, u64 pa, u64 size,
			void (*each)(struct memory *m, const void *record))
{
	while (pa) {
		const struct kho_block_header_ser *block = at(m, pa, sizeof(*block));
		u64 i;

		add(m, kind, pa, sizeof(*block) + block->count * size);
		for (i = 0; i < block->count; i++)
			each(m, (const u8 *)(block + 1) + i * size);
		pa = block->next;
	}
}

static void walk_file(struct memory *m, const void *record)
{
	const struct luo_file_ser *file = record;

	if (!strcmp(file->compatible, MEMFD_LUO_FH_COMPATIBLE))
		walk_memfd(m, file->data);
}

static void walk_session(struct memory *m, const void *record)
{
	const struct luo_session_ser *session = record;

	walk_blocks(m, PLACE_FILES, session->file_set_ser.files, sizeof(struct luo_file_ser),
		    walk_file);
}

static void walk_luo(struct memory *m, u64 pa)
{
	const struct luo_ser *luo = add(m, PLACE_LUO, pa, sizeof(*luo));
	const struct luo_flb_header_ser *flbs;

	walk_blocks(m, PLACE_SESSIONS, luo->sessions_pa, sizeof(struct luo_session_ser),
		    walk_session);
	flbs = at(m, luo->flbs_pa, sizeof(*flbs));
	add(m, PLACE_FLBS, luo->flbs_pa,
	    sizeof(*flbs) + flbs->count * sizeof(struct luo_flb_ser));
}

static void walk_client(struct memory *m, u64 pa)
{
	const struct manifest_ser *manifest = at(m, pa, sizeof(*manifest));
	u64 i;

	add(m, PLACE_CLIENT, pa, sizeof(*manifest) + manifest->nr_sets * sizeof(manifest->sets[0]));
	for (i = 0; i < manifest->nr_sets; i++)
		walk_vmalloc(m, manifest->sets[i].vmalloc, PLACE_DATA);
}

static void walk_checksums(struct memory *m, u64 pa)
{
	const struct kho_checksum_ser *sums = at(m, pa, sizeof(*sums));

	add(m, PLACE_CHECKSUM, pa, sizeof(*sums) + sums->nr * sizeof(sums->sums[0]));
}

static void walk_blob(struct memory *m, const char *name, u64 pa, u64 len)
{
	if (!strcmp(name, LUO_KHO_ENTRY_NAME))
		walk_luo(m, pa);
	else if (!strcmp(name, MANIFEST_SUBTREE))
		walk_client(m, pa);
	else if (!strcmp(name, KHO_TIMELINE_NODE_NAME))
		add(m, PLACE_TIMELINE, pa, len);
	else if (!strcmp(name, KHO_TSC_NODE_NAME))
		add(m, PLACE_TSC, pa, len);
	else if (!strcmp(name, KHO_METADATA_NODE_NAME))
		add(m, PLACE_METADATA, pa, len);
	else if (!strcmp(name, KHO_CHECKSUM_NODE_NAME))
		walk_checksums(m, pa);
}

static u64 fdt_u64(const void *fdt, int node, const char *name)
{
	int len;
	const u64 *value = fdt_getprop(fdt, node, name, &len);

	return value && len == sizeof(*value) ? *value : 0;
}

void walk(struct memory *m, u64 fdt_pa)
{
	const void *fdt = at(m, fdt_pa, PAGE_SIZE);
	int node;

	add(m, PLACE_FDT, fdt_pa, fdt_totalsize(fdt));
	walk_tree(m, fdt_u64(fdt, 0, KHO_FDT_MEMORY_MAP_PROP_NAME), KHO_TREE_MAX_DEPTH - 1);
	fdt_for_each_subnode(node, fdt, 0)
		walk_blob(m, fdt_get_name(fdt, node, NULL),
			  fdt_u64(fdt, node, KHO_SUB_TREE_PROP_NAME),
			  fdt_u64(fdt, node, KHO_SUB_TREE_SIZE_PROP_NAME));
}
