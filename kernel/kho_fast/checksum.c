// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Checksums of what is handed over
 *
 * All that is read from the previous kernel is checked, but a flipped bit can
 * make a valid address or a valid key of another one: then memory is lost, or a
 * file gets the pages of another one, without an error. So a kernel hands
 * checksums of its metadata over. The next kernel verifies those that it finds,
 * whatever its own command line says. A list of several pages is read first and
 * restored only when its checksum matches: an address that is bad, but valid,
 * is that of another owner's memory, which restoring would take away.
 *
 * What a checksum is of, when it is computed and who verifies it:
 *
 * - Root FDT: at the jump, when no CPU and no device changes it any more, see
 *   outgoing/checksum.c; before the tree is read, see incoming/checksum.c.
 * - Records of LUO: in the freeze; when they are restored (luo/).
 * - Description of a memfd: in the freeze; when it is retrieved (memfd/).
 * - Entries of a vmalloc area: when it is preserved; when it is restored
 *   (vmalloc.c).
 *
 * These do not grow with preserved folios. With kho_checksum=on there are also
 * those of what does:
 *
 * - Pages of the tree: at the jump; while the tree is read.
 * - Records of the folios of a memfd: when it is preserved; when it is
 *   retrieved.
 *
 * Not covered are the contents of preserved memory and what clients write to
 * their blobs, the list of scratch areas, and the records of the timeline and
 * of the TSC, whose readers check them for plausibility.
 *
 * xxh64() runs in plain C before CPU features are known, and a change within
 * one word always changes it.
 *
 * Lock order: none.
 */
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kstrtox.h>
#include <linux/string.h>
#include <linux/xxhash.h>

#include "checksum.h"

static bool kho_sums_records __ro_after_init = true;
static bool kho_sums_all __ro_after_init;

static int __init kho_checksum_param(char *arg)
{
	bool all = false, records = true;
	int err = 0;

	if (!arg || strcmp(arg, "records")) {
		err = kstrtobool(arg, &all);
		records = all;
	}
	if (err)
		return err;

	kho_sums_all = all;
	kho_sums_records = records;
	return 0;
}
early_param("kho_checksum", kho_checksum_param);

/**
 * kho_fast_checksum_writes - Does this kernel hand checksums over?
 *
 * Context: any, after early parameters are parsed.
 * Return: false with kho_checksum=off.
 */
bool kho_fast_checksum_writes(void)
{
	return kho_sums_records;
}

/**
 * kho_fast_checksum_writes_all - Also those of what grows with memory?
 *
 * Context: any, after early parameters are parsed.
 * Return: true with kho_checksum=on.
 */
bool kho_fast_checksum_writes_all(void)
{
	return kho_sums_all;
}

/**
 * kho_fast_sum - Compute a checksum.
 * @mem:  Memory.
 * @size: Its size in bytes.
 * @seed: Seed.
 *
 * Context: any, from early boot on.
 * Return: the checksum.
 */
u64 kho_fast_sum(const void *mem, size_t size, u64 seed)
{
	return xxh64(mem, size, seed);
}

/**
 * kho_fast_seal - Seal a page that is handed over.
 * @page: The page; its last word is not in use.
 * @used: Bytes that are in use, from the start of the page. Others are not
 *        sealed: most pages have a few hundred.
 *
 * Does nothing unless checksums are handed over. The page must not change any
 * more.
 *
 * Context: any.
 */
void kho_fast_seal(void *page, size_t used)
{
	if (kho_sums_records)
		((u64 *)page)[KHO_FAST_SEAL] =
			kho_fast_sum(page, used, virt_to_phys(page));
}

/**
 * kho_fast_seal_matches - Is a page as it was sealed?
 * @page: The page, or a copy of it.
 * @used: Bytes that were sealed, at most %KHO_FAST_SEALED_SIZE.
 * @phys: Its address.
 *
 * Context: any.
 * Return: true if so.
 */
bool kho_fast_seal_matches(const void *page, size_t used, phys_addr_t phys)
{
	return ((const u64 *)page)[KHO_FAST_SEAL] ==
	       kho_fast_sum(page, used, phys);
}
