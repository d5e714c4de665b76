// SPDX-License-Identifier: GPL-2.0-only
/*
 * The root FDT of a handover: where the tree of preserved memory is, and the records of the
 * subsystems. The names are those of include/linux/kho/abi/kexec_handover.h.
 *
 * debugfs of stock shows as many bytes of it as it had at boot, without later records and the
 * names of properties, and nothing in a kernel that was started by a live update. Stock's
 * variable kho_out has the address of all of it.
 */
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

#define COMPATIBLE	"kho-v4"
#define MAP		"preserved-memory-map"
#define DATA		"preserved-data"
#define SIZE		"blob-size"
/* Both kernels use one page. */
#define MAX_FDT		(16 * PAGE_BYTES)

static bool read_u64(const void *fdt, int node, const char *name, uint64_t *to)
{
	int len;
	const void *v = fdt_getprop(fdt, node, name, &len);

	if (v && len == sizeof(*to))
		memcpy(to, v, sizeof(*to));
	return v && len == sizeof(*to);
}

/* Without names of properties: "compatible" is the first, the tree the only number. */
static bool guess_root(const void *fdt, uint64_t *root)
{
	int at = fdt_first_property_offset(fdt, 0), len;
	const struct fdt_property *p = fdt_get_property_by_offset(fdt, at, &len);

	if (!p || len != sizeof(COMPATIBLE) || memcmp(p->data, COMPATIBLE, len))
		return false;
	at = fdt_next_property_offset(fdt, at);
	p = at < 0 ? NULL : fdt_get_property_by_offset(fdt, at, &len);
	if (!p || len != sizeof(*root))
		return false;
	memcpy(root, p->data, sizeof(*root));
	return true;
}

static void add_records(struct handover *h)
{
	int node;

	fdt_for_each_subnode(node, h->fdt, 0) {
		struct record r = { .name = fdt_get_name(h->fdt, node, NULL) };

		if (!r.name || !read_u64(h->fdt, node, DATA, &r.phys) ||
		    !read_u64(h->fdt, node, SIZE, &r.size))
			continue;
		h->records = array_grow(h->records, h->nr, sizeof(r));
		h->records[h->nr++] = r;
	}
}

static const char *parse(struct handover *h)
{
	if (h->cut)
		return guess_root(h->fdt, &h->root) ? NULL :
		       "ends before the address of the tree";
	if (fdt_node_check_compatible(h->fdt, 0, COMPATIBLE))
		return "is not of format " COMPATIBLE ", the only known one";
	if (!read_u64(h->fdt, 0, MAP, &h->root))
		return "has no usable '" MAP "'";
	add_records(h);
	return NULL;
}

const char *handover_parse(struct handover *h, const void *fdt, size_t len)
{
	const char *wrong;
	size_t total;

	*h = (struct handover){ 0 };
	if (len < sizeof(struct fdt_header) || fdt_magic(fdt) != FDT_MAGIC)
		return "is not an FDT";
	total = fdt_totalsize(fdt);
	if (total > MAX_FDT)
		return "is an FDT of an impossible size";
	h->cut = total > len;
	h->fdt = checked(calloc(1, total > len ? total : len));
	memcpy(h->fdt, fdt, len);
	wrong = fdt_check_header(h->fdt) ? "is not a valid FDT" : parse(h);
	if (wrong) {
		free(h->fdt);
		h->fdt = NULL;
	}
	return wrong;
}

/* Stock's struct kho_out begins with a pointer to the FDT. NULL, or why it is not readable. */
static const char *read_kho_out(struct handover *h, const struct image *img)
{
	const char *why = why_no_address("kho_out");
	char page[PAGE_BYTES];
	uint64_t at, fdt;

	if (!img)
		return "it takes /proc/kcore";
	if (why)
		return why;
	if (symbol_find("kho_out", &at) || !image_read(img, at, true, &fdt, sizeof(fdt)) ||
	    !image_read(img, fdt, true, page, sizeof(page)))
		return "kho_out, or what it points to, is not in /proc/kcore";
	return handover_parse(h, page, sizeof(page)) ? "kho_out does not point to an FDT" : NULL;
}

/* @dir: "out" or "in"; @img: memory of this kernel, or NULL. */
const char *handover_read(struct handover *h, const char *dir, const struct image *img)
{
	const char *wrong, *why;
	struct handover whole;
	char path[64], *fdt;
	size_t len;

	*h = (struct handover){ 0 };
	snprintf(path, sizeof(path), KHO_DIR "/%s/fdt", dir);
	fdt = file_text(file_open(path), &len);
	wrong = fdt ? handover_parse(h, fdt, len) : strerror(errno);
	if ((!fdt || (!wrong && h->cut)) && !strcmp(dir, "out")) {
		why = read_kho_out(&whole, img);
		if (!why) {
			free(h->fdt);
			*h = whole;
		} else {
			h->why_cut = text_dup(why);
		}
		wrong = fdt ? NULL : why;
	}
	free(fdt);
	return wrong;
}
