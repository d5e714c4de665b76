// SPDX-License-Identifier: GPL-2.0-only
/* What an operator sees of sessions that nobody has retrieved */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "steps.h"
#include "verdict.h"

/* Number of sessions that nobody has retrieved in debugfs, where files have lines, too */
static unsigned int listed(void)
{
	char *text = file_text("/sys/kernel/debug/liveupdate/state"), *line, *save;
	unsigned int nr = 0;

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "incoming session '", 18) || strstr(line, " token=") ||
		    strstr(line, " retrieved"))
			continue;
		verdict_text(line);
		nr++;
	}
	free(text);
	return nr;
}

/*
 * With such sessions there must be no kexec: one that goes ahead resets the machine. Nothing to
 * report if LUO is off, as after a refused handover.
 */
const char *step_unretrieved(const struct step *step)
{
	const char *reason;
	long nr;

	if (file_number("/sys/kernel/liveupdate/unretrieved_sessions", &nr))
		return NULL;
	verdict_kv("unretrieved", nr);
	if (!nr)
		return NULL;
	verdict_kv("listed", listed());
	reason = step_kexec_load(step);
	verdict_kv("kexec_busy", !!strstr(reason, strerror(EBUSY)));
	return NULL;
}
