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

static int qmp_read_byte(struct guest *guest, char *c)
{
	struct pollfd fd = { .fd = guest->qmp, .events = POLLIN };
	int ready;

	do
		ready = poll(&fd, 1, QMP_TIMEOUT_MS);
	while (ready < 0 && errno == EINTR);
	if (!ready)
		return fail("%s: no answer from QEMU in %d s", guest->name, QMP_TIMEOUT_MS / 1000);
	return read(guest->qmp, c, 1) == 1 ? 0 : fail("%s: QEMU has ended", guest->name);
}

/* One byte at a time: a line may come in parts, and nothing after it may be taken. */
static struct json_object *qmp_read(struct guest *guest)
{
	struct json_tokener *tokener = json_tokener_new_ex(64);
	struct json_object *object = NULL;
	char c;

	while (!object && !qmp_read_byte(guest, &c)) {
		object = json_tokener_parse_ex(tokener, &c, 1);
		if (object || json_tokener_get_error(tokener) == json_tokener_continue)
			continue;
		fail("%s: the monitor's answer is not JSON", guest->name);
		break;
	}
	json_tokener_free(tokener);
	return object;
}

static const char *qmp_text(struct json_object *object, const char *key)
{
	return json_object_get_string(json_object_object_get(object, key));
}

static int qmp_check(struct guest *guest, struct json_object *object)
{
	struct json_object *error;

	if (!object)
		return -1;
	if (json_object_object_get_ex(object, "error", &error))
		return fail("%s: QEMU: %s", guest->name, qmp_text(error, "desc"));
	return 0;
}

/* Events that come before are of no interest. NULL: the answer is an error. */
static struct json_object *qmp_await(struct guest *guest, const char *key)
{
	for (;;) {
		struct json_object *object = qmp_read(guest);

		if (qmp_check(guest, object)) {
			json_object_put(object);
			return NULL;
		}
		if (json_object_object_get_ex(object, key, NULL))
			return object;
		json_object_put(object);
	}
}

static int qmp_send(struct guest *guest, const char *command, const char *arguments)
{
	if (dprintf(guest->qmp, "{\"execute\": \"%s\"%s%s}\n", command,
		    arguments ? ", \"arguments\": " : "", arguments ?: "") < 0)
		return fail_errno("%s: the monitor of QEMU", guest->name);
	return 0;
}

/* The answer, or NULL */
static struct json_object *qmp_ask(struct guest *guest, const char *command,
				   const char *arguments)
{
	return qmp_send(guest, command, arguments) ? NULL : qmp_await(guest, "return");
}

int qmp_call(struct guest *guest, const char *command, const char *arguments)
{
	struct json_object *answer = qmp_ask(guest, command, arguments);

	json_object_put(answer);
	return answer ? 0 : -1;
}

/* The type with its version, where q35 is the newest that a QEMU has */
int qmp_machine(struct guest *guest, char machine[MACHINE_LEN])
{
	struct json_object *answer = qmp_ask(guest, "qom-get",
					     "{\"path\": \"/machine\", \"property\": \"type\"}");
	const char *type = answer ? qmp_text(answer, "return") : NULL;
	const char *end = type ? strstr(type, "-machine") : NULL;
	int error = 0;

	if (end && end - type < MACHINE_LEN)
		snprintf(machine, MACHINE_LEN, "%.*s", (int)(end - type), type);
	else
		error = fail("%s: QEMU does not say the type of its machine", guest->name);
	json_object_put(answer);
	return error;
}

int qmp_begin(struct guest *guest)
{
	struct json_object *greeting = qmp_await(guest, "QMP");

	if (!greeting)
		return -1;
	json_object_put(greeting);
	if (qmp_call(guest, "qmp_capabilities", NULL) ||
	    qmp_call(guest, "migrate-set-capabilities",
		     "{\"capabilities\": [{\"capability\": \"x-ignore-shared\", \"state\": true}, "
		     "{\"capability\": \"events\", \"state\": true}]}"))
		return -1;
	return qmp_call(guest, "migrate-set-parameters", "{\"mode\": \"cpr-reboot\"}");
}

/* Whether it is done: 1; 0: not yet; -1: it failed */
static int qmp_migrated(struct guest *guest, struct json_object *object, const char *command)
{
	struct json_object *data;
	const char *status = NULL;

	if (qmp_check(guest, object))
		return -1;
	if (json_object_object_get_ex(object, "data", &data))
		status = qmp_text(data, "status");
	if (status && !strcmp(status, "failed"))
		return fail("%s: QEMU failed to %s", guest->name, command);
	return status && !strcmp(status, "completed");
}

int qmp_migrate(struct guest *guest, const char *command, int fd)
{
	char arguments[64];
	int done = 0;

	snprintf(arguments, sizeof(arguments), "{\"uri\": \"file:/proc/self/fd/%d\"}", fd);
	if (qmp_send(guest, command, arguments))
		return -1;
	while (!done) {
		struct json_object *object = qmp_read(guest);

		done = qmp_migrated(guest, object, command);
		json_object_put(object);
	}
	return done < 0 ? -1 : 0;
}
