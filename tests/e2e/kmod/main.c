// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands: a line written to /sys/kernel/debug/kho_workload/run is executed at
 * once; a read returns its results.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/kexec_handover.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "kho_workload.h"

#define WORKLOAD_MAX_WORDS 16

static DEFINE_MUTEX(workload_lock);		/* one command at a time */
static char *workload_words[WORKLOAD_MAX_WORDS + 1];
static struct dentry *workload_dir;

const char *arg_str(const char *key, const char *dflt)
{
	size_t len = strlen(key);

	for (char **word = workload_words + 1; *word; word++)
		if (!strncmp(*word, key, len) && (*word)[len] == '=')
			return *word + len + 1;
	return dflt;
}

u64 arg_num(const char *key, u64 dflt)
{
	const char *s = arg_str(key, NULL);

	return s ? memparse(s, NULL) : dflt;
}

static const struct {
	const char *name;
	int (*create)(struct workload_set *set);
} workload_kinds[] = {
	{ "scatter", folios_scatter },
	{ "mix", folios_mix },
	{ "sections", folios_sections },
	{ "borders", folios_borders },
	{ "orders", folios_orders },
	{ "pages", pages_runs },
	{ "vmalloc", area_create },
	{ "stress", stress },
};

static int workload_create_set(struct workload_set *set)
{
	const char *stamp = arg_str("stamp", "full");
	/* 'stress' is a command of its own: it does more than create a set. */
	const char *kind = arg_str("set", workload_words[0]);

	set->seed = arg_num("seed", 1);
	if (!strcmp(stamp, "full"))
		set->stamp = STAMP_FULL;
	else if (!strcmp(stamp, "head"))
		set->stamp = STAMP_HEAD;
	else if (!strcmp(stamp, "sparse"))
		set->stamp = STAMP_SPARSE;
	else if (!strcmp(stamp, "thin"))
		set->stamp = STAMP_THIN;
	else if (strcmp(stamp, "none"))
		return report_err(-EINVAL,
				  "stamp= is full, head, sparse, thin or none");

	for (int i = 0; i < ARRAY_SIZE(workload_kinds); i++)
		if (!strcmp(kind, workload_kinds[i].name))
			return workload_kinds[i].create(set);
	return report_err(-EINVAL, "set= is not known");
}

static int workload_preserve(void)
{
	struct workload_set *set = set_create();
	int err;

	if (!set)
		return -ENOMEM;
	err = workload_create_set(set);
	if (err)
		goto err_destroy;
	set_fill(set);
	err = manifest_preserve(set);
	if (err)
		goto err_destroy;
	return 0;

err_destroy:
	if (set->preserved)
		set_unpreserve(set);
	set_destroy(set);
	return err;
}

static int workload_spoil(void)
{
	return manifest_spoil(arg_num("n", 1), set_spoil);
}

static int workload_forget(void)
{
	return manifest_spoil(arg_num("n", 1), set_forget);
}

static int workload_scribble(void)
{
	return scribble(arg_num("max_mb", 0));
}

static int workload_corrupt(void)
{
	return corrupt(arg_str("what", ""));
}

/* For tests of the rig: a guest that panics */
static int workload_panic(void)
{
	panic("%s: asked to", KBUILD_MODNAME);
}

/* A guest with a bad console although all steps pass */
static int workload_warn(void)
{
	WARN(1, "%s: asked to\n", KBUILD_MODNAME);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} workload_commands[] = {
	{ "preserve", workload_preserve },
	{ "stress", workload_preserve },
	{ "unpreserve", manifest_unpreserve },
	{ "spoil", workload_spoil },
	{ "forget", workload_forget },
	{ "corrupt", workload_corrupt },
	{ "scribble", workload_scribble },
	{ "contig", contig },
	{ "bench", bench_run },
	{ "reserve-fill", reserve_fill },
	{ "reserve-check", reserve_check },
	{ "reserve-release", reserve_release },
	{ "restore", manifest_restore },
	{ "verify", manifest_verify },
	{ "free", manifest_free },
	{ "panic", workload_panic },
	{ "warn", workload_warn },
	{ "race", race },
	{ "neglect", neglect },
};

static int workload_run(char *line)
{
	int nr = 0;

	memset(workload_words, 0, sizeof(workload_words));
	for (char *word; (word = strsep(&line, " \n")); )
		if (*word && nr < WORKLOAD_MAX_WORDS)
			workload_words[nr++] = word;
	for (int i = 0; nr && i < ARRAY_SIZE(workload_commands); i++)
		if (!strcmp(workload_words[0], workload_commands[i].name))
			return workload_commands[i].run();
	return report_err(-EINVAL, "unknown command");
}

static ssize_t workload_write(struct file *file, const char __user *buf,
			      size_t len, loff_t *pos)
{
	char *line __free(kfree) = memdup_user_nul(buf, len);
	int err;

	if (IS_ERR(line))
		return PTR_ERR(line);

	guard(mutex)(&workload_lock);
	report_start();
	err = workload_run(line);
	return err ?: len;
}

static ssize_t workload_read(struct file *file, char __user *buf, size_t len,
			     loff_t *pos)
{
	guard(mutex)(&workload_lock);
	return report_read(buf, len, pos);
}

static const struct file_operations workload_fops = {
	.owner = THIS_MODULE,
	.read = workload_read,
	.write = workload_write,
	.llseek = default_llseek,
};

static int __init workload_init(void)
{
	workload_dir = debugfs_create_dir("kho_workload", NULL);
	debugfs_create_file("run", 0600, workload_dir, NULL, &workload_fops);
	return 0;
}
module_init(workload_init);

static void __exit workload_exit(void)
{
	debugfs_remove(workload_dir);
	corrupt_exit();
}
module_exit(workload_exit);

MODULE_DESCRIPTION("KHO workloads for tests and benchmarks");
MODULE_LICENSE("GPL");
