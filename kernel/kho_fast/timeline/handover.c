// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Timeline across kexec
 *
 * The last phases of this kernel are recorded in a preserved page. The record
 * of the previous kernel is hostile until checked, then copied, and its page
 * freed. Both kernels read the same clock, unless firmware resets it during the
 * kexec: then only the record of this kernel is shown.
 *
 * Failure: an invalid record is ignored as a whole, with one message. Nothing
 * else depends on it.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../incoming/restore.h"
#include "handover.h"
#include "record.h"

/* Checked copy of the incoming record, its last phase ended; or NULL. */
struct kho_timeline_ser *kho_fast_timeline_in;

static bool kho_timeline_is_outgoing(u32 what)
{
	return (what >= KHO_PHASE_FREEZE && what <= KHO_PHASE_JUMP) ||
	       what == KHO_SPAN_SESSION;
}

static const char *
kho_timeline_entry_fault(const struct kho_timeline_ser *ser,
			 const struct kho_timeline_entry *entry)
{
	bool goes_on = entry->what == KHO_PHASE_JUMP && !entry->end;

	if (!kho_timeline_is_outgoing(entry->what))
		return "unexpected phase or span";
	if (entry->begin < ser->entries[0].begin)
		return "entry before the first phase";
	if (entry->end < entry->begin && !goes_on)
		return "entry ends before it begins";
	if (strnlen(entry->label, sizeof(entry->label)) == sizeof(entry->label))
		return "unterminated label";
	return NULL;
}

/* Longer than any uptime; more would overflow in nanoseconds. */
#define MAX_TICKS	BIT_ULL(53)

static const char *kho_timeline_totals_fault(const struct kho_timeline_ser *ser)
{
	unsigned int kind;

	for (kind = 0; kind < KHO_NR_SPANS; kind++) {
		if (ser->totals[kind].sum > MAX_TICKS ||
		    ser->totals[kind].max > ser->totals[kind].sum)
			return "invalid total";
	}

	return NULL;
}

/* Phases must be in order, each once, without a gap, up to the jump. */
static const char *kho_timeline_phases_fault(const struct kho_timeline_ser *ser)
{
	u32 last = KHO_PHASE_NONE, i;
	u64 end = 0;

	for (i = 0; i < ser->nr; i++) {
		const struct kho_timeline_entry *entry = &ser->entries[i];

		if (entry->what >= KHO_NR_PHASES)
			continue;
		if (entry->what <= last || (last && entry->begin != end))
			return "phases out of order";
		last = entry->what;
		end = entry->end;
	}

	return last == KHO_PHASE_JUMP ? NULL : "no jump phase";
}

/**
 * kho_fast_timeline_fault - Check an incoming record.
 * @ser:  The record.
 * @size: Size in bytes.
 *
 * Return: description of the first fault, or NULL.
 */
const char *kho_fast_timeline_fault(const struct kho_timeline_ser *ser,
				    size_t size)
{
	u32 i;

	if (size < sizeof(*ser))
		return "too short";
	if (strncmp(ser->compatible, KHO_TIMELINE_COMPATIBLE,
		    sizeof(ser->compatible)))
		return "unknown version";
	if (ser->nr > KHO_TIMELINE_ENTRIES)
		return "too many entries";

	for (i = 0; i < ser->nr; i++) {
		const char *fault =
			kho_timeline_entry_fault(ser, &ser->entries[i]);

		if (fault)
			return fault;
	}

	return kho_timeline_phases_fault(ser) ?: kho_timeline_totals_fault(ser);
}

/* End the jump at the begin of this kernel. */
static const char __init *kho_timeline_join(struct kho_timeline_ser *ser)
{
	const u64 began = kho_fast_timeline_began();
	u32 i;

	for (i = 0; i < ser->nr; i++) {
		struct kho_timeline_entry *entry = &ser->entries[i];

		if (entry->begin > began || entry->end > began)
			return "clock was reset";
		if (!entry->end)
			entry->end = began;
	}

	return NULL;
}

static const char __init *kho_timeline_accept(struct kho_timeline_ser *ser)
{
	const char *fault = kho_timeline_join(ser);

	if (fault)
		kfree(ser);
	else
		kho_fast_timeline_in = ser;
	return fault;
}

/* Read and free the incoming record. */
static void __init kho_timeline_read(void)
{
	struct kho_timeline_ser *ser;
	const char *fault;
	phys_addr_t phys;
	size_t size;

	if (kho_retrieve_subtree(KHO_TIMELINE_NODE_NAME, &phys, &size))
		return;

	fault = kho_fast_timeline_fault(phys_to_virt(phys), size);
	if (!fault) {
		ser = kmemdup(phys_to_virt(phys), sizeof(*ser), GFP_KERNEL);
		fault = ser ? kho_timeline_accept(ser) : "no memory";
		kho_fast_restore_free_page(phys);
	}
	if (fault)
		pr_warn("ignoring the timeline of the previous kernel: %s\n",
			fault);
}

static struct kho_timeline_ser __init *kho_timeline_make_record(void)
{
	struct kho_timeline_ser *ser = kho_alloc_preserve(sizeof(*ser));
	int err;

	if (IS_ERR(ser))
		return ser;

	kho_fast_timeline_clear(ser);
	err = kho_add_subtree(KHO_TIMELINE_NODE_NAME, ser, sizeof(*ser));
	if (!err)
		return ser;

	kho_unpreserve_free(ser);
	return ERR_PTR(err);
}

/**
 * kho_fast_timeline_init - Read the incoming and create the outgoing record.
 *
 * Return: 0; -ENOMEM; or an error of kho_add_subtree().
 */
int __init kho_fast_timeline_init(void)
{
	struct kho_timeline_ser *ser;

	kho_timeline_read();
	ser = kho_timeline_make_record();
	if (IS_ERR(ser))
		return PTR_ERR(ser);

	kho_fast_timeline_hand_over(ser);
	return 0;
}
