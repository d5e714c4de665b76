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
 * Lock order: next_lock, then luo_fast_registry; see core.c.
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
 * struct words - A list of words.
 * @nr:   How many.
 * @word: They, sorted.
 * @text: The memory they are in.
 */
struct words {
	unsigned int	nr;
	const char	**word;
	char		*text;
};

static DEFINE_MUTEX(next_lock);
static struct words next_words;		/* what the next kernel takes */

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char * const *)a, *(const char * const *)b);
}

static void words_free(struct words *words)
{
	kfree(words->word);
	kfree(words->text);
	*words = (struct words){};
}

static unsigned int count_lines(const char *text)
{
	unsigned int nr = 1;

	while ((text = strchr(text, '\n'))) {
		text++;
		nr++;
	}

	return nr;
}

static int words_parse(struct words *words, const char *text, size_t len)
{
	char *rest, *line;

	*words = (struct words){ .text = kmemdup_nul(text, len, GFP_KERNEL) };
	if (!words->text)
		return -ENOMEM;

	words->word = kmalloc_array(count_lines(words->text),
				    sizeof(*words->word), GFP_KERNEL);
	if (!words->word) {
		words_free(words);
		return -ENOMEM;
	}

	rest = words->text;
	while ((line = strsep(&rest, "\n"))) {
		line = strim(line);
		if (*line)
			words->word[words->nr++] = line;
	}
	sort(words->word, words->nr, sizeof(*words->word), compare, NULL);
	return 0;
}

/* Everything is allowed if nothing is said. */
static bool allows(const struct words *words, const char *word)
{
	return !words->nr || bsearch(&word, words->word, words->nr,
				     sizeof(*words->word), compare);
}

static bool allows_format(const struct words *words, const char *format)
{
	if (allows(words, format))
		return true;

	pr_err("the next kernel does not take over '%s', so nothing at all\n",
	       format);
	return false;
}

static bool allows_session(const struct words *words,
			   const struct luo_fast_session *session)
{
	const struct liveupdate_file_handler *known = NULL;
	const struct luo_fast_file *lf;

	list_for_each_entry(lf, &session->set.files, list) {
		/* They mostly have the handler of the one before. */
		if (lf->fh == known)
			continue;
		if (!allows(words, lf->fh->compatible)) {
			pr_err("the next kernel does not take over session '%s' token %#llx '%s'\n",
			       session->name, lf->key.token,
			       lf->fh->compatible);
			return false;
		}
		known = lf->fh;
	}

	return true;
}

static bool allows_flbs(const struct words *words)
{
	struct liveupdate_flb *flb;

	guard(rwsem_read)(&luo_fast_registry);

	list_private_for_each_entry(flb, &luo_fast_flbs, private.list) {
		if (luo_fast_flb_is_preserved(flb) &&
		    !allows(words, flb->compatible)) {
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

	guard(mutex)(&next_lock);

	if (!next_words.nr || !table->count)
		return 0;
	if (!allows_format(&next_words, KHO_FDT_COMPATIBLE) ||
	    !allows_format(&next_words, LUO_ABI_COMPATIBLE))
		return -EOPNOTSUPP;

	list_for_each_entry(session, &table->list, list) {
		if (!allows_session(&next_words, session))
			return -EOPNOTSUPP;
	}

	return allows_flbs(&next_words) ? 0 : -EOPNOTSUPP;
}

static ssize_t compatible_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	struct liveupdate_file_handler *fh;
	struct liveupdate_flb *flb;
	int len;

	guard(rwsem_read)(&luo_fast_registry);

	len = sysfs_emit(buf, "%s\n%s\n", KHO_FDT_COMPATIBLE,
			 LUO_ABI_COMPATIBLE);
	list_private_for_each_entry(fh, &luo_fast_handlers, list)
		len += sysfs_emit_at(buf, len, "%s\n", fh->compatible);
	list_private_for_each_entry(flb, &luo_fast_flbs, private.list)
		len += sysfs_emit_at(buf, len, "%s\n", flb->compatible);

	/* The last line may have been cut off. */
	return len >= PAGE_SIZE - 1 ? -EFBIG : len;
}

static ssize_t next_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	int len = 0;
	unsigned int i;

	guard(mutex)(&next_lock);

	for (i = 0; i < next_words.nr; i++)
		len += sysfs_emit_at(buf, len, "%s\n", next_words.word[i]);
	return len;
}

/**
 * luo_fast_next_set - Say what the next kernel takes over.
 * @text: Words, one a line; none for everything.
 * @len:  Bytes.
 *
 * Context: process context, may sleep.
 * Return: 0; -EFBIG when that may not be all; -ENOMEM.
 */
int luo_fast_next_set(const char *text, size_t len)
{
	struct words words;
	int err;

	/* sysfs would hand the rest over as another list. */
	if (len >= PAGE_SIZE)
		return -EFBIG;

	err = words_parse(&words, text, len);
	if (err)
		return err;

	guard(mutex)(&next_lock);
	words_free(&next_words);
	next_words = words;
	return 0;
}

static ssize_t next_store(struct kobject *kobj, struct kobj_attribute *attr,
			  const char *buf, size_t len)
{
	int err = luo_fast_next_set(buf, len);

	return err ?: len;
}

static struct kobj_attribute compatible_attr = __ATTR_RO(compatible);
static struct kobj_attribute next_attr = __ATTR_RW_MODE(next, 0600);

static const struct attribute *attrs[] = {
	&compatible_attr.attr,
	&next_attr.attr,
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

	err = sysfs_create_files(dir, attrs);
	if (err)
		kobject_put(dir);
	return err;
}
