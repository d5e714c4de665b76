// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The switch of LUO
 *
 * liveupdate= on the command line, and what turns LUO off later. A handover that
 * could not be read leaves LUO on, and is an error for all who look for it.
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
 * liveupdate_enabled - Is live update switched on?
 *
 * Return: true with liveupdate=on on the command line and KHO on, unless the
 * start-up failed.
 */
bool liveupdate_enabled(void)
{
	return luo_enabled;
}

/**
 * luo_fast_incoming_error - Is there a handover that could not be read?
 *
 * Return: 0, or what was wrong with the root record.
 */
int luo_fast_incoming_error(void)
{
	return luo_incoming_err;
}

/**
 * luo_fast_disable - Turn live update off.
 */
void __init luo_fast_disable(void)
{
	luo_enabled = false;
}

/**
 * luo_fast_set_incoming_error - Note whether the handover could be read.
 * @err: 0, or what is wrong with the root record.
 */
void __init luo_fast_set_incoming_error(int err)
{
	luo_incoming_err = err;
}
