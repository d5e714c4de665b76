// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate between operations and the freeze, and ioctls, which are inside of it but for
 * their access to userspace: kernel/kho_fast/luo/{gate,ioctl}.c
 *
 *	ioctl:	copy from user [ enter ... leave ] copy to user
 *	freeze:					  [ close ... open ]
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "luo/gate.h"
#include "luo/ioctl.h"
#include "luo/luo.h"
#include "test.h"

static struct luo_fast_gate_op ops[3];
static enum shim_wake ends[8];	/* of sleeps, in order */
static unsigned int nr_sleeps, nr_leaving;
static bool opens;

enum shim_wake (*shim_sleep)(void);
bool (*shim_user_faults)(void);

/* While a task sleeps the next operation leaves, or the gate is opened. */
static enum shim_wake sleep_a_while(void)
{
	if (nr_leaving)
		luo_fast_gate_leave(&ops[--nr_leaving]);
	else if (opens && nr_sleeps)
		luo_fast_gate_open();
	return ends[nr_sleeps++];
}

static void enter(unsigned int nr)
{
	unsigned int i;

	unit_init();
	shim_sleep = sleep_a_while;
	strcpy(shim_task.comm, "vmm");
	shim_task.pid = 77;
	for (i = 0; i < nr; i++) {
		char name[] = "vm0";

		name[2] += i;
		if (luo_fast_gate_enter(&ops[i], name))
			shim_die("the gate is closed");
	}
	if (nr_sleeps)
		shim_die("an open gate made a task wait");
}

TEST(an_empty_gate_is_closed_at_once)
{
	enter(0);
	EXPECT_EQ(luo_fast_gate_close(), 0);
	luo_fast_gate_open();
	luo_fast_gate_timeout = 0;
	EXPECT_EQ(luo_fast_gate_close(), 0);
	EXPECT_EQ(nr_sleeps, 0);
}

TEST(the_freeze_is_late_after_the_same_time_again)
{
	luo_fast_gate_timeout = 7;
	jiffies = ULONG_MAX - 3;
	EXPECT_EQ(luo_fast_gate_close(), 0);
	EXPECT_FALSE(luo_fast_freeze_is_late());
	jiffies += 7 * HZ;
	EXPECT_FALSE(luo_fast_freeze_is_late());
	jiffies++;
	EXPECT_TRUE(luo_fast_freeze_is_late());
	luo_fast_gate_open();
	luo_fast_gate_timeout = 0;
	EXPECT_EQ(luo_fast_gate_close(), 0);
	jiffies++;
	EXPECT_FALSE(luo_fast_freeze_is_late());
	jiffies++;
	EXPECT_TRUE(luo_fast_freeze_is_late());
}

TEST(the_freeze_waits_for_the_last_operation)
{
	enter(3);
	nr_leaving = 3;
	/* Only the last one wakes it; the time is far from up. */
	ends[0] = ends[1] = ends[2] = SHIM_WOKEN;
	luo_fast_gate_leave(&ops[2]);
	luo_fast_gate_leave(&ops[1]);
	nr_leaving = 1;
	EXPECT_EQ(luo_fast_gate_close(), 0);
	EXPECT_EQ(nr_sleeps, 1);
	EXPECT_EQ(shim_nr_errs, 0);
}

TEST(the_freeze_gives_up_and_names_session_and_task)
{
	enter(2);
	luo_fast_gate_timeout = 7;
	ends[0] = SHIM_TIME_IS_UP;
	EXPECT_EQ(luo_fast_gate_close(), -ETIMEDOUT);
	EXPECT_EQ(nr_sleeps, 1);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_NE(strstr(shim_last_line,
			 "session 'vm0' is in use by vmm[77] for more than 7 s"), NULL)
		TH_LOG("%s", shim_last_line);
	EXPECT_NE(strstr(shim_last_msg, "by %*pE[%d]"), NULL);

	/* Everything goes on, and the next freeze is as the first. */
	EXPECT_EQ(luo_fast_gate_enter(&ops[2], ""), 0);
	EXPECT_EQ(nr_sleeps, 1);
	luo_fast_gate_leave(&ops[0]);
	luo_fast_gate_leave(&ops[1]);
	luo_fast_gate_timeout = 0;
	EXPECT_EQ(luo_fast_gate_close(), -ETIMEDOUT);
	EXPECT_EQ(nr_sleeps, 1);
	EXPECT_NE(strstr(shim_last_line, "/dev/liveupdate is in use by vmm[77]"), NULL)
		TH_LOG("%s", shim_last_line);
	/* Userspace chooses both names. */
	EXPECT_NE(strstr(shim_last_msg, "by %*pE[%d]"), NULL);
	luo_fast_gate_leave(&ops[2]);
	EXPECT_EQ(luo_fast_gate_close(), 0);
}

TEST(an_operation_that_ends_when_the_time_is_up_is_no_error)
{
	enter(1);
	nr_leaving = 1;
	ends[0] = SHIM_TIME_IS_UP;
	EXPECT_EQ(luo_fast_gate_close(), 0);
	EXPECT_EQ(shim_nr_errs, 0);
}

TEST(a_freeze_that_is_killed_opens_the_gate)
{
	enter(1);
	ends[0] = SHIM_KILLED;
	EXPECT_EQ(luo_fast_gate_close(), -EINTR);
	EXPECT_EQ(shim_nr_errs, 0);
	EXPECT_EQ(luo_fast_gate_enter(&ops[1], "vm1"), 0);
	EXPECT_EQ(nr_sleeps, 1);
}

TEST(an_operation_waits_until_the_gate_is_open_or_it_is_killed)
{
	enter(0);
	ASSERT_EQ(luo_fast_gate_close(), 0);
	ends[0] = SHIM_KILLED;
	EXPECT_EQ(luo_fast_gate_enter(&ops[0], "vm0"), -EINTR);
	ends[1] = SHIM_WOKEN;
	opens = true;
	EXPECT_EQ(luo_fast_gate_enter(&ops[1], "vm1"), 0);
	EXPECT_EQ(nr_sleeps, 2);

	/* The first one never entered it. */
	luo_fast_gate_leave(&ops[1]);
	EXPECT_EQ(luo_fast_gate_close(), 0);
	EXPECT_EQ(nr_sleeps, 2);
}

TEST(a_close_waits_though_its_task_is_killed)
{
	enter(0);
	ASSERT_EQ(luo_fast_gate_close(), 0);
	opens = true;
	ends[0] = SHIM_KILLED;
	ends[1] = SHIM_WOKEN;
	luo_fast_gate_enter_unkillable(&ops[0], "vm0");
	EXPECT_EQ(nr_sleeps, 2);
	luo_fast_gate_leave(&ops[0]);
	EXPECT_EQ(luo_fast_gate_close(), 0);
}

/* Ioctls: GET_NAME copies a name, RETRIEVE_FD makes a file */
static unsigned int nr_accesses, nr_runs, nr_drops, nr_installs, nr_fds, faults_at;

static bool gate_is_empty(void)
{
	int err;

	luo_fast_gate_timeout = 0;
	err = luo_fast_gate_close();
	if (!err)
		luo_fast_gate_open();
	return !err;
}

static bool user_faults(void)
{
	if (!gate_is_empty())
		shim_die("userspace is accessed inside the gate");
	return ++nr_accesses == faults_at;
}

static int run_ioctl(void *object, struct luo_fast_call *call)
{
	if (gate_is_empty())
		shim_die("an ioctl runs outside the gate");
	nr_runs++;
	call->file = object;
	return 0;
}

static void drop(struct file *file)
{
	if (!gate_is_empty())
		shim_die("a file is put inside the gate");
	nr_drops++;
}

int get_unused_fd_flags(unsigned int flags)
{
	nr_fds++;
	return 5;
}

void put_unused_fd(unsigned int fd)
{
	nr_fds--;
}

void fd_install(unsigned int fd, struct file *file)
{
	nr_installs += fd == 5 && file;
}

static const char *session_name(const void *object)
{
	return "vm0";
}

#define NR_OF(cmd)	((cmd) & 0xff)

static const struct luo_fast_ioctl table[] = {
	LUO_FAST_IOCTL(LIVEUPDATE_SESSION_RETRIEVE_FD, struct liveupdate_session_retrieve_fd,
		       token, NULL, run_ioctl, drop),
	LUO_FAST_IOCTL(LIVEUPDATE_SESSION_FINISH, struct liveupdate_session_finish, reserved,
		       NULL, run_ioctl, NULL),
};

static bool applies_to_all;

static bool applies(const void *object)
{
	return applies_to_all;
}

static const struct luo_fast_ioctl extensions[] = {
	LUO_FAST_IOCTL(_IOW(LIVEUPDATE_IOCTL_TYPE, NR_OF(LIVEUPDATE_SESSION_FINISH), __u64),
		       struct liveupdate_fast_session_unpreserve_fd, token, NULL, run_ioctl, NULL),
	LUO_FAST_IOCTL(_IOW(LIVEUPDATE_IOCTL_TYPE, NR_OF(LIVEUPDATE_SESSION_FINISH), __u32),
		       struct liveupdate_fast_session_unpreserve_fd, token, applies, run_ioctl,
		       NULL),
};

static const struct luo_fast_ioctls ioctls = {
	.session = session_name,
	.first = NR_OF(LIVEUPDATE_SESSION_RETRIEVE_FD),
	.nr = ARRAY_SIZE(table),
	.table = table,
	.nr_extensions = ARRAY_SIZE(extensions),
	.extensions = extensions,
};

static long call(unsigned int cmd, void *arg)
{
	static int object;

	shim_user_faults = user_faults;
	nr_accesses = 0;
	return luo_fast_ioctl(&ioctls, &object, cmd, (unsigned long)arg);
}

TEST(userspace_is_accessed_outside_the_gate)
{
	struct liveupdate_session_retrieve_fd retrieve = { .size = sizeof(retrieve) };
	struct liveupdate_session_finish finish = { .size = sizeof(finish) };

	enter(0);
	EXPECT_EQ(call(LIVEUPDATE_SESSION_FINISH, &finish), 0);
	EXPECT_EQ(nr_accesses, 3);
	EXPECT_EQ(call(LIVEUPDATE_SESSION_RETRIEVE_FD, &retrieve), 0);
	EXPECT_EQ(nr_accesses, 3);
	EXPECT_EQ(nr_runs, 2);
	EXPECT_EQ(retrieve.fd, 5);
	EXPECT_EQ(nr_installs, 1);
	EXPECT_EQ(nr_fds, 1);
	EXPECT_EQ(nr_drops, 0);
}

TEST(an_extension_has_the_ordinal_of_a_command_and_no_response)
{
	struct liveupdate_fast_session_unpreserve_fd arg = { .size = sizeof(arg) };
	const unsigned int cmd = extensions[1].cmd;

	enter(0);
	EXPECT_EQ(call(cmd, &arg), -EINVAL);
	applies_to_all = true;
	arg.size = sizeof(arg) - 1;
	EXPECT_EQ(call(cmd, &arg), -EINVAL);
	EXPECT_EQ(nr_runs, 0);
	arg.size = sizeof(arg);
	EXPECT_EQ(call(cmd, &arg), 0);
	EXPECT_EQ(nr_runs, 1);
	EXPECT_EQ(nr_accesses, 2);

	/* Any other direction, size or type is unknown. */
	EXPECT_EQ(call(cmd ^ _IOC(_IOC_READ, 0, 0, 0), &arg), -ENOIOCTLCMD);
	EXPECT_EQ(call(cmd ^ _IOC(0, 0, 0, 1), &arg), -ENOIOCTLCMD);
	EXPECT_EQ(call(cmd ^ _IOC(0, 1, 0, 0), &arg), -ENOIOCTLCMD);
	EXPECT_EQ(call(cmd - 1, &arg), -ENOIOCTLCMD);
	EXPECT_EQ(call(cmd - 2, &arg), -EINVAL);
	EXPECT_EQ(nr_runs, 1);
}

TEST(a_file_is_dropped_if_its_descriptor_cannot_be_returned)
{
	struct liveupdate_session_retrieve_fd retrieve = { .size = sizeof(retrieve) };

	enter(0);
	for (faults_at = 1; faults_at <= 3; faults_at++)
		EXPECT_EQ(call(LIVEUPDATE_SESSION_RETRIEVE_FD, &retrieve), -EFAULT);
	EXPECT_EQ(nr_runs, 1);
	EXPECT_EQ(nr_drops, 1);
	EXPECT_EQ(nr_installs, 0);
	EXPECT_EQ(nr_fds, 0);
	EXPECT_TRUE(gate_is_empty());
}

TEST_HARNESS_MAIN
