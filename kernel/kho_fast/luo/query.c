// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Live update in sysfs
 *
 * /sys/kernel/liveupdate/compatible lists, one per line, the formats that this
 * kernel can restore: KHO, LUO, handlers of files, and FLBs. The manager of an
 * update reads it in a kernel like the next one and writes it to
 * /sys/kernel/liveupdate/next of this one. From then on a kexec with state
 * preserved in another format fails before anything is frozen; preserving is
 * not restricted. An empty list disables the check.
 *
 * /sys/kernel/liveupdate/timeout is the time that a live update waits for
 * sessions that are in use (gate.c), and drop_unretrieved lets one go ahead
 * that loses sessions (unretrieved.c). max_sessions and max_files limit what
 * can be preserved. number, unretrieved_sessions, unrestored_bytes and
 * quarantined_bytes tell what came of the last one.
 *
 * The files are in sysfs because the manager of an update must not depend on
 * debugfs.
 *
 * Lifecycle: from late_initcall on.
 *
 * Lock order: luo_next_lock, then luo_fast_registry_rwsem; see core.c.
 *
 * Failure: -EFBIG if the list does not fit into a file of sysfs. One message
 * names the format that the next kernel lacks.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/bsearch.h>
#include <linux/cleanup.h>
#include <linux/container_of.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/list_private.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "../incoming/trim.h"
#include "file_set.h"
#include "flb.h"
#include "gate.h"
#include "query.h"
#include "registry.h"
#include "session_table.h"
#include "unretrieved.h"

/**
 * struct luo_compat_list - A list of compatible strings.
 * @nr:         Number of strings.
 * @compatible: Sorted array of strings.
 * @text:       Memory of the strings.
 */
struct luo_compat_list {
	unsigned int	nr;
	const char	**compatible;
	char		*text;
};

static DEFINE_MUTEX(luo_next_lock);
static struct luo_compat_list luo_next_list; /* formats of the next kernel */
static u64 luo_number __ro_after_init; /* of this live update */

static int luo_compat_cmp(const void *a, const void *b)
{
	return strcmp(*(const char * const *)a, *(const char * const *)b);
}

static void luo_compat_list_free(struct luo_compat_list *list)
{
	kfree(list->compatible);
	kfree(list->text);
	*list = (struct luo_compat_list){};
}

static unsigned int luo_count_lines(const char *text)
{
	unsigned int nr = 1;

	while ((text = strchr(text, '\n'))) {
		text++;
		nr++;
	}

	return nr;
}

static int luo_compat_list_parse(struct luo_compat_list *list, const char *text,
				 size_t len)
{
	char *rest, *line;

	*list = (struct luo_compat_list){
		.text = kmemdup_nul(text, len, GFP_KERNEL),
	};
	if (!list->text)
		return -ENOMEM;

	list->compatible = kmalloc_array(luo_count_lines(list->text),
					 sizeof(*list->compatible), GFP_KERNEL);
	if (!list->compatible) {
		luo_compat_list_free(list);
		return -ENOMEM;
	}

	rest = list->text;
	while ((line = strsep(&rest, "\n"))) {
		line = strim(line);
		if (*line)
			list->compatible[list->nr++] = line;
	}
	sort(list->compatible, list->nr, sizeof(*list->compatible),
	     luo_compat_cmp, NULL);
	return 0;
}

/* An empty list allows everything. */
static bool luo_list_allows(const struct luo_compat_list *list,
			    const char *compatible)
{
	return !list->nr || bsearch(&compatible, list->compatible, list->nr,
				    sizeof(*list->compatible), luo_compat_cmp);
}

static bool luo_list_allows_format(const struct luo_compat_list *list,
				   const char *format)
{
	if (luo_list_allows(list, format))
		return true;

	pr_err("the next kernel cannot restore format '%s'\n", format);
	return false;
}

static bool luo_list_allows_session(const struct luo_compat_list *list,
				    const struct luo_fast_session *session)
{
	const struct liveupdate_file_handler *known = NULL;
	const struct luo_fast_file *lf;

	list_for_each_entry(lf, &session->file_set.files, list) {
		/* Most files have the handler of the previous one. */
		if (lf->fh == known)
			continue;
		if (!luo_list_allows(list, lf->fh->compatible)) {
			pr_err("the next kernel cannot restore session '%*pE' token %#llx '%s'\n",
			       (int)strlen(session->name), session->name,
			       lf->key.token, lf->fh->compatible);
			return false;
		}
		known = lf->fh;
	}

	return true;
}

static bool luo_list_allows_flbs(const struct luo_compat_list *list)
{
	struct liveupdate_flb *flb;

	guard(rwsem_read)(&luo_fast_registry_rwsem);

	list_private_for_each_entry(flb, &luo_fast_flbs, private.list) {
		if (luo_fast_flb_is_preserved(flb) &&
		    !luo_list_allows(list, flb->compatible)) {
			pr_err("the next kernel cannot restore FLB '%s'\n",
			       flb->compatible);
			return false;
		}
	}

	return true;
}

/**
 * luo_fast_query_allows - Check preserved state against the next kernel.
 * @table: The sessions, locked.
 *
 * Context: within the freeze, with nothing left to change.
 * Return: 0, also without a list; -EOPNOTSUPP, with a message, if the next
 * kernel lacks a format.
 */
int luo_fast_query_allows(struct luo_fast_table *table)
{
	const struct luo_fast_session *session;

	guard(mutex)(&luo_next_lock);

	if (!luo_next_list.nr || !table->count)
		return 0;
	if (!luo_list_allows_format(&luo_next_list, KHO_FDT_COMPATIBLE) ||
	    !luo_list_allows_format(&luo_next_list, LUO_ABI_COMPATIBLE))
		return -EOPNOTSUPP;

	list_for_each_entry(session, &table->list, list) {
		if (!luo_list_allows_session(&luo_next_list, session))
			return -EOPNOTSUPP;
	}

	return luo_list_allows_flbs(&luo_next_list) ? 0 : -EOPNOTSUPP;
}

static ssize_t luo_compatible_show(struct kobject *kobj,
				   struct kobj_attribute *attr, char *buf)
{
	struct liveupdate_file_handler *fh;
	struct liveupdate_flb *flb;
	int len;

	guard(rwsem_read)(&luo_fast_registry_rwsem);

	len = sysfs_emit(buf, "%s\n%s\n", KHO_FDT_COMPATIBLE,
			 LUO_ABI_COMPATIBLE);
	list_private_for_each_entry(fh, &luo_fast_handlers, list)
		len += sysfs_emit_at(buf, len, "%s\n", fh->compatible);
	list_private_for_each_entry(flb, &luo_fast_flbs, private.list)
		len += sysfs_emit_at(buf, len, "%s\n", flb->compatible);

	/* The last line may be truncated. */
	return len >= PAGE_SIZE - 1 ? -EFBIG : len;
}

static ssize_t luo_next_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	int len = 0;
	unsigned int i;

	guard(mutex)(&luo_next_lock);

	for (i = 0; i < luo_next_list.nr; i++)
		len += sysfs_emit_at(buf, len, "%s\n",
				     luo_next_list.compatible[i]);
	return len;
}

/**
 * luo_fast_set_next_list - Set the formats of the next kernel.
 * @text: Compatible strings, one per line; none to disable the check.
 * @len:  Length of @text.
 *
 * Context: process context, may sleep.
 * Return: 0; -EFBIG if @text may be truncated; -ENOMEM.
 */
int luo_fast_set_next_list(const char *text, size_t len)
{
	struct luo_compat_list list;
	int err;

	/* sysfs passes longer writes in parts. */
	if (len >= PAGE_SIZE)
		return -EFBIG;

	err = luo_compat_list_parse(&list, text, len);
	if (err)
		return err;

	guard(mutex)(&luo_next_lock);
	luo_compat_list_free(&luo_next_list);
	luo_next_list = list;
	return 0;
}

static ssize_t luo_next_store(struct kobject *kobj, struct kobj_attribute *attr,
			      const char *buf, size_t len)
{
	int err = luo_fast_set_next_list(buf, len);

	return err ?: len;
}

/**
 * struct luo_limit_attr - A file of sysfs with a number.
 * @attr:   The file.
 * @number: The number.
 * @max:    Its maximum.
 */
struct luo_limit_attr {
	struct kobj_attribute	attr;
	unsigned int		*number;
	unsigned int		max;
};

static struct luo_limit_attr *luo_limit_of(struct kobj_attribute *attr)
{
	return container_of(attr, struct luo_limit_attr, attr);
}

static ssize_t luo_limit_show(struct kobject *kobj,
			      struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(*luo_limit_of(attr)->number));
}

static ssize_t luo_limit_store(struct kobject *kobj,
			       struct kobj_attribute *attr, const char *buf,
			       size_t len)
{
	unsigned int number;
	int err = kstrtouint(buf, 0, &number);

	if (err)
		return err;
	if (number > luo_limit_of(attr)->max)
		return -ERANGE;

	WRITE_ONCE(*luo_limit_of(attr)->number, number);
	return len;
}

static ssize_t luo_number_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", luo_number);
}

static ssize_t luo_unretrieved_sessions_show(struct kobject *kobj,
					     struct kobj_attribute *attr,
					     char *buf)
{
	return sysfs_emit(buf, "%llu\n", luo_fast_count_unretrieved());
}

static ssize_t luo_unrestored_bytes_show(struct kobject *kobj,
					 struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  (u64)kho_fast_count_preserved() << PAGE_SHIFT);
}

static ssize_t luo_quarantined_bytes_show(struct kobject *kobj,
					  struct kobj_attribute *attr,
					  char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  (u64)kho_fast_count_quarantined() << PAGE_SHIFT);
}

static ssize_t luo_drop_unretrieved_show(struct kobject *kobj,
					 struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", luo_fast_drops_unretrieved());
}

static ssize_t luo_drop_unretrieved_store(struct kobject *kobj,
					  struct kobj_attribute *attr,
					  const char *buf, size_t len)
{
	bool drop;
	int err = kstrtobool(buf, &drop);

	if (err)
		return err;

	luo_fast_set_drop_unretrieved(drop);
	return len;
}

static struct kobj_attribute luo_compatible_attr =
	__ATTR(compatible, 0444, luo_compatible_show, NULL);
static struct kobj_attribute luo_next_attr =
	__ATTR(next, 0600, luo_next_show, luo_next_store);
static struct luo_limit_attr luo_timeout_attr = {
	.attr = __ATTR(timeout, 0644, luo_limit_show, luo_limit_store),
	.number = &luo_fast_gate_timeout,
	.max = LUO_FAST_GATE_MAX_TIMEOUT,
};
static struct luo_limit_attr luo_max_sessions_attr = {
	.attr = __ATTR(max_sessions, 0644, luo_limit_show, luo_limit_store),
	.number = &luo_fast_max_sessions,
	.max = LUO_FAST_MAX_SESSIONS,
};
static struct luo_limit_attr luo_max_files_attr = {
	.attr = __ATTR(max_files, 0644, luo_limit_show, luo_limit_store),
	.number = &luo_fast_max_files,
	.max = LUO_FAST_MAX_FILES,
};
static struct kobj_attribute luo_drop_unretrieved_attr =
	__ATTR(drop_unretrieved, 0600, luo_drop_unretrieved_show,
	       luo_drop_unretrieved_store);
static struct kobj_attribute luo_number_attr =
	__ATTR(number, 0444, luo_number_show, NULL);
static struct kobj_attribute luo_unretrieved_sessions_attr =
	__ATTR(unretrieved_sessions, 0444, luo_unretrieved_sessions_show, NULL);
/* It reads all of the tree. */
static struct kobj_attribute luo_unrestored_bytes_attr =
	__ATTR(unrestored_bytes, 0400, luo_unrestored_bytes_show, NULL);
static struct kobj_attribute luo_quarantined_bytes_attr =
	__ATTR(quarantined_bytes, 0444, luo_quarantined_bytes_show, NULL);

static const struct attribute *luo_query_attrs[] = {
	&luo_compatible_attr.attr,
	&luo_next_attr.attr,
	&luo_timeout_attr.attr.attr,
	&luo_max_sessions_attr.attr.attr,
	&luo_max_files_attr.attr.attr,
	&luo_drop_unretrieved_attr.attr,
	&luo_number_attr.attr,
	&luo_unretrieved_sessions_attr.attr,
	&luo_unrestored_bytes_attr.attr,
	&luo_quarantined_bytes_attr.attr,
	NULL
};

/**
 * luo_fast_query_init - Create the sysfs files.
 * @number: Number of live updates so far.
 *
 * Return: 0 or an error.
 */
int __init luo_fast_query_init(u64 number)
{
	struct kobject *dir = kobject_create_and_add("liveupdate", kernel_kobj);
	int err;

	luo_number = number;
	if (!dir)
		return -ENOMEM;

	err = sysfs_create_files(dir, luo_query_attrs);
	if (err)
		kobject_put(dir);
	return err;
}
