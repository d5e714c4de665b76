// SPDX-License-Identifier: GPL-2.0-only
/*
 * kho_link: files with dependencies, for tests of live update.
 *
 * Each open of /dev/kho_link creates one. Commands, one a write:
 *
 *	value N		set the value
 *	need FD		add a dependency on another such file
 *	forge TOKEN	add a dependency with this token
 *	fail		let the freeze fail
 *
 * A read returns the value and those of the dependencies: "5 -> 3 4". debugfs
 * has kho_link/events: f5 u5 r5 e5 are freeze, unfreeze, retrieve and finish of
 * the file with value 5.
 *
 * For accelerated kernels only: stock exports none of the functions of a
 * handler.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/anon_inodes.h>
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/liveupdate_deps.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#define LINK_MAX_DEPENDENCIES	4
#define LINK_MAX_EVENTS	4096

/* Record of a file with dependencies; that of others is the value, made odd. */
struct kho_link_ser {
	u64 value;
	u64 nr;
	u64 token[LINK_MAX_DEPENDENCIES];
};

struct kho_link {
	u64 value;
	unsigned int nr;
	struct file *dependency[LINK_MAX_DEPENDENCIES];	/* NULL: forged */
	u64 forged[LINK_MAX_DEPENDENCIES];
	bool fail;
};

static const struct file_operations link_fops;

static DEFINE_SPINLOCK(link_events_lock);
static char link_events[LINK_MAX_EVENTS];
static size_t link_events_len;

static u64 link_value(const struct file *file)
{
	const struct kho_link *link = file->private_data;

	return link->value;
}

static void link_event(char what, u64 value)
{
	guard(spinlock)(&link_events_lock);
	link_events_len += scnprintf(link_events + link_events_len,
				     LINK_MAX_EVENTS - link_events_len,
				     "%c%llu ", what, value);
}

static int link_events_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s\n", link_events);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(link_events);

static int link_add_dependency(struct kho_link *link, struct file *file,
			       u64 forged)
{
	if (link->nr == LINK_MAX_DEPENDENCIES)
		return -ENOSPC;
	link->forged[link->nr] = forged;
	link->dependency[link->nr++] = file;
	return 0;
}

static int link_add_dependency_fd(struct kho_link *link, int fd)
{
	struct file *file = fget(fd);
	int err;

	if (!file)
		return -EBADF;
	err = -EINVAL;
	if (file->f_op == &link_fops)
		err = link_add_dependency(link, file, 0);
	if (err)
		fput(file);
	return err;
}

static int link_run(struct kho_link *link, const char *command)
{
	unsigned long long n = 0;

	if (sscanf(command, "value %llu", &n) == 1) {
		link->value = n;
		return 0;
	}
	if (sscanf(command, "need %llu", &n) == 1)
		return link_add_dependency_fd(link, n);
	if (sscanf(command, "forge %llu", &n) == 1)
		return link_add_dependency(link, NULL, n);
	if (strcmp(command, "fail"))
		return -EINVAL;
	link->fail = true;
	return 0;
}

static ssize_t link_write(struct file *file, const char __user *buf, size_t len,
			  loff_t *pos)
{
	char command[32] = "";
	int err;

	if (len >= sizeof(command))
		return -EINVAL;
	if (copy_from_user(command, buf, len))
		return -EFAULT;
	err = link_run(file->private_data, command);
	return err ?: len;
}

static ssize_t link_read(struct file *file, char __user *buf, size_t len,
			 loff_t *pos)
{
	struct kho_link *link = file->private_data;
	loff_t start = 0;	/* each read returns all */
	char text[160];
	int n = scnprintf(text, sizeof(text), "%llu", link->value);

	for (unsigned int i = 0; i < link->nr; i++) {
		const struct file *dependency = link->dependency[i];

		n += scnprintf(text + n, sizeof(text) - n, "%s%lld",
			       i ? " " : " -> ",
			       dependency ? (s64)link_value(dependency) : -1);
	}
	return simple_read_from_buffer(buf, len, &start, text, n);
}

static void link_free(struct kho_link *link)
{
	while (link->nr--)
		if (link->dependency[link->nr])
			fput(link->dependency[link->nr]);
	kfree(link);
}

static int link_open(struct inode *inode, struct file *file)
{
	file->private_data = kzalloc_obj(struct kho_link);
	return file->private_data ? 0 : -ENOMEM;
}

static int link_release(struct inode *inode, struct file *file)
{
	link_free(file->private_data);
	return 0;
}

static const struct file_operations link_fops = {
	.owner = THIS_MODULE,
	.open = link_open,
	.release = link_release,
	.read = link_read,
	.write = link_write,
};

static bool link_can_preserve(struct liveupdate_file_handler *fh,
			      struct file *file)
{
	return file->f_op == &link_fops;
}

static int link_find_tokens(struct liveupdate_file_op_args *args,
			    struct kho_link_ser *ser)
{
	struct kho_link *link = args->file->private_data;

	for (ser->nr = 0; ser->nr < link->nr; ser->nr++) {
		u64 *token = &ser->token[ser->nr];
		int err = 0;

		*token = link->forged[ser->nr];
		if (link->dependency[ser->nr])
			err = liveupdate_get_token_outgoing(
				args, link->dependency[ser->nr], token);
		if (err)
			return err;
	}
	return 0;
}

static int link_preserve(struct liveupdate_file_op_args *args)
{
	struct kho_link *link = args->file->private_data;
	struct kho_link_ser *ser;
	int err;

	if (!link->nr) {
		args->serialized_data = link->value << 1 | 1;
		return 0;
	}

	ser = kho_alloc_preserve(sizeof(*ser));
	if (IS_ERR(ser))
		return PTR_ERR(ser);
	ser->value = link->value;
	err = link_find_tokens(args, ser);
	if (err)
		kho_unpreserve_free(ser);
	else
		args->serialized_data = virt_to_phys(ser);
	return err;
}

static struct kho_link_ser *
link_record(const struct liveupdate_file_op_args *args)
{
	if (args->serialized_data & 1)
		return NULL;
	return phys_to_virt(args->serialized_data);
}

static void link_unpreserve(struct liveupdate_file_op_args *args)
{
	kho_unpreserve_free(link_record(args));
}

static int link_freeze(struct liveupdate_file_op_args *args)
{
	struct kho_link *link = args->file->private_data;

	if (link->fail)
		return -EIO;
	link_event('f', link->value);
	return 0;
}

static void link_unfreeze(struct liveupdate_file_op_args *args)
{
	struct kho_link *link = args->file->private_data;

	link_event('u', link->value);
}

static int link_get_dependencies(struct liveupdate_file_op_args *args,
				 struct kho_link *link,
				 const struct kho_link_ser *ser)
{
	for (u64 i = 0; ser && i < ser->nr; i++) {
		struct file *file;
		int err = liveupdate_get_file_incoming(args, ser->token[i],
						       &file);

		if (!err)
			err = link_add_dependency(link, file, 0);
		if (err)
			return err;
	}
	return 0;
}

static int link_retrieve(struct liveupdate_file_op_args *args)
{
	struct kho_link_ser *ser = link_record(args);
	struct kho_link *link = kzalloc_obj(*link);
	struct file *file;
	int err;

	if (!link)
		return -ENOMEM;
	link->value = ser ? ser->value : args->serialized_data >> 1;
	err = link_get_dependencies(args, link, ser);
	kho_restore_free(ser);
	if (err)
		goto err_free;

	file = anon_inode_getfile("[kho_link]", &link_fops, link, O_RDWR);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto err_free;
	}
	link_event('r', link->value);
	args->file = file;
	return 0;

err_free:
	link_free(link);
	return err;
}

static void link_finish(struct liveupdate_file_op_args *args)
{
	if (args->file)
		link_event('e', link_value(args->file));
	else if (!args->retrieve_status)
		kho_restore_free(link_record(args));
}

static const struct liveupdate_file_ops link_ops = {
	.can_preserve = link_can_preserve,
	.preserve = link_preserve,
	.unpreserve = link_unpreserve,
	.freeze = link_freeze,
	.unfreeze = link_unfreeze,
	.retrieve = link_retrieve,
	.finish = link_finish,
	.owner = THIS_MODULE,
};

static struct liveupdate_file_handler link_handler = {
	.ops = &link_ops,
	.compatible = "kho-link-v1",
};

static struct miscdevice link_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "kho_link",
	.fops = &link_fops,
};

static struct dentry *link_dir;

static int __init link_init(void)
{
	int err = liveupdate_register_file_handler(&link_handler);

	if (err)
		return err;
	err = misc_register(&link_device);
	if (err) {
		liveupdate_unregister_file_handler(&link_handler);
		return err;
	}
	link_dir = debugfs_create_dir("kho_link", NULL);
	debugfs_create_file("events", 0400, link_dir, NULL, &link_events_fops);
	return 0;
}
module_init(link_init);

static void __exit link_exit(void)
{
	debugfs_remove(link_dir);
	misc_deregister(&link_device);
	liveupdate_unregister_file_handler(&link_handler);
}
module_exit(link_exit);

MODULE_ALIAS("luo-handler-kho-link-v1");
MODULE_DESCRIPTION("Files with dependencies, for tests of live update");
MODULE_LICENSE("GPL");
