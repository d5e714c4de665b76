// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VMM as seen by the Live Update Orchestrator: its memory survives a kexec, it does not.
 *
 * usage: vmm-example start|resume NAME [SOCKET]
 */
#include <err.h>
#include <luo.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY_WORDS	(1UL << 20)
#define VERSION		1

static struct luo_manifest manifest;

static int checked(int rc, const char *what)
{
	if (rc < 0)
		errx(1, "%s: %s", what, strerror(-rc));
	return rc;
}

/* Stands for what a guest has in its memory. */
static uint64_t word(const char *name, uint64_t i)
{
	return (i + strlen(name)) * 0x9e3779b97f4a7c15 ^ (unsigned char)name[i % strlen(name)];
}

static uint64_t *map(int memory)
{
	void *v = mmap(NULL, MEMORY_WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);

	if (v == MAP_FAILED)
		err(1, "memory");
	return v;
}

static void start(int hold, const char *name)
{
	int session = checked(luo_hold_subscribe(hold, name), "subscribe");
	int memory = memfd_create("memory", MFD_CLOEXEC);
	uint64_t *v, i;

	if (memory < 0 || ftruncate(memory, MEMORY_WORDS * sizeof(*v)))
		err(1, "memory");
	for (v = map(memory), i = 0; i < MEMORY_WORDS; i++)
		v[i] = word(name, i);
	checked(luo_manifest_create(&manifest, session), "manifest");
	checked(luo_manifest_add(&manifest, memory, "memory", VERSION), "memory");
	checked(luo_hold_ready(hold), "ready");
}

static void resume(int hold, const char *name)
{
	uint32_t version;
	uint64_t *v, i;
	int memory;

	checked(luo_manifest_retrieve(&manifest, checked(luo_hold_claim(hold, name), "claim")),
		"manifest");
	memory = checked(luo_manifest_get(&manifest, "memory", &version), "memory");
	if (version != VERSION)
		errx(1, "memory of version %u, not %u", version, VERSION);
	for (v = map(memory), i = 0; i < MEMORY_WORDS; i++)
		if (v[i] != word(name, i))
			errx(1, "word %ju of the memory is wrong", (uintmax_t)i);
	checked(luo_hold_finish(hold, name), "finish");
}

int main(int argc, char **argv)
{
	if (argc < 3 || !*argv[2] || (strcmp(argv[1], "start") && strcmp(argv[1], "resume")))
		errx(2, "usage: vmm-example start|resume NAME [SOCKET]");
	(strcmp(argv[1], "start") ? resume : start)(checked(luo_hold_connect(argv[3]), "hold"),
						    argv[2]);
	return 0;
}
