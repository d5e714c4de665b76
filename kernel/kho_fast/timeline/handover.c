// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The timeline across a kexec
 *
 * This kernel's end is recorded in a page that is handed over. The record of
 * the previous kernel is hostile until checked, then copied, and its page freed.
 * The clock of the two kernels is the same unless something between them reset
 * it; then the two halves do not fit together, and only ours is shown.
 *
 * Failure: what is not sound is refused whole, with one message that says why. A
 * boot does not depend on it.
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

/* The checked copy, with its last phase ended; NULL if there is none. */
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
		return "something is not of the end of a kernel";
	if (entry->begin < ser->entries[0].begin)
		return "something begins before the first phase";
	if (entry->end < entry->begin && !goes_on)
		return "something ends before it begins";
	if (strnlen(entry->label, sizeof(entry->label)) == sizeof(entry->label))
		return "a label has no end";
	return NULL;
}

/* More is no time that a machine was up, and would overflow as nanoseconds. */
#define MAX_TICKS	BIT_ULL(53)

static const char *kho_timeline_totals_fault(const struct kho_timeline_ser *ser)
{
	unsigned int kind;

	for (kind = 0; kind < KHO_NR_SPANS; kind++) {
		if (ser->totals[kind].sum > MAX_TICKS ||
		    ser->totals[kind].max > ser->totals[kind].sum)
			return "a total cannot be";
	}

	return NULL;
}

/* Do the phases follow one another, each once, up to the jump? */
static const char *kho_timeline_phases_fault(const struct kho_timeline_ser *ser)
{
	u32 last = KHO_PHASE_NONE, i;
	u64 end = 0;

	for (i = 0; i < ser->nr; i++) {
		const struct kho_timeline_entry *entry = &ser->entries[i];

		if (entry->what >= KHO_NR_PHASES)
			continue;
		if (entry->what <= last || (last && entry->begin != end))
			return "the phases do not follow one another";
		last = entry->what;
		end = entry->end;
	}

	return last == KHO_PHASE_JUMP ? NULL : "there is no jump";
}

/**
 * kho_fast_timeline_fault - What is wrong with the record of a previous kernel?
 * @ser:  The record.
 * @size: Bytes of it.
 *
 * Return: what is wrong, or NULL.
 */
const char *kho_fast_timeline_fault(const struct kho_timeline_ser *ser,
				    size_t size)
{
	u32 i;

	if (size < sizeof(*ser))
		return "it is too short";
	if (strncmp(ser->compatible, KHO_TIMELINE_COMPATIBLE,
		    sizeof(ser->compatible)))
		return "it is of another version";
	if (ser->nr > KHO_TIMELINE_ENTRIES)
		return "it has more entries than fit";

	for (i = 0; i < ser->nr; i++) {
		const char *fault =
			kho_timeline_entry_fault(ser, &ser->entries[i]);

		if (fault)
			return fault;
	}

	return kho_timeline_phases_fault(ser) ?: kho_timeline_totals_fault(ser);
}

/* The jump ended where this kernel began. */
static const char __init *kho_timeline_join(struct kho_timeline_ser *ser)
{
	const u64 began = kho_fast_timeline_began();
	u32 i;

	for (i = 0; i < ser->nr; i++) {
		struct kho_timeline_entry *entry = &ser->entries[i];

		if (entry->begin > began || entry->end > began)
			return "the clock was reset";
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

/* The record of the previous kernel */
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
		fault = ser ? kho_timeline_accept(ser) : "there is no memory";
		kho_fast_drop_page(phys);
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
 * kho_fast_timeline_init - Make the record that is handed over.
 *
 * Return: 0; -ENOMEM; or what kho_add_subtree() returned.
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
