// SPDX-License-Identifier: GPL-2.0-only
/* Guests as the command line names them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keeper.h"

#define DEFAULT_MIB	64

struct spec {
	char name[NAME_LEN];
	unsigned long mib, cpus, pages;
	int kind;
	char kernel[KERNEL_LEN];
};

static bool copy_text(char *to, size_t size, const char *from)
{
	return *from && snprintf(to, size, "%s", from) < (int)size;
}

static bool parse_number(unsigned long *number, const char *text)
{
	char *end;

	*number = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && *number;
}

/* Names are in command lines, in file names and in those of sessions. */
static bool parse_name(char *name, const char *word)
{
	if (strlen(word) >= NAME_LEN)
		die("guest '%s': its name has %zu bytes, at most %d are possible", word,
		    strlen(word), NAME_LEN - 1);
	if (*word == '-')
		die("guest '%s': a name cannot begin with '-'", word);
	return copy_text(name, NAME_LEN, word);
}

/* The word that is at @position among those without a key */
static bool parse_word(struct spec *spec, const char *word, int *position)
{
	if (!strncmp(word, "kernel=", 7))
		return copy_text(spec->kernel, sizeof(spec->kernel), word + 7);
	if (!strncmp(word, "pages=", 6))
		return parse_number(&spec->pages, word + 6);
	switch ((*position)++) {
	case 0:
		return parse_name(spec->name, word);
	case 1:
		return parse_number(&spec->mib, word);
	case 2:
		return parse_number(&spec->cpus, word);
	case 3:
		spec->kind = memory_kind(word);
		return spec->kind >= 0;
	default:
		return false;
	}
}

static struct spec parse(const char *text)
{
	struct spec spec = { .mib = DEFAULT_MIB, .cpus = 1 };
	char *words = strdup(text), *rest = words, *word;
	int position = 0;

	if (!words)
		die_errno("'%s'", text);
	while ((word = strsep(&rest, ",")))
		if (!parse_word(&spec, word, &position))
			die("'%s' in '%s': a guest is NAME[,MIB[,CPUS[,KIND]]][,kernel=FILE]"
			    "[,pages=N], KIND plain, scattered, huge or ballooned", word, text);
	free(words);
	if (!*spec.name)
		die("'%s' names no guest", text);
	if (spec.kind != KIND_PLAIN && spec.pages)
		die("'%s': pages= is for plain memory", text);
	return spec;
}

void spec_create(struct guest *guest, const char *text)
{
	struct spec spec = parse(text);

	guest_create(guest, spec.name, (uint64_t)spec.mib << 20, spec.cpus, spec.kind);
	guest->note->pages = spec.pages;
	snprintf(guest->note->kernel, sizeof(guest->note->kernel), "%s", spec.kernel);
}

/* All but the name is in its note. */
void spec_expect(struct guest *guest, const char *text)
{
	guest_expect(guest, parse(text).name);
}
