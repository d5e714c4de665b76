// SPDX-License-Identifier: GPL-2.0-only
/* Results of the last command */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/printk.h>

#include "kho_workload.h"

static char report_text[2048];
static size_t report_len;

void report_start(void)
{
	report_len = 0;
}

static void report_va(const char *fmt, va_list ap)
{
	report_len += vscnprintf(report_text + report_len,
				 sizeof(report_text) - report_len, fmt, ap);
}

void report(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_va(fmt, ap);
	va_end(ap);
}

int report_err(int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_va(fmt, ap);
	va_end(ap);
	report("\n");
	return err;
}

ssize_t report_read(char __user *buf, size_t len, loff_t *pos)
{
	return simple_read_from_buffer(buf, len, pos, report_text, report_len);
}
