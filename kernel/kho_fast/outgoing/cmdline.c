// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Command line of the next kernel
 *
 * It can take away what the next kernel needs for a handover: kho=off and
 * liveupdate=off switch the reader off, mem= and memmap= (x86) make preserved
 * pages and scratch areas anything but RAM. memtest= writes over preserved
 * pages, since they are not reserved yet when it runs, and so does
 * memory_corruption_check_size= (x86) over those of low memory. It is known
 * when the image is loaded, so it is parsed then, in the way in which the next
 * kernel does.
 *
 * The memory map of mem= and memmap= is a set of ranges, which starts as all
 * memory. They change it in their order, but a range that is anything but RAM
 * (memmap=nn$ss, #, !) wins over RAM in any order. All that is before
 * memmap=exactmap is forgotten.
 *
 * Parameters that are built into the next kernel (CONFIG_CMDLINE, bootconfig)
 * are not known.
 *
 * Lifecycle: the command line of an image is kept until two more are loaded.
 *
 * Lock order: none; those of images are under the lock of kexec.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kexec.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cmdline.h"

#define KHO_LAST_PFN	(ULONG_MAX >> PAGE_SHIFT)

/* Types of entries of the memory map, as in memmap=nn%ss-from+to */
#define KHO_TYPE_RAM	1UL

static void kho_ram_insert(struct kho_fast_cmdline *cmdline, unsigned int nth,
			   struct kho_fast_pfn_range range)
{
	memmove(&cmdline->ram[nth + 1], &cmdline->ram[nth],
		(cmdline->nr_ram++ - nth) * sizeof(range));
	cmdline->ram[nth] = range;
}

static void kho_ram_delete(struct kho_fast_cmdline *cmdline, unsigned int nth)
{
	memmove(&cmdline->ram[nth], &cmdline->ram[nth + 1],
		(--cmdline->nr_ram - nth) * sizeof(cmdline->ram[0]));
}

/* Pages that are partly in [start, end) are no RAM any more. */
static void kho_ram_remove(struct kho_fast_cmdline *cmdline, u64 start, u64 end)
{
	const unsigned long from = PFN_DOWN(start);
	const unsigned long to = PFN_DOWN(end) + !PAGE_ALIGNED(end);
	unsigned int i = 0;

	while (i < cmdline->nr_ram) {
		struct kho_fast_pfn_range *range = &cmdline->ram[i];
		struct kho_fast_pfn_range above = { to, range->end };

		if (range->end <= from || to <= range->start) {
			i++;
			continue;
		}

		range->end = min(range->end, max(from, range->start));
		if (range->start >= range->end)
			kho_ram_delete(cmdline, i);
		else
			i++;
		if (above.start < above.end) {
			kho_ram_insert(cmdline, i, above);
			return;
		}
	}
}

/* Ranges that touch become one, as a preserved range may lie across both. */
static void kho_ram_add(struct kho_fast_cmdline *cmdline, u64 start, u64 end)
{
	struct kho_fast_pfn_range new = {
		PFN_DOWN(start) + !PAGE_ALIGNED(start), PFN_DOWN(end)
	};
	unsigned int i = 0;

	if (new.start >= new.end)
		return;

	while (i < cmdline->nr_ram && cmdline->ram[i].end < new.start)
		i++;
	while (i < cmdline->nr_ram && cmdline->ram[i].start <= new.end) {
		new.start = min(new.start, cmdline->ram[i].start);
		new.end = max(new.end, cmdline->ram[i].end);
		kho_ram_delete(cmdline, i);
	}
	kho_ram_insert(cmdline, i, new);
}

/**
 * struct kho_memmap - An item of memmap=.
 * @start: First byte.
 * @end:   One past the last byte.
 * @sign:  Character between size and address: what the range is made; 0 for
 *         none: all memory from @start on is removed.
 * @from:  With a sign of %, type of what is changed; 0 for any.
 * @to:    With a sign of %, type that it gets; 0 for none.
 */
struct kho_memmap {
	u64		start, end;
	char		sign;
	unsigned long	from, to;
};

static bool kho_memmap_parse(char *text, struct kho_memmap *item)
{
	char *end;
	u64 size = memparse(text, &end);

	*item = (struct kho_memmap){ size, ULLONG_MAX, *end };
	if (end == text)
		return false;
	if (!*end || !strchr("@#$!%", *end))
		item->sign = 0;
	if (!item->sign)
		return true;

	item->start = memparse(end + 1, &end);
	if (check_add_overflow(item->start, size, &item->end))
		item->end = ULLONG_MAX;
	if (item->sign == '%' && *end == '-')
		item->from = memparse(end + 1, &end);
	if (item->sign == '%' && *end == '+')
		item->to = memparse(end + 1, &end);

	return item->sign != '%' || !*end;
}

/* Apply what takes effect in the order of the items. */
static void kho_memmap_in_order(struct kho_fast_cmdline *cmdline,
				const struct kho_memmap *item)
{
	const bool ram_to_none = !item->to && item->from <= KHO_TYPE_RAM;
	const bool ram_to_other = item->to > KHO_TYPE_RAM &&
				  item->from == KHO_TYPE_RAM;

	if (item->sign == '@')
		kho_ram_add(cmdline, item->start, item->end);
	else if (!item->sign)
		kho_ram_remove(cmdline, item->start, item->end);
	else if (item->sign == '%' && !item->from && item->to == KHO_TYPE_RAM)
		kho_ram_add(cmdline, item->start, item->end);
	else if (item->sign == '%' && (ram_to_none || ram_to_other))
		kho_ram_remove(cmdline, item->start, item->end);
}

/* Apply what wins over RAM, whatever comes later. */
static void kho_memmap_at_last(struct kho_fast_cmdline *cmdline,
			       const struct kho_memmap *item)
{
	const bool added = item->sign == '%' && !item->from &&
			   item->to > KHO_TYPE_RAM;

	if (added || item->sign == '#' || item->sign == '$' ||
	    item->sign == '!')
		kho_ram_remove(cmdline, item->start, item->end);
}

static void kho_parse_exactmap(struct kho_fast_cmdline *cmdline, bool last)
{
	if (last) {
		cmdline->nr_exactmap--;
		return;
	}

	cmdline->nr_ram = 0;
	cmdline->nr_exactmap++;
}

static void kho_parse_memmap(struct kho_fast_cmdline *cmdline, char *value,
			     bool last)
{
	struct kho_memmap item;
	char *text;

	while ((text = strsep(&value, ","))) {
		if (!strncmp(text, "exactmap", strlen("exactmap"))) {
			cmdline->memmap = true;
			kho_parse_exactmap(cmdline, last);
			continue;
		}
		if (!kho_memmap_parse(text, &item))
			continue;

		cmdline->memmap = true;
		if (!last)
			kho_memmap_in_order(cmdline, &item);
		else if (!cmdline->nr_exactmap)
			kho_memmap_at_last(cmdline, &item);
	}
}

static void kho_parse_mem(struct kho_fast_cmdline *cmdline, char *value)
{
	char *end;
	u64 size = memparse(value, &end);

	/* As mem=nopentium */
	if (!size)
		return;

	cmdline->mem = true;
	kho_ram_remove(cmdline, size, ULLONG_MAX);
}

static void kho_parse_switch(enum kho_fast_switch *to, const char *value)
{
	bool on;

	if (!kstrtobool(value, &on))
		*to = on ? KHO_FAST_ON : KHO_FAST_OFF;
}

/* Without a value it is the number of all patterns. */
static void kho_parse_memtest(struct kho_fast_cmdline *cmdline,
			      const char *value)
{
	unsigned int nr;

	if (!value)
		cmdline->memtest = true;
	else if (!kstrtouint(value, 0, &nr))
		cmdline->memtest = nr;
}

/* As x86 does; a value that it does not understand changes nothing. */
static void kho_parse_corruption(struct kho_fast_cmdline *cmdline,
				 const char *name, char *value)
{
	unsigned long on;
	char *end;

	/* In names of parameters - and _ are equal. */
	if (parameq(name, "memory_corruption_check")) {
		if (!kstrtoul(value, 10, &on))
			cmdline->no_scan = !on;
	} else if (parameq(name, "memory_corruption_check_size")) {
		unsigned int size = memparse(value, &end);

		if (!*end)
			cmdline->scanned = size;
	}
}

static void kho_parse_memory(struct kho_fast_cmdline *cmdline,
			     const char *name, char *value, bool last)
{
	/* Elsewhere mem= does not count from 0, and memmap= is unknown. */
	if (!IS_ENABLED(CONFIG_X86))
		return;

	if (!strcmp(name, "mem") && !last)
		kho_parse_mem(cmdline, value);
	else if (!strcmp(name, "memmap"))
		kho_parse_memmap(cmdline, value, last);
	else
		kho_parse_corruption(cmdline, name, value);
}

/* Parameters are as in parse_args(). Values are overwritten. */
static void kho_parse(struct kho_fast_cmdline *cmdline, char *text, bool last)
{
	char *name, *value;

	text = skip_spaces(text);
	while (*text) {
		text = next_arg(text, &name, &value);
		if (!value && !strcmp(name, "--"))
			return;
		if (!strcmp(name, "memtest"))
			kho_parse_memtest(cmdline, value);
		if (!value)
			continue;

		if (!strcmp(name, "kho"))
			kho_parse_switch(&cmdline->kho, value);
		else if (!strcmp(name, "liveupdate"))
			kho_parse_switch(&cmdline->liveupdate, value);
		else
			kho_parse_memory(cmdline, name, value, last);
	}
}

static int kho_parse_copy(struct kho_fast_cmdline *cmdline, const char *text,
			  bool last)
{
	char *copy = kstrdup(text, GFP_KERNEL);

	if (!copy)
		return -ENOMEM;

	kho_parse(cmdline, copy, last);
	kfree(copy);
	return 0;
}

/**
 * kho_fast_cmdline_parse - Parse the command line of the next kernel.
 * @cmdline: Filled in; kho_fast_cmdline_destroy() frees it.
 * @text:    The command line. Values that the next kernel would not understand
 *           have no effect, as there.
 *
 * Context: process context, may sleep.
 * Return: 0; -ENOMEM, and nothing is to be freed.
 */
int kho_fast_cmdline_parse(struct kho_fast_cmdline *cmdline, const char *text)
{
	/* An item of two characters and a comma adds at most one range. */
	size_t max = strlen(text) / 3 + 2;
	int err;

	*cmdline = (struct kho_fast_cmdline){
		.ram = kvmalloc_array(max, sizeof(*cmdline->ram), GFP_KERNEL),
		.nr_ram = 1,
	};
	if (!cmdline->ram)
		return -ENOMEM;

	cmdline->ram[0] = (struct kho_fast_pfn_range){ 0, KHO_LAST_PFN };
	err = kho_parse_copy(cmdline, text, false);
	if (!err)
		err = kho_parse_copy(cmdline, text, true);
	if (err) {
		kho_fast_cmdline_destroy(cmdline);
		return err;
	}

	if (cmdline->no_scan)
		cmdline->scanned = 0;
	kho_ram_remove(cmdline, 0, cmdline->scanned);
	return 0;
}

/**
 * kho_fast_cmdline_destroy - Undo kho_fast_cmdline_parse().
 * @cmdline: The command line, or zeroes.
 */
void kho_fast_cmdline_destroy(struct kho_fast_cmdline *cmdline)
{
	kvfree(cmdline->ram);
	*cmdline = (struct kho_fast_cmdline){};
}

/**
 * kho_fast_cmdline_is_ram - Does a command line leave a range RAM?
 * @cmdline:  The command line.
 * @pfn:      First page frame.
 * @nr_pages: Number of pages, at least 1.
 *
 * Context: any.
 * Return: true when no parameter makes a part of it anything else, or has it
 * overwritten.
 */
bool kho_fast_cmdline_is_ram(const struct kho_fast_cmdline *cmdline,
			     unsigned long pfn, unsigned long nr_pages)
{
	unsigned int i;

	for (i = 0; i < cmdline->nr_ram; i++) {
		const struct kho_fast_pfn_range *range = &cmdline->ram[i];

		if (range->start <= pfn && pfn < range->end)
			return nr_pages <= range->end - pfn;
	}

	return false;
}

/**
 * kho_fast_cmdline_culprit - Name the parameters that take memory away.
 * @cmdline: The command line.
 *
 * Return: a name for a message.
 */
const char *kho_fast_cmdline_culprit(const struct kho_fast_cmdline *cmdline)
{
	if (cmdline->scanned)
		return cmdline->mem || cmdline->memmap ?
		       "mem=, memmap= or memory_corruption_check_size=" :
		       "memory_corruption_check_size=";
	if (cmdline->mem && cmdline->memmap)
		return "mem= or memmap=";

	return cmdline->mem ? "mem=" : "memmap=";
}

/**
 * struct kho_kimage_cmdline - Command line of an image.
 * @image:   The image.
 * @cmdline: Its command line.
 */
struct kho_kimage_cmdline {
	const struct kimage	*image;
	struct kho_fast_cmdline	cmdline;
};

/*
 * Of the image that is loaded, and of one that is being loaded: if that fails,
 * the former stays.
 */
static struct kho_kimage_cmdline kho_cmdlines[2];

/* Of an image that is not known */
static struct kho_fast_pfn_range kho_all_memory = { 0, KHO_LAST_PFN };
static const struct kho_fast_cmdline kho_no_cmdline = {
	.ram	= &kho_all_memory,
	.nr_ram	= 1,
};

/**
 * kho_fast_cmdline_add - Parse the command line of an image.
 * @image: The image, which is being loaded.
 *
 * Context: process context, may sleep; under the lock of kexec.
 * Return: the command line, for as long as the image exists; NULL without
 * memory.
 */
const struct kho_fast_cmdline *
kho_fast_cmdline_add(const struct kimage *image)
{
	struct kho_kimage_cmdline *slot = &kho_cmdlines[0];

	if (slot->image && slot->image == kexec_image)
		slot++;

	slot->image = NULL;
	kho_fast_cmdline_destroy(&slot->cmdline);
	if (kho_fast_cmdline_parse(&slot->cmdline, image->cmdline_buf ?: ""))
		return NULL;

	slot->image = image;
	return &slot->cmdline;
}

/**
 * kho_fast_cmdline_of - Get the command line of an image.
 * @image: The image.
 *
 * Context: under the lock of kexec.
 * Return: the command line; for an image without a handover, one that takes
 * nothing away.
 */
const struct kho_fast_cmdline *kho_fast_cmdline_of(const struct kimage *image)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kho_cmdlines); i++) {
		if (kho_cmdlines[i].image == image)
			return &kho_cmdlines[i].cmdline;
	}

	return &kho_no_cmdline;
}
