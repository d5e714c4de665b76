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

static bool enabled __ro_after_init;
static int incoming_err __ro_after_init;

static int __init parse_liveupdate(char *arg)
{
	return kstrtobool(arg, &enabled);
}
early_param("liveupdate", parse_liveupdate);

/**
 * liveupdate_enabled - Is live update switched on?
 *
 * Return: true with liveupdate=on on the command line and KHO on, unless the
 * start-up failed.
 */
bool liveupdate_enabled(void)
{
	return enabled;
}

/**
 * luo_fast_incoming_error - Is there a handover that could not be read?
 *
 * Return: 0, or what was wrong with the root record.
 */
int luo_fast_incoming_error(void)
{
	return incoming_err;
}

/**
 * luo_fast_disable - Turn live update off.
 */
void __init luo_fast_disable(void)
{
	enabled = false;
}

/**
 * luo_fast_set_incoming_error - Note whether the handover could be read.
 * @err: 0, or what is wrong with the root record.
 */
void __init luo_fast_set_incoming_error(int err)
{
	incoming_err = err;
}
