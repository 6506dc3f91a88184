// SPDX-License-Identifier: GPL-2.0-or-later
/* A set of ports as a bitmap. */
#include "port_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define WORDS	(sizeof(((struct port_set *)NULL)->bits) / sizeof(uint64_t))
#define SPACE	" \t\n"

static bool has(const struct port_set *set, unsigned int port)
{
	return set->bits[port / 64] >> (port % 64) & 1;
}

void port_set_add(struct port_set *set, unsigned int min, unsigned int max)
{
	for (unsigned int p = min; p <= max && p <= PORT_MAX; p++)
		set->bits[p / 64] |= UINT64_C(1) << (p % 64);
}

static bool read_port(const char **p, unsigned int *port)
{
	unsigned long value;
	char *end;

	if (**p < '0' || **p > '9')
		return false;
	value = strtoul(*p, &end, 10);
	if (value > PORT_MAX)
		return false;
	*port = (unsigned int)value;
	*p = end;
	return true;
}

/* "A", "A-B" or "A<blanks>B". */
static bool read_range(const char **p, unsigned int *min, unsigned int *max)
{
	const char *rest;

	if (!read_port(p, min))
		return false;
	*max = *min;
	rest = *p + strspn(*p, SPACE);
	if (*rest == '-')
		rest++;
	else if (rest == *p || *rest < '0' || *rest > '9')
		return true;
	*p = rest;
	return read_port(p, max) && *max >= *min;
}

bool port_set_parse(struct port_set *set, const char *text)
{
	const char *p = text + strspn(text, SPACE);
	unsigned int min, max;

	while (*p) {
		if (!read_range(&p, &min, &max))
			return false;
		port_set_add(set, min, max);
		p += strspn(p, SPACE);
		if (!*p)
			return true;
		if (*p++ != ',')
			return false;
		p += strspn(p, SPACE);
		if (!*p)
			return false;
	}
	return true;
}

void port_set_intersect(struct port_set *set, const struct port_set *other)
{
	for (size_t i = 0; i < WORDS; i++)
		set->bits[i] &= other->bits[i];
}

void port_set_subtract(struct port_set *set, const struct port_set *other)
{
	for (size_t i = 0; i < WORDS; i++)
		set->bits[i] &= ~other->bits[i];
}

void port_set_union(struct port_set *set, const struct port_set *other)
{
	for (size_t i = 0; i < WORDS; i++)
		set->bits[i] |= other->bits[i];
}

size_t port_set_count(const struct port_set *set)
{
	size_t n = 0;

	for (size_t i = 0; i < WORDS; i++)
		n += (size_t)__builtin_popcountll(set->bits[i]);
	return n;
}

char *port_set_print(const struct port_set *set)
{
	struct ipsvc_buf buf = {0};
	unsigned int p = 0, end;

	for (; p <= PORT_MAX; p = end + 1) {
		end = p;
		if (!has(set, p))
			continue;
		while (end < PORT_MAX && has(set, end + 1))
			end++;
		ipsvc_buf_printf(&buf, "%s%u", buf.len ? "," : "", p);
		if (end > p)
			ipsvc_buf_printf(&buf, "-%u", end);
	}
	return ipsvc_buf_take(&buf);
}
