// SPDX-License-Identifier: GPL-2.0-or-later
#include "subsets.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"

enum { ABSENT, READY, NOT_READY };	/* an address at a port */

static const char *ip_of(const json_t *address)
{
	return ipsvc_json_text(address, "ip");
}

static const char *uid_of(const json_t *address)
{
	return ipsvc_json_text(json_object_get(address, "targetRef"), "uid");
}

/* Where @value is in @array, where it is put unless @index has @key. */
static size_t intern(json_t **array, json_t **index, const char *key,
		     json_t *value)
{
	const json_t *at;

	if (!*array) {
		*array = json_array();
		*index = json_object();
	}
	at = json_object_get(*index, key);
	if (at)
		return (size_t)json_integer_value(at);
	json_object_set_new(*index, key,
			    json_integer((json_int_t)json_array_size(*array)));
	json_array_append(*array, value);
	return json_array_size(*array) - 1;
}

void ipsvc_subsets_add(struct ipsvc_subsets *s, json_t *address, json_t *port,
		       bool ready)
{
	char *host = xasprintf("%s %s", ip_of(address), uid_of(address));
	char *text = port ? json_dumps(port, JSON_SORT_KEYS) : xstrdup("");
	json_t *none = json_null();

	s->entries = ipsvc_grow(s->entries, s->n, &s->cap, sizeof(*s->entries));
	s->entries[s->n++] = (struct ipsvc_subset_entry){
		.address = intern(&s->addresses, &s->address_index, host,
				  address),
		.port = intern(&s->ports, &s->port_index, text,
			       port ? port : none),
		.ready = ready,
	};
	free(host);
	free(text);
}

static int by_address(const void *pa, const void *pb, void *addresses)
{
	const json_t *a = json_array_get(addresses, *(const size_t *)pa);
	const json_t *b = json_array_get(addresses, *(const size_t *)pb);
	int d = strcmp(ip_of(a), ip_of(b));

	return d ? d : strcmp(uid_of(a), uid_of(b));
}

/* Indices of the addresses in their order; the caller frees them. */
static size_t *in_order(json_t *addresses)
{
	size_t n = json_array_size(addresses), *order = xcalloc(n, sizeof(*order));

	for (size_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof(*order), by_address, addresses);
	return order;
}

static void add_addresses(json_t *subset, const char *field, json_t *addresses,
			  const size_t *order, const char *row, char state)
{
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(addresses); i++)
		if (row[order[i]] == state)
			json_array_append(list, json_array_get(addresses,
							       order[i]));
	if (json_array_size(list))
		json_object_set(subset, field, list);
	json_decref(list);
}

/* The ports from @first on that have the same row. */
static json_t *ports_like(json_t *ports, char *const *rows, size_t first,
			  size_t width, bool *done)
{
	json_t *list = json_array();

	for (size_t i = first; i < json_array_size(ports); i++) {
		json_t *port = json_array_get(ports, i);

		if (memcmp(rows[i], rows[first], width))
			continue;
		done[i] = true;
		if (!json_is_null(port))
			json_array_append(list, port);
	}
	return list;
}

static json_t *subset_of(const struct ipsvc_subsets *s, char *const *rows,
			 const size_t *order, size_t first, bool *done)
{
	json_t *subset = json_object(), *ports;

	add_addresses(subset, "addresses", s->addresses, order, rows[first],
		      READY);
	add_addresses(subset, "notReadyAddresses", s->addresses, order,
		      rows[first], NOT_READY);
	ports = ports_like(s->ports, rows, first,
			   json_array_size(s->addresses), done);
	if (json_array_size(ports))
		json_object_set(subset, "ports", ports);
	json_decref(ports);
	return subset;
}

json_t *ipsvc_subsets_take(struct ipsvc_subsets *s)
{
	size_t nports = json_array_size(s->ports);
	size_t width = json_array_size(s->addresses);
	char **rows = xcalloc(nports, sizeof(*rows));
	bool *done = xcalloc(nports, sizeof(*done));
	size_t *order = in_order(s->addresses);
	json_t *out = json_array();

	for (size_t i = 0; i < nports; i++)
		rows[i] = xcalloc(width, 1);
	for (size_t i = 0; i < s->n; i++) {
		char *at = &rows[s->entries[i].port][s->entries[i].address];

		if (*at != NOT_READY)
			*at = s->entries[i].ready ? READY : NOT_READY;
	}
	for (size_t i = 0; i < nports; i++)
		if (!done[i])
			json_array_append_new(out, subset_of(s, rows, order, i,
							     done));
	for (size_t i = 0; i < nports; i++)
		free(rows[i]);
	free(rows);
	free(done);
	free(order);
	json_decref(s->addresses);
	json_decref(s->ports);
	json_decref(s->address_index);
	json_decref(s->port_index);
	free(s->entries);
	*s = (struct ipsvc_subsets){0};
	return out;
}
