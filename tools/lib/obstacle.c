// SPDX-License-Identifier: GPL-2.0-only
/* Reasons, from /proc, /sys and securityfs. */
#include "obstacle.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "file.h"
#include "luo.h"

static _Thread_local char reason[768];

const char *because(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	return reason;
}

static bool file_has(const char *path, const char *text)
{
	FILE *f = file_open(path);
	char line[512];
	bool has = false;

	while (f && !has && fgets(line, sizeof(line), f))
		has = strstr(line, text);
	if (f)
		fclose(f);
	return has;
}

bool has_capability(int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return !syscall(SYS_capget, &head, data) &&
	       data[cap / 32].effective & 1U << cap % 32;
}

/*
 * Whether the first user namespace is this process's: only there do capabilities count for tracing
 * and for the kernel's memory. The ID mappings do not tell: another one may map all IDs too.
 */
bool is_of_host(void)
{
	static const char first[] = "user:[4026531837]";	/* PROC_USER_INIT_INO */
	char link[sizeof(first) + 1];
	ssize_t len = readlink("/proc/self/ns/user", link, sizeof(link));

	/* without CONFIG_USER_NS there is no other */
	return len < 0 || (len == sizeof(first) - 1 && !memcmp(link, first, len));
}

/* Behind "run as root", for root of a container. */
static const char *whose_root(void)
{
	return geteuid() && is_of_host() ? "" : " of the host";
}

const char *lockdown_mode(void)
{
	static _Thread_local char line[128];
	char *mode, *end;

	if (!file_line("/sys/kernel/security/lockdown", line, sizeof(line)))
		return NULL;
	mode = strchr(line, '[');
	end = mode ? strchr(mode, ']') : NULL;
	if (end)
		*end = 0;
	return end ? mode + 1 : NULL;
}

int symbol_find(const char *name, uint64_t *address)
{
	FILE *f = file_open("/proc/kallsyms");
	char line[512], found[256];
	int err = f ? -ENOENT : -errno;

	*address = 0;
	/* symbols of modules have a fourth column */
	while (err && f && fgets(line, sizeof(line), f)) {
		uint64_t at;
		char tail[2];

		if (sscanf(line, "%" SCNx64 " %*c %255s %1s", &at, found, tail) != 2 ||
		    strcmp(found, name))
			continue;
		*address = at;
		err = 0;
	}
	if (f)
		fclose(f);
	return err;
}

const char *why_no_address(const char *name)
{
	uint64_t address = 0;
	char restricted[16];
	int err = symbol_find(name, &address);

	if (!err && address)
		return NULL;
	if (err)
		return because("the address of %s is not known: %s", name,
			       err != -ENOENT ? strerror(-err) :
			       file_exists("/proc/kallsyms") ?
			       "it is not in /proc/kallsyms (CONFIG_KALLSYMS_ALL)" :
			       "the kernel has no /proc/kallsyms (CONFIG_KALLSYMS)");
	if (!file_line("/proc/sys/kernel/kptr_restrict", restricted, sizeof(restricted)))
		strcpy(restricted, "?");
	if (*restricted == '2')
		return because("the address of %s is hidden: kernel.kptr_restrict is 2; "
			       "'sysctl kernel.kptr_restrict=1' shows it to root", name);
	return because("the address of %s is hidden: it takes CAP_SYSLOG (kernel.kptr_restrict is "
		       "%s); run as root%s", name, restricted, whose_root());
}

const char *why_no_debugfs(void)
{
	const char *path = file_path(DEBUGFS);
	struct statfs fs;
	int err;

	if (!file_is_local())
		return access(path, F_OK) ?
		       because("%s: is not there: copy debugfs of that host to it", path) : NULL;
	if (statfs(path, &fs))
		return errno == ENOENT ?
		       because(DEBUGFS ": is not there: mount /sys, and the kernel needs "
			       "CONFIG_DEBUG_FS") :
		       because(DEBUGFS ": %s: mount /sys, and run as root of the host",
			       strerror(errno));
	if (!file_has("/proc/filesystems", "\tdebugfs"))
		return because(DEBUGFS ": the kernel has no debugfs: it needs CONFIG_DEBUG_FS, "
			       "and no debugfs=off on its command line");
	if (fs.f_type != DEBUGFS_MAGIC)
		return because(DEBUGFS ": debugfs is not mounted there: mount -t debugfs none "
			       DEBUGFS);
	err = access(path, R_OK | X_OK) ? errno : 0;	/* whose_root() has its own */
	if (err)
		return because(DEBUGFS ": %s: only root has access; run as root%s",
			       strerror(err), whose_root());
	return NULL;
}

/* kstrtobool() of the kernel: 1 on, 0 off, -1 neither. */
static int to_bool(const char *value)
{
	if (!strncasecmp(value, "on", 2))
		return 1;
	if (!strncasecmp(value, "of", 2))
		return 0;
	if (*value && strchr("eEyYtT1", *value))
		return 1;
	return *value && strchr("dDnNfF0", *value) ? 0 : -1;
}

/* Cuts the first word off *@line. Quotes, which may hold blanks, are removed. */
static char *next_word(char **line)
{
	char *at = *line + strspn(*line, " \t"), *word = at, *to = at;
	bool quoted = false;

	for (; *at && (quoted || !isspace((unsigned char)*at)); at++) {
		if (*at == '"')
			quoted = !quoted;
		else
			*to++ = *at;
	}
	*line = *at ? at + 1 : at;
	*to = 0;
	return word;
}

/*
 * The last valid "@name=" of the command line: 1 on, 0 off, -1 none. Words behind "--" are for
 * /init.
 */
static int said(const char *name)
{
	size_t len = strlen(name);
	char line[4096], *next = line, *word;
	int on = -1;

	if (!file_line("/proc/cmdline", line, sizeof(line)))
		return -1;
	while (*next) {
		word = next_word(&next);
		if (!strcmp(word, "--"))
			break;
		if (!strncmp(word, name, len) && word[len] == '=' && to_bool(word + len + 1) >= 0)
			on = to_bool(word + len + 1);
	}
	return on;
}

/* /dev may be a container's. */
static bool has_luo(void)
{
	return file_has("/proc/misc", " liveupdate\n") ||
	       (!file_is_local() && file_exists(LUO_DEVICE));
}

/* Names are in /proc/kallsyms even if addresses are hidden. */
static bool lacks_symbol(const char *name)
{
	uint64_t address;

	return file_exists("/proc/kallsyms") && symbol_find(name, &address) == -ENOENT;
}

/* With KHO on such a kernel has its files: stock's function for them, or ours. */
static bool makes_kho_files(void)
{
	uint64_t address;

	return !symbol_find("kho_debugfs_blob_add", &address) ||
	       !symbol_find("kho_fast_debugfs_add", &address);
}

static const char *why_off(const char *what, const char *word)
{
	switch (said(word)) {
	case 0:
		return because("%s is off, by %s= on the kernel's command line: start the kernel "
			       "with %s=on", what, word, word);
	case 1:
		return because("%s is off in spite of %s=on: the kernel could not start it, see "
			       "dmesg", what, word);
	}
	return because("%s is off: start the kernel with %s=on", what, word);
}

/* NULL also if it is not known: without KHO in debugfs only LUO and the command line tell. */
const char *why_no_kho(void)
{
	if (has_luo() || file_exists(KHO_DIR "/out"))
		return NULL;
	if (lacks_symbol("kho_preserve_folio"))
		return because("this kernel has no KHO: it needs CONFIG_KEXEC_HANDOVER");
	if (!said("kho") || (!why_no_debugfs() && makes_kho_files()))
		return why_off("KHO", "kho");
	return NULL;
}

const char *why_no_kho_files(void)
{
	const char *why = why_no_debugfs();

	/* stock has this one only if KHO is on */
	if (why || file_exists(KHO_DIR "/out/scratch_phys"))
		return why;
	why = why_no_kho();
	if (why)
		return why;
	return because("%sthe kernel has no CONFIG_KEXEC_HANDOVER_DEBUGFS, so there is no " KHO_DIR,
		       has_luo() ? "" : "KHO is off (start the kernel with kho=on), or ");
}

const char *why_no_luo(void)
{
	const char *why = has_luo() ? NULL : why_no_kho();

	if (has_luo() || why)
		return why;
	if (lacks_symbol("liveupdate_reboot"))
		return because("this kernel has no LUO: it needs CONFIG_LIVEUPDATE");
	if (said("liveupdate") == 1 && !file_exists(KHO_DIR "/out"))
		return because("LUO is off: KHO may be off, which is not known here (start the "
			       "kernel with kho=on), or the kernel could not start LUO, see dmesg");
	return why_off("LUO", "liveupdate");
}

struct holder {
	struct stat	device;
	pid_t		pid;
};

/* In a container or a chroot the device may have another name. */
static bool find_holder(void *data, pid_t pid, int fd, const char *target)
{
	struct holder *h = data;
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	if (!strcmp(target, LUO_DEVICE))
		h->pid = pid;
	else if (!stat(file_path(path), &st) && S_ISCHR(st.st_mode) && S_ISCHR(h->device.st_mode))
		h->pid = st.st_rdev == h->device.st_rdev ? pid : 0;
	return !h->pid;
}

pid_t luo_device_holder(size_t *denied)
{
	struct holder h = { 0 };

	if (stat(file_path(LUO_DEVICE), &h.device))
		h.device.st_mode = 0;
	*denied = for_each_open_file(find_holder, &h);
	return h.pid;
}

static const char *why_luo_is_busy(int err)
{
	char path[32], name[32];
	size_t denied;
	pid_t holder = luo_device_holder(&denied);

	snprintf(path, sizeof(path), "/proc/%d/comm", holder);
	if (!holder || !file_line(path, name, sizeof(name)))
		return because(LUO_DEVICE ": %s: a process that is not visible from here has it "
			       "open, only one can: end that, or try again", strerror(err));
	return because(LUO_DEVICE ": %s: process %d (%s) has it open, only one can: end that, or "
		       "try again", strerror(err), holder, name);
}

const char *why_no_luo_device(int err)
{
	const char *why;

	switch (err) {
	case ENOENT:
		why = why_no_luo();
		if (why)
			return why;
		return because(LUO_DEVICE ": is not there, though the kernel has it: this is not "
			       "the host's /dev; mount -t devtmpfs none /dev, or run outside the "
			       "container");
	case EBUSY:
		return why_luo_is_busy(err);
	case EACCES:
	case EPERM:
		return because(LUO_DEVICE ": %s: only root has access; run as root%s",
			       strerror(err), whose_root());
	case EIO:
		return because(LUO_DEVICE ": %s: the incoming handover is invalid, see dmesg",
			       strerror(err));
	}
	return because(LUO_DEVICE ": %s", strerror(err));
}

const char *why_no_kcore(int err)
{
	const char *mode = lockdown_mode();

	if (err == ENOENT)
		return because("/proc/kcore: is not there: the kernel has none, it needs "
			       "CONFIG_PROC_KCORE");
	if (err != EPERM && err != EACCES)
		return because("/proc/kcore: %s", strerror(err));
	if (!is_of_host())
		return because("/proc/kcore: %s: root of a user namespace may not read it; run as "
			       "root of the host", strerror(err));
	if (!has_capability(CAP_SYS_RAWIO) || err == EACCES)
		return because("/proc/kcore: %s: it takes root and CAP_SYS_RAWIO; run as root%s",
			       strerror(err), whose_root());
	if (mode && !strcmp(mode, "confidentiality"))
		return because("/proc/kcore: %s: lockdown=confidentiality forbids it, for root "
			       "too; start the kernel without that, or look at an image of memory",
			       strerror(err));
	return because("/proc/kcore: %s: lockdown=confidentiality or another security module "
		       "forbids it, for root too (lockdown: %s); look at an image of memory",
		       strerror(err), mode ? mode : "/sys/kernel/security is not mounted");
}
