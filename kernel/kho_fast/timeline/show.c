// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Timeline in debugfs
 *
 * kho/timeline is text, kho/timeline.json is JSON, as described in
 * Documentation/core-api/kho/fast/timeline.rst. Both are generated when they
 * are read: the last phases of the previous kernel, the boot of this one, and
 * what it has retrieved and finished. Times are relative to the first
 * timestamp.
 */
#include <linux/array_size.h>
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "clock.h"
#include "handover.h"
#include "record.h"
#include "show.h"

/**
 * struct kho_timeline_halves - Records of both kernels.
 * @half:   Record of the previous kernel, or NULL, and of this one.
 * @origin: Clock at the first timestamp.
 */
struct kho_timeline_halves {
	const struct kho_timeline_ser	*half[2];
	u64				origin;
};

/* The record of this kernel is copied: it may change while it is printed. */
static struct kho_timeline_ser *
kho_timeline_take_halves(struct kho_timeline_halves *h)
{
	struct kho_timeline_ser *here = kmalloc_obj(*here);

	if (!here)
		return NULL;

	kho_fast_timeline_copy(here);
	h->half[0] = kho_fast_timeline_in;
	h->half[1] = here;
	h->origin = h->half[!h->half[0]]->entries[0].begin;
	return here;
}

static bool kho_timeline_is_old(const struct kho_timeline_halves *h,
				const struct kho_timeline_ser *half)
{
	return half == h->half[0];
}

static u64 kho_timeline_since(const struct kho_timeline_halves *h, u64 clock)
{
	return kho_fast_clock_ns(clock - h->origin);
}

/* The current phase has no end, and no length yet. */
static u64 kho_timeline_end_of(const struct kho_timeline_entry *entry)
{
	return entry->end ?: entry->begin;
}

static bool kho_timeline_is_phase(const struct kho_timeline_entry *entry)
{
	return entry->what < KHO_NR_PHASES;
}

#define kho_timeline_for_each(entry, half, i)				\
	for (i = 0; i < (half)->nr && (entry = &(half)->entries[i], true); i++)

/*
 * The name of a session is any string: bytes that are not printable ASCII
 * become \u00XX, one by one.
 */
static void kho_put_json_string(struct seq_file *m, const char *text)
{
	seq_putc(m, '"');
	for (; *text; text++) {
		unsigned char c = *text;

		if (c < ' ' || c > '~' || c == '"' || c == '\\')
			seq_printf(m, "\\u%04x", c);
		else
			seq_putc(m, c);
	}
	seq_putc(m, '"');
}

static void kho_put_json_entry(struct seq_file *m,
			       const struct kho_timeline_halves *h,
			       const struct kho_timeline_ser *half,
			       const struct kho_timeline_entry *entry)
{
	seq_printf(m, "{\"name\":\"%s\",\"kernel\":\"%s\"",
		   kho_fast_phase_name(entry->what),
		   kho_timeline_is_old(h, half) ? "old" : "new");
	if (entry->node >= 0)
		seq_printf(m, ",\"node\":%d", entry->node);
	if (entry->label[0]) {
		seq_puts(m, ",\"label\":");
		kho_put_json_string(m, entry->label);
	}
	seq_printf(m, ",\"begin_ns\":%llu,\"end_ns\":%llu}",
		   kho_timeline_since(h, entry->begin),
		   kho_timeline_since(h, kho_timeline_end_of(entry)));
}

static void kho_put_json_entries(struct seq_file *m,
				 const struct kho_timeline_halves *h,
				 const char *key, bool phases)
{
	const struct kho_timeline_entry *entry;
	const char *gap = "\n";
	unsigned int n;
	u32 i;

	seq_printf(m, ",\n\"%s\":[", key);
	for (n = 0; n < ARRAY_SIZE(h->half); n++) {
		if (!h->half[n])
			continue;
		kho_timeline_for_each(entry, h->half[n], i) {
			if (kho_timeline_is_phase(entry) != phases)
				continue;
			seq_puts(m, gap);
			kho_put_json_entry(m, h, h->half[n], entry);
			gap = ",\n";
		}
	}
	seq_puts(m, "]");
}

static void kho_put_json_totals(struct seq_file *m,
				const struct kho_timeline_halves *h)
{
	const char *gap = "\n";
	unsigned int n, kind;

	seq_puts(m, ",\n\"totals\":[");
	for (n = 0; n < ARRAY_SIZE(h->half); n++) {
		for (kind = 0; h->half[n] && kind < KHO_NR_SPANS; kind++) {
			const struct kho_timeline_total *total =
				&h->half[n]->totals[kind];

			if (!total->nr)
				continue;
			seq_printf(m, "%s{\"name\":\"%s\",\"kernel\":\"%s\"",
				   gap,
				   kho_fast_phase_name(KHO_SPAN_SESSION + kind),
				   n ? "new" : "old");
			seq_printf(m, ",\"nr\":%llu,\"sum_ns\":%llu", total->nr,
				   kho_fast_clock_ns(total->sum));
			seq_printf(m, ",\"max_ns\":%llu}",
				   kho_fast_clock_ns(total->max));
			gap = ",\n";
		}
	}
	seq_puts(m, "]");
}

static u32 kho_timeline_lost(const struct kho_timeline_halves *h)
{
	return (h->half[0] ? h->half[0]->lost : 0) + h->half[1]->lost;
}

static int kho_timeline_json_show(struct seq_file *m, void *v)
{
	struct kho_timeline_halves h;
	struct kho_timeline_ser *here __free(kfree) =
		kho_timeline_take_halves(&h);

	if (!here)
		return -ENOMEM;

	seq_printf(m, "{\"version\":1,\"clock\":\"%s\",\"khz\":%llu",
		   KHO_FAST_CLOCK_NAME, (u64)kho_fast_clock_khz());
	seq_printf(m, ",\"origin\":%llu,\"previous\":%s", h.origin,
		   h.half[0] ? "true" : "false");
	kho_put_json_entries(m, &h, "phases", true);
	kho_put_json_entries(m, &h, "spans", false);
	kho_put_json_totals(m, &h);
	seq_printf(m, ",\n\"lost\":%u}\n", kho_timeline_lost(&h));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kho_timeline_json);

static void kho_put_us(struct seq_file *m, u64 ns)
{
	u64 us = div_u64(ns, NSEC_PER_USEC);
	u32 rest;

	us = div_u64_rem(us, USEC_PER_MSEC, &rest);
	seq_printf(m, " %8llu.%03u", us, rest);
}

static void kho_put_text_entry(struct seq_file *m,
			       const struct kho_timeline_halves *h,
			       const struct kho_timeline_ser *half,
			       const struct kho_timeline_entry *entry)
{
	const u64 begin = kho_timeline_since(h, entry->begin);

	seq_printf(m, "%-6s %s%-14s",
		   kho_timeline_is_old(h, half) ? "old" : "new",
		   kho_timeline_is_phase(entry) ? "" : "  ",
		   kho_fast_phase_name(entry->what));
	if (kho_timeline_is_phase(entry))
		seq_puts(m, "  ");
	kho_put_us(m, begin);
	kho_put_us(m,
		   kho_timeline_since(h, kho_timeline_end_of(entry)) - begin);
	if (entry->node >= 0)
		seq_printf(m, "  node %d", entry->node);
	if (entry->label[0])
		seq_puts(m, "  ");
	seq_escape(m, entry->label, "\n\t\\");
	seq_putc(m, '\n');
}

static int kho_timeline_show(struct seq_file *m, void *v)
{
	const struct kho_timeline_entry *entry;
	struct kho_timeline_halves h;
	struct kho_timeline_ser *here __free(kfree) =
		kho_timeline_take_halves(&h);
	unsigned int n;
	u32 i;

	if (!here)
		return -ENOMEM;

	seq_printf(m, "kernel %-16s %12s %12s\n", "phase", "begin ms",
		   "length ms");
	for (n = 0; n < ARRAY_SIZE(h.half); n++) {
		if (!h.half[n])
			continue;
		kho_timeline_for_each(entry, h.half[n], i)
			kho_put_text_entry(m, &h, h.half[n], entry);
	}
	if (kho_timeline_lost(&h))
		seq_printf(m, "%u spans lost\n", kho_timeline_lost(&h));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kho_timeline);

/**
 * kho_fast_timeline_debugfs - Create the files.
 * @dir: Directory of KHO.
 */
void __init kho_fast_timeline_debugfs(struct dentry *dir)
{
	debugfs_create_file("timeline", 0400, dir, NULL, &kho_timeline_fops);
	debugfs_create_file("timeline.json", 0400, dir, NULL,
			    &kho_timeline_json_fops);
}
