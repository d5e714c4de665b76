// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands: a line written to /sys/kernel/debug/kho_workload/run is carried
 * out at once, and reading the file then gives its results.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/kexec_handover.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "kho_workload.h"

#define MAX_WORDS 16

static DEFINE_MUTEX(run_lock);		/* one command at a time */
static char *words[MAX_WORDS + 1];
static struct dentry *dir;

const char *arg_str(const char *key, const char *dflt)
{
	size_t len = strlen(key);

	for (char **word = words + 1; *word; word++)
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
	int (*create)(struct set *set);
} kinds[] = {
	{ "scatter", folios_scatter },
	{ "mix", folios_mix },
	{ "sections", folios_sections },
	{ "borders", folios_borders },
	{ "orders", folios_orders },
	{ "pages", pages_runs },
	{ "vmalloc", area_create },
	{ "stress", stress },
};

static int create(struct set *set)
{
	const char *stamp = arg_str("stamp", "full");
	/* 'stress' is a command of its own, since there is more to it than a set. */
	const char *kind = arg_str("set", words[0]);

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
		return report_err(-EINVAL, "stamp= is full, head, sparse, thin or none");

	for (int i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kind, kinds[i].name))
			return kinds[i].create(set);
	return report_err(-EINVAL, "set= is not known");
}

static int run_preserve(void)
{
	struct set *set = set_create();
	int err;

	if (!set)
		return -ENOMEM;
	err = create(set);
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

static int run_spoil(void)
{
	return manifest_spoil(arg_num("n", 1), set_spoil);
}

static int run_forget(void)
{
	return manifest_spoil(arg_num("n", 1), set_forget);
}

static int run_scribble(void)
{
	return scribble(arg_num("max_mb", 0));
}

static int run_corrupt(void)
{
	return corrupt(arg_str("what", ""));
}

/* For the test of the rig: a guest that dies. */
static int run_panic(void)
{
	panic("%s: asked to", KBUILD_MODNAME);
}

/* And one whose console is bad although all steps pass. */
static int run_warn(void)
{
	WARN(1, "%s: asked to\n", KBUILD_MODNAME);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} commands[] = {
	{ "preserve", run_preserve },
	{ "stress", run_preserve },
	{ "unpreserve", manifest_unpreserve },
	{ "spoil", run_spoil },
	{ "forget", run_forget },
	{ "corrupt", run_corrupt },
	{ "scribble", run_scribble },
	{ "contig", contig },
	{ "bench", bench_run },
	{ "reserve-fill", reserve_fill },
	{ "reserve-check", reserve_check },
	{ "reserve-release", reserve_release },
	{ "restore", manifest_restore },
	{ "verify", manifest_verify },
	{ "free", manifest_free },
	{ "panic", run_panic },
	{ "warn", run_warn },
	{ "race", race },
};

static int run(char *line)
{
	int nr = 0;

	memset(words, 0, sizeof(words));
	for (char *word; (word = strsep(&line, " \n")); )
		if (*word && nr < MAX_WORDS)
			words[nr++] = word;
	for (int i = 0; nr && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(words[0], commands[i].name))
			return commands[i].run();
	return report_err(-EINVAL, "unknown command");
}

static ssize_t run_write(struct file *file, const char __user *buf, size_t len,
			 loff_t *pos)
{
	char *line __free(kfree) = memdup_user_nul(buf, len);
	int err;

	if (IS_ERR(line))
		return PTR_ERR(line);

	guard(mutex)(&run_lock);
	report_start();
	err = run(line);
	return err ?: len;
}

static ssize_t run_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	guard(mutex)(&run_lock);
	return report_read(buf, len, pos);
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.read = run_read,
	.write = run_write,
	.llseek = default_llseek,
};

static int __init workload_init(void)
{
	dir = debugfs_create_dir("kho_workload", NULL);
	debugfs_create_file("run", 0600, dir, NULL, &run_fops);
	return 0;
}
module_init(workload_init);

static void __exit workload_exit(void)
{
	debugfs_remove(dir);
	corrupt_exit();
}
module_exit(workload_exit);

MODULE_DESCRIPTION("KHO workloads for tests and benchmarks");
MODULE_LICENSE("GPL");
