/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: a test calls the notifier. */
#ifndef SHIM_OOM_H
#define SHIM_OOM_H

#define NOTIFY_OK	1

struct notifier_block {
	int (*notifier_call)(struct notifier_block *nb, unsigned long unused, void *freed);
};

extern struct notifier_block *shim_oom_notifier;
#define register_oom_notifier(nb)	(shim_oom_notifier = (nb))

#endif /* SHIM_OOM_H */
