// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Enabling LUO
 *
 * liveupdate= on the command line, and disabling LUO later. LUO stays enabled
 * when the handover was refused; its users get an error.
 */
#include <linux/cache.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/liveupdate.h>

#include "enable.h"

static bool luo_enabled __ro_after_init;
static int luo_incoming_err __ro_after_init;

static int __init luo_parse_liveupdate(char *arg)
{
	return kstrtobool(arg, &luo_enabled);
}
early_param("liveupdate", luo_parse_liveupdate);

/**
 * liveupdate_enabled - Check whether live update is enabled.
 *
 * Return: true with liveupdate=on on the command line and KHO enabled, unless
 * initialisation failed.
 */
bool liveupdate_enabled(void)
{
	return luo_enabled;
}

/**
 * luo_fast_incoming_error - Get the error of the handover.
 *
 * Return: 0, or the error with which the handover was refused.
 */
int luo_fast_incoming_error(void)
{
	return luo_incoming_err;
}

/**
 * luo_fast_disable - Disable live update.
 */
void __init luo_fast_disable(void)
{
	luo_enabled = false;
}

/**
 * luo_fast_set_incoming_error - Set the error of the handover.
 * @err: 0, or the error with which the handover was refused.
 */
void __init luo_fast_set_incoming_error(int err)
{
	luo_incoming_err = err;
}
