// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Enabling and disabling KHO
 *
 * kho= on the command line. KHO is disabled later in a kdump kernel, without
 * scratch memory and without memory for the outgoing tree.
 */
#include <linux/cache.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/kstrtox.h>

#include "enable.h"

static bool kho_enabled __ro_after_init =
	IS_ENABLED(CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT);

/**
 * kho_is_enabled - Is handing over enabled?
 *
 * Context: any, after early parameters were parsed.
 * Return: true unless disabled by kho= or by kho_fast_disable().
 */
bool kho_is_enabled(void)
{
	return kho_enabled;
}
EXPORT_SYMBOL_GPL(kho_is_enabled);

/**
 * kho_fast_disable - Disable handing over.
 */
void __init kho_fast_disable(void)
{
	kho_enabled = false;
}

static int __init kho_parse_enable(char *arg)
{
	return kstrtobool(arg, &kho_enabled);
}
early_param("kho", kho_parse_enable);
