// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: What can be taken over
 *
 * /sys/kernel/liveupdate/compatible lists, one a line, what this kernel can take
 * over: the formats of KHO and LUO, the handlers of files, and the FLBs. Whoever
 * prepares an update reads it in a kernel like the next one and writes it to
 * /sys/kernel/liveupdate/next of this one. From then on a kexec with anything
 * preserved that is not in there is refused, before anything is frozen; until
 * then everything can be preserved. An empty list allows all.
 *
 * In sysfs, as it is for the manager of an update, which works without debugfs.
 *
 * Lifecycle: from late_initcall on.
 *
 * Lock order: luo_next_lock, then luo_fast_registry_rwsem; see core.c.
 *
 * Failure: -EFBIG when the list is larger than a file of sysfs can be. One message
 * says what the next kernel does not take.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/bsearch.h>
#include <linux/cleanup.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/kobject.h>
#include <linux/list_private.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "file_set.h"
#include "flb.h"
#include "query.h"
#include "registry.h"
#include "session_table.h"

/**
 * struct luo_compat_list - A list of words.
 * @nr:   How many.
 * @word: They, sorted.
 * @text: The memory they are in.
 */
struct luo_compat_list {
	unsigned int	nr;
	const char	**word;
	char		*text;
};

static DEFINE_MUTEX(luo_next_lock);
static struct luo_compat_list luo_next_list;	/* what the next kernel takes */

static int luo_compat_cmp(const void *a, const void *b)
{
	return strcmp(*(const char * const *)a, *(const char * const *)b);
}

static void luo_compat_list_free(struct luo_compat_list *words)
{
	kfree(words->word);
	kfree(words->text);
	*words = (struct luo_compat_list){};
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

static int luo_compat_list_parse(struct luo_compat_list *words,
				 const char *text, size_t len)
{
	char *rest, *line;

	*words = (struct luo_compat_list) {
		.text = kmemdup_nul(text, len, GFP_KERNEL),
	};
	if (!words->text)
		return -ENOMEM;

	words->word = kmalloc_array(luo_count_lines(words->text),
				    sizeof(*words->word), GFP_KERNEL);
	if (!words->word) {
		luo_compat_list_free(words);
		return -ENOMEM;
	}

	rest = words->text;
	while ((line = strsep(&rest, "\n"))) {
		line = strim(line);
		if (*line)
			words->word[words->nr++] = line;
	}
	sort(words->word, words->nr, sizeof(*words->word), luo_compat_cmp,
	     NULL);
	return 0;
}

/* Everything is allowed if nothing is said. */
static bool luo_list_allows(const struct luo_compat_list *words,
			    const char *word)
{
	return !words->nr || bsearch(&word, words->word, words->nr,
				     sizeof(*words->word), luo_compat_cmp);
}

static bool luo_list_allows_format(const struct luo_compat_list *words,
				   const char *format)
{
	if (luo_list_allows(words, format))
		return true;

	pr_err("the next kernel does not take over '%s', so nothing at all\n",
	       format);
	return false;
}

static bool luo_list_allows_session(const struct luo_compat_list *words,
				    const struct luo_fast_session *session)
{
	const struct liveupdate_file_handler *known = NULL;
	const struct luo_fast_file *lf;

	list_for_each_entry(lf, &session->file_set.files, list) {
		/* They mostly have the handler of the one before. */
		if (lf->fh == known)
			continue;
		if (!luo_list_allows(words, lf->fh->compatible)) {
			pr_err("the next kernel does not take over session '%s' token %#llx '%s'\n",
			       session->name, lf->key.token,
			       lf->fh->compatible);
			return false;
		}
		known = lf->fh;
	}

	return true;
}

static bool luo_list_allows_flbs(const struct luo_compat_list *words)
{
	struct liveupdate_flb *flb;

	guard(rwsem_read)(&luo_fast_registry_rwsem);

	list_private_for_each_entry(flb, &luo_fast_flbs, private.list) {
		if (luo_fast_flb_is_preserved(flb) &&
		    !luo_list_allows(words, flb->compatible)) {
			pr_err("the next kernel does not take over FLB '%s'\n",
			       flb->compatible);
			return false;
		}
	}

	return true;
}

/**
 * luo_fast_query_allows - Does the next kernel take over what is preserved?
 * @table: The sessions, locked.
 *
 * Context: within the freeze, when nothing changes any more.
 * Return: 0, also if it did not say; -EOPNOTSUPP, with a message, if not.
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

	/* The last line may have been cut off. */
	return len >= PAGE_SIZE - 1 ? -EFBIG : len;
}

static ssize_t luo_next_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	int len = 0;
	unsigned int i;

	guard(mutex)(&luo_next_lock);

	for (i = 0; i < luo_next_list.nr; i++)
		len += sysfs_emit_at(buf, len, "%s\n", luo_next_list.word[i]);
	return len;
}

/**
 * luo_fast_set_next_list - Say what the next kernel takes over.
 * @text: Words, one a line; none for everything.
 * @len:  Bytes.
 *
 * Context: process context, may sleep.
 * Return: 0; -EFBIG when that may not be all; -ENOMEM.
 */
int luo_fast_set_next_list(const char *text, size_t len)
{
	struct luo_compat_list words;
	int err;

	/* sysfs would hand the rest over as another list. */
	if (len >= PAGE_SIZE)
		return -EFBIG;

	err = luo_compat_list_parse(&words, text, len);
	if (err)
		return err;

	guard(mutex)(&luo_next_lock);
	luo_compat_list_free(&luo_next_list);
	luo_next_list = words;
	return 0;
}

static ssize_t luo_next_store(struct kobject *kobj, struct kobj_attribute *attr,
			      const char *buf, size_t len)
{
	int err = luo_fast_set_next_list(buf, len);

	return err ?: len;
}

static struct kobj_attribute luo_compatible_attr =
	__ATTR(compatible, 0444, luo_compatible_show, NULL);
static struct kobj_attribute luo_next_attr =
	__ATTR(next, 0600, luo_next_show, luo_next_store);

static const struct attribute *luo_query_attrs[] = {
	&luo_compatible_attr.attr,
	&luo_next_attr.attr,
	NULL
};

/**
 * luo_fast_query_init - Make the files.
 *
 * Return: 0, or an error, and there are none.
 */
int __init luo_fast_query_init(void)
{
	struct kobject *dir = kobject_create_and_add("liveupdate", kernel_kobj);
	int err;

	if (!dir)
		return -ENOMEM;

	err = sysfs_create_files(dir, luo_query_attrs);
	if (err)
		kobject_put(dir);
	return err;
}
