// SPDX-License-Identifier: GPL-2.0-only
/*
 * khoctl check: conditions under which 'systemctl kexec' loses what services keep, without an
 * error of its own. /dev/liveupdate is not opened: systemd would find it busy meanwhile.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"
#include "luo.h"

#define SHOW "systemctl show --property=Id,ActiveState,NFileDescriptorStore,"		\
	     "FileDescriptorStorePreserve,LUOSession '*.service'"

static const struct argp_option options[] = {
	{ "loaded", 'l', NULL, 0, "An image that is not loaded is a fault", 0 },
	{ "services", 's', "FILE", 0, "Output of 'systemctl show' on another host, see khoctl(8)",
	  0 },
	{ 0 }
};

static bool must_be_loaded;
static const char *services_file;

static const struct setting settings[] = {
	{ 'l', NULL, &must_be_loaded }, { 's', &services_file, NULL }, { 0 }
};

/* A service with descriptors, or with sessions that it should have */
struct service {
	char	name[256], preserve[16], state[16];	/* a unit's name has at most 255 */
	bool	luo_session;
	long	stored;
};

static struct check {
	bool		systemd;	/* is init */
	char		preflight[256];	/* verdict of the kernel on the image, or empty */
	bool		loaded, loaded_known;
	pid_t		holder;		/* of the device, or 0 */
	char		holder_name[32];
	bool		holder_stays;	/* until the kexec */
	struct service	*services;
	size_t		nr_services;
	bool		services_known;
	char		**faults;
	size_t		nr_faults;
} ck;

__attribute__((format(printf, 1, 2)))
static void fault(const char *fmt, ...)
{
	va_list args;

	ck.faults = array_grow(ck.faults, ck.nr_faults, sizeof(*ck.faults));
	va_start(args, fmt);
	ck.faults[ck.nr_faults++] = text_vformat(fmt, args);
	va_end(args);
}

/* systemd-shutdown spares processes whose argv[0] begins with '@'. */
static void read_holder(void)
{
	char path[32], arguments[2] = "";
	size_t denied;

	ck.holder = luo_device_holder(&denied);
	if (denied && !ck.holder)
		warnx("not all processes are visible: run as root of the host");
	if (!ck.holder)
		return;
	snprintf(path, sizeof(path), "/proc/%d/comm", ck.holder);
	file_line(path, ck.holder_name, sizeof(ck.holder_name));
	snprintf(path, sizeof(path), "/proc/%d/cmdline", ck.holder);
	file_line(path, arguments, sizeof(arguments));
	ck.holder_stays = *arguments == '@';
}

static void judge_holder(void)
{
	if (!ck.holder || !ck.systemd)
		return;
	if (ck.holder_stays)
		fault(LUO_DEVICE " is held by process %d (%s), which systemd-shutdown spares: it "
		      "cannot open the device then, and all descriptor stores are lost; end that "
		      "process", ck.holder, ck.holder_name);
	else
		fault(LUO_DEVICE " is held by process %d (%s): no service gets a session meanwhile, "
		      "and systemd-shutdown ends the process with all sessions that only it has; "
		      "end it before", ck.holder, ck.holder_name);
}

static void read_loaded(void)
{
	uint64_t loaded = 0;

	ck.loaded_known = file_number("/sys/kernel/kexec/loaded", &loaded) ||
			  file_number("/sys/kernel/kexec_loaded", &loaded);
	ck.loaded = loaded;
	if (must_be_loaded && !ck.loaded)
		fault("no image is loaded: the kexec would be an ordinary reboot; load one with "
		      "kexec_file_load(2), as 'systemctl kexec' and 'kexec -s' do");
}

/* Without an image there is nothing to judge. */
static void read_preflight(void)
{
	const char *why = ck.loaded ? host_preflight(ck.preflight, sizeof(ck.preflight)) : NULL;

	if (why)
		fault("the kernel would refuse a live update: %s", why);
}

static void set(struct service *s, const char *key, const char *value)
{
	if (!strcmp(key, "Id"))
		snprintf(s->name, sizeof(s->name), "%s", value);
	else if (!strcmp(key, "ActiveState"))
		snprintf(s->state, sizeof(s->state), "%s", value);
	else if (!strcmp(key, "FileDescriptorStorePreserve"))
		snprintf(s->preserve, sizeof(s->preserve), "%s", value);
	else if (!strcmp(key, "NFileDescriptorStore"))
		s->stored = strtol(value, NULL, 10);
	else if (!strcmp(key, "LUOSession"))
		s->luo_session = *value;
}

static void add_service(const struct service *s)
{
	if (!*s->name || (!s->stored && !s->luo_session))
		return;
	ck.services = array_grow(ck.services, ck.nr_services, sizeof(*s));
	ck.services[ck.nr_services++] = *s;
}

/* Lines KEY=VALUE; a blank line ends a service. */
static void parse_services(char *text)
{
	struct service s = { 0 };
	char *line, *value;

	while ((line = strsep(&text, "\n"))) {
		value = strchr(line, '=');
		if (value) {
			*value++ = 0;
			set(&s, line, value);
		} else {
			add_service(&s);
			s = (struct service){ 0 };
		}
	}
	add_service(&s);
}

static void read_services(void)
{
	bool here = ck.systemd && file_is_local();
	const char *why;
	char *text;

	if (!services_file && !here)
		return;
	text = file_text(services_file ? fopen(services_file, "re") : popen(SHOW, "re"), NULL);
	if (!text || !*text) {
		why = text ? "nothing" : strerror(errno);
		free(text);
		errx(EXIT_INPUT, "%s: %s: what services keep is not known",
		     services_file ? services_file : "systemctl show", why);
	}
	ck.services_known = true;
	parse_services(text);
	free(text);
}

static bool is_preserved(const struct service *s)
{
	return !strcmp(s->preserve, "yes") || !strcmp(s->preserve, "on-success");
}

static void judge_services(void)
{
	const struct service *s;

	for (s = ck.services; s < ck.services + ck.nr_services; s++) {
		if (!s->luo_session)
			continue;
		if (!s->stored && !strcmp(s->state, "active"))
			fault("%s has LUOSession=, but no session: " LUO_DEVICE " was held, or live "
			      "update off, when it started; restart it", s->name);
		if (!is_preserved(s))
			fault("%s has LUOSession=, but its sessions end with this kernel: set "
			      "FileDescriptorStorePreserve=yes", s->name);
	}
}

/* Sessions that systemd does not have end with the process that has them. */
static void judge_sessions(void)
{
	const struct sessions *all = sessions_read();
	const struct session *x;

	for (x = all->v; ck.systemd && x < all->v + all->nr; x++) {
		if (x->pid && !x->init && !x->retrieved)
			fault("session '%s' is open in process %d only, which systemd-shutdown ends: "
			      "put it into the descriptor store of its service", x->name, x->pid);
	}
}

/* The kernel refuses the kexec; with drop_unretrieved it does not. */
static void judge_unretrieved(void)
{
	uint64_t nr = 0, drop = 0;

	file_number(LUO_DIR "/drop_unretrieved", &drop);
	if (file_number(LUO_DIR "/unretrieved_sessions", &nr) && nr && !drop)
		fault("sessions of the last live update are not retrieved: %" PRIu64 ", and the "
		      "kernel refuses to lose them; 'khoctl sessions list' shows them; retrieve or "
		      "finish them, or write 1 to " LUO_DIR "/drop_unretrieved", nr);
}

static struct json_object *json_check(const char *no_luo)
{
	struct json_object *v = json_object_new_object(), *faults = json_object_new_array();
	struct json_object *services = json_object_new_array(), *o;
	size_t i;

	json_add_bool(v, "live_update", !no_luo);
	json_add_bool(v, "systemd", ck.systemd);
	if (ck.loaded_known)
		json_add_bool(v, "loaded", ck.loaded);
	if (*ck.preflight)
		json_add_text(v, "preflight", ck.preflight);
	if (ck.holder)
		json_add(v, "holder", ck.holder);
	for (i = 0; i < ck.nr_services; i++) {
		o = json_object_new_object();
		json_add_text(o, "name", ck.services[i].name);
		json_add(o, "descriptors", ck.services[i].stored);
		json_add_bool(o, "preserved", is_preserved(&ck.services[i]));
		json_object_array_add(services, o);
	}
	if (ck.services_known)
		json_object_object_add(v, "services", services);
	else
		json_object_put(services);
	for (i = 0; i < ck.nr_faults; i++)
		json_object_array_add(faults, json_object_new_string(ck.faults[i]));
	json_object_object_add(v, "faults", faults);
	return v;
}

static void print_text(const char *no_luo)
{
	size_t i;

	printf("live update  %s\n", no_luo ? "off" : "on");
	if (ck.holder)
		printf("device       held by process %d (%s)\n", ck.holder, ck.holder_name);
	else
		printf("device       free\n");
	printf("image        %s\n", !ck.loaded_known ? "not known" : ck.loaded ? "loaded" : "none");
	if (ck.loaded)
		printf("preflight    %s\n", *ck.preflight ? ck.preflight :
		       "not known: this kernel has no " KHO_DIR "/out/preflight");
	if (!ck.services_known)
		printf("services     not known: %s\n", ck.systemd ? "-s has those of another host" :
		       "systemd is not the init of this system");
	for (i = 0; i < ck.nr_services; i++)
		printf("service      %s: %ld descriptors, %s\n", ck.services[i].name,
		       ck.services[i].stored,
		       is_preserved(&ck.services[i]) ? "preserved" : "lost with this kernel");
	for (i = 0; i < ck.nr_faults; i++)
		printf("BAD: %s\n", ck.faults[i]);
}

static int run(bool json, char **words)
{
	char *no_luo = text_dup(why_no_luo());

	(void)words;
	ck.systemd = file_exists("/run/systemd/system");
	if (no_luo)
		fault("%s", no_luo);
	read_holder();
	judge_holder();
	read_loaded();
	read_preflight();
	read_services();
	judge_services();
	judge_sessions();
	judge_unretrieved();
	if (json)
		json_print(json_check(no_luo));
	else
		print_text(no_luo);
	free(no_luo);
	return ck.nr_faults ? EXIT_WRONG : EXIT_FINE;
}

const struct command cmd_check = {
	.name = "check",
	.help = "Faults for which a kexec would lose what services keep",
	.args_doc = "",
	.doc = "Whether a kexec now would hand over: live update, owner of /dev/liveupdate, loaded "
	       "image, sessions, descriptor stores of systemd's services.",
	.options = options,
	.settings = settings,
	.run = run,
};
