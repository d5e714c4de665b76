// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times of any size as text.
 */
#include <stddef.h>
#include <stdio.h>

#include "duration.h"

static const struct {
	double		ns;
	const char	*name;
} units[] = {
	{ 1, "ns" }, { 1e3, "us" }, { 1e6, "ms" }, { 1e9, "s" }, { 86400e9, "d" },
	{ 31557600e9, "y" },
};

static size_t unit_of(double ns)
{
	size_t u = sizeof(units) / sizeof(*units) - 1;

	while (u && ns < units[u].ns)
		u--;
	return u;
}

static int digits(double value)
{
	return value < 10 ? 2 : value < 100 ? 1 : 0;
}

struct time_text time_text(double ns)
{
	size_t u = unit_of(ns);
	double value = ns / units[u].ns;
	struct time_text text;

	snprintf(text.s, sizeof(text.s), "%.*f %s", digits(value), value, units[u].name);
	return text;
}

struct time_text time_text_like(double ns, double like)
{
	double value = ns / units[unit_of(like)].ns;
	struct time_text text;

	snprintf(text.s, sizeof(text.s), "%.*f", digits(value), value);
	return text;
}
