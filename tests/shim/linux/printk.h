/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: messages are counted; see the note on formats in shim.h. */
#ifndef SHIM_PRINTK_H
#define SHIM_PRINTK_H

#ifndef pr_fmt
#define pr_fmt(fmt)	fmt
#endif

/* For %pV, as in the kernel. */
struct va_format {
	const char	*fmt;
	va_list		*va;
};

/*
 * Messages so far, the format of the last one (of what %pV stood for), and the last one of
 * this thread, unless it had one of the kernel's own formats. Errors are remembered apart.
 */
extern unsigned int shim_nr_errs, shim_nr_warnings;
extern const char *shim_last_msg, *shim_last_err;
extern __thread char shim_last_line[1024];

void shim_printk(unsigned int *count, const char *fmt, ...);

#define pr_err(fmt, ...)	shim_printk(&shim_nr_errs, pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...)	shim_printk(&shim_nr_warnings, pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice(fmt, ...)	shim_printk(NULL, pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info			pr_notice
#define pr_emerg		pr_err
#define pr_err_ratelimited	pr_err
#define pr_warn_ratelimited	pr_warn

#endif /* SHIM_PRINTK_H */
