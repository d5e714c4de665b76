// SPDX-License-Identifier: GPL-2.0-only
/* QEMU's monitor: commands and events are JSON objects, one a line. */
#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "keeper.h"

#define QMP_TIMEOUT_MS	120000

/* One byte at a time: a line may come in parts, and nothing after it may be taken. */
static struct json_object *qmp_read(struct guest *guest)
{
	struct json_tokener *tokener = json_tokener_new_ex(64);
	struct json_object *object = NULL;

	while (!object) {
		struct pollfd fd = { .fd = guest->qmp, .events = POLLIN };
		int ready = poll(&fd, 1, QMP_TIMEOUT_MS);
		char c;

		if (ready < 0 && errno == EINTR)
			continue;
		if (!ready)
			die("%s: no answer from QEMU in %d s", guest->name, QMP_TIMEOUT_MS / 1000);
		if (read(guest->qmp, &c, 1) != 1)
			die("%s: QEMU has ended", guest->name);
		object = json_tokener_parse_ex(tokener, &c, 1);
		if (!object && json_tokener_get_error(tokener) != json_tokener_continue)
			die("%s: the monitor's answer is not JSON", guest->name);
	}
	json_tokener_free(tokener);
	return object;
}

static const char *qmp_text(struct json_object *object, const char *key)
{
	return json_object_get_string(json_object_object_get(object, key));
}

static void qmp_check(struct guest *guest, struct json_object *object)
{
	struct json_object *error;

	if (json_object_object_get_ex(object, "error", &error))
		die("%s: QEMU: %s", guest->name, qmp_text(error, "desc"));
}

/* Events that come before are of no interest. */
static void qmp_await(struct guest *guest, const char *key)
{
	bool found = false;

	while (!found) {
		struct json_object *object = qmp_read(guest);

		qmp_check(guest, object);
		found = json_object_object_get_ex(object, key, NULL);
		json_object_put(object);
	}
}

static void qmp_send(struct guest *guest, const char *command, const char *arguments)
{
	if (dprintf(guest->qmp, "{\"execute\": \"%s\"%s%s}\n", command,
		    arguments ? ", \"arguments\": " : "", arguments ?: "") < 0)
		die_errno("%s: the monitor of QEMU", guest->name);
}

void qmp_call(struct guest *guest, const char *command, const char *arguments)
{
	qmp_send(guest, command, arguments);
	qmp_await(guest, "return");
}

void qmp_begin(struct guest *guest)
{
	qmp_await(guest, "QMP");
	qmp_call(guest, "qmp_capabilities", NULL);
	qmp_call(guest, "migrate-set-capabilities",
		 "{\"capabilities\": [{\"capability\": \"x-ignore-shared\", \"state\": true}, "
		 "{\"capability\": \"events\", \"state\": true}]}");
	qmp_call(guest, "migrate-set-parameters", "{\"mode\": \"cpr-reboot\"}");
}

void qmp_migrate(struct guest *guest, const char *command, int fd)
{
	char arguments[64];

	snprintf(arguments, sizeof(arguments), "{\"uri\": \"file:/proc/self/fd/%d\"}", fd);
	qmp_send(guest, command, arguments);
	for (;;) {
		struct json_object *object = qmp_read(guest), *data;
		const char *status = NULL;
		bool done;

		qmp_check(guest, object);
		if (json_object_object_get_ex(object, "data", &data))
			status = qmp_text(data, "status");
		if (status && !strcmp(status, "failed"))
			die("%s: QEMU failed to %s", guest->name, command);
		done = status && !strcmp(status, "completed");
		json_object_put(object);
		if (done)
			return;
	}
}
