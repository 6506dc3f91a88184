// SPDX-License-Identifier: GPL-2.0-or-later
/* ValidateEndpointSlice of pkg/apis/discovery/validation, in its order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/choice.h"
#include "api/names.h"
#include "base/ip.h"
#include "base/json.h"
#include "base/memory.h"
#include "impl.h"

#define ENDPOINTS_MAX	1000
#define ADDRESSES_MAX	100
#define PORTS_MAX	20000
#define HINTS_MAX	8

/* False, with an error, when @n is more than @max. */
static bool check_count(struct ipsvc_errors *errs, const char *path, size_t n,
			int max)
{
	char text[24];

	if (n <= (size_t)max)
		return true;
	snprintf(text, sizeof(text), "%zu", n);
	ipsvc_errors_add(errs, IPSVC_ERR_TOO_MANY, path, text,
			 "must have at most %d items", max);
	return false;
}

/* ---- ports --------------------------------------------------------------- */

static void check_port(const json_t *port, const char *base, json_t *names,
		       struct ipsvc_errors *errs)
{
	const json_t *app = json_object_get(port, "appProtocol");
	const char *name = ipsvc_json_text(port, "name");
	char path[IPSVC_PATH_MAX];

	snprintf(path, sizeof(path), "%s.name", base);
	if (*name)
		ipsvc_check_dns1123_label(errs, path, name);
	if (json_object_get(names, name))
		ipsvc_duplicate_string(errs, path, name);
	json_object_set_new(names, name, json_true());
	snprintf(path, sizeof(path), "%s.protocol", base);
	ipsvc_check_one_of(errs, path, ipsvc_json_text(port, "protocol"),
			   ipsvc_protocols);
	snprintf(path, sizeof(path), "%s.appProtocol", base);
	if (app)
		ipsvc_check_qualified_name(errs, path, json_string_value(app));
}

static void check_ports(const json_t *ports, struct ipsvc_errors *errs)
{
	json_t *names, *port;
	size_t i;

	if (!check_count(errs, "ports", json_array_size(ports), PORTS_MAX))
		return;
	names = json_object();
	json_array_foreach(ports, i, port) {
		char path[IPSVC_PATH_MAX / 2];

		snprintf(path, sizeof(path), "ports[%zu]", i);
		check_port(port, path, names, errs);
	}
	json_decref(names);
}

/* ---- endpoints ----------------------------------------------------------- */

static void check_ip(struct ipsvc_errors *errs, const char *base,
		     const char *path, const char *text, bool v4)
{
	struct in6_addr ip;
	size_t before = errs->n;

	/* Only where IPv4 was allowed from the beginning, odd forms are, too. */
	if (v4)
		ipsvc_check_ip(errs, path, text);
	else
		ipsvc_check_canonical_ip(errs, path, text);
	if (errs->n != before)
		return;
	ipsvc_ip_parse(text, &ip, NULL);
	if (ipsvc_ip_is4(&ip) != v4)
		ipsvc_invalid_string(errs, base, text, v4 ?
				     "must be an IPv4 address" :
				     "must be an IPv6 address");
	ipsvc_check_endpoint_ip(errs, path, text);
}

/* IsFullyQualifiedDomainName: a trailing dot is none of the name. */
static void check_domain(struct ipsvc_errors *errs, const char *path,
			 const char *text)
{
	size_t len = strlen(text), before = errs->n;
	char *name;

	if (!len) {
		ipsvc_errors_add(errs, IPSVC_ERR_REQUIRED, path, NULL, NULL);
		return;
	}
	name = xstrndup(text, text[len - 1] == '.' ? len - 1 : len);
	ipsvc_check_dns1123_subdomain(errs, path, name);
	if (errs->n == before && !strchr(name, '.'))
		ipsvc_invalid_string(errs, path, name,
			"should be a domain with at least two segments separated by dots");
	free(name);
}

static void check_address(struct ipsvc_errors *errs, const char *type,
			  const char *base, size_t i, const char *text)
{
	char path[IPSVC_PATH_MAX];

	snprintf(path, sizeof(path), "%s[%zu]", base, i);
	if (!strcmp(type, "IPv4"))
		check_ip(errs, base, path, text, true);
	else if (!strcmp(type, "IPv6"))
		check_ip(errs, base, path, text, false);
	else if (!strcmp(type, "FQDN"))
		check_domain(errs, path, text);
}

static void check_addresses(const json_t *endpoint, const char *type,
			    const char *base, struct ipsvc_errors *errs)
{
	const json_t *list = json_object_get(endpoint, "addresses");
	char path[IPSVC_PATH_MAX / 2];
	json_t *item;
	size_t i;

	snprintf(path, sizeof(path), "%s.addresses", base);
	if (!json_array_size(list))
		ipsvc_errors_add(errs, IPSVC_ERR_REQUIRED, path, NULL,
				 "must contain at least 1 address");
	check_count(errs, path, json_array_size(list), ADDRESSES_MAX);
	json_array_foreach(list, i, item)
		check_address(errs, type, path, i, json_string_value(item));
}

/* @field: "forZones" or "forNodes". False when there are too many. */
static bool check_hints(const json_t *hints, const char *base,
			const char *field, ipsvc_name_rule *rule,
			struct ipsvc_errors *errs)
{
	const json_t *list = json_object_get(hints, field);
	char path[IPSVC_PATH_MAX];
	json_t *names, *item;
	size_t i;

	snprintf(path, sizeof(path), "%s.hints.%s", base, field);
	if (!check_count(errs, path, json_array_size(list), HINTS_MAX))
		return false;
	names = json_object();
	json_array_foreach(list, i, item) {
		const char *name = ipsvc_json_text(item, "name");

		snprintf(path, sizeof(path), "%s.hints.%s[%zu].name", base,
			 field, i);
		if (json_object_get(names, name))
			ipsvc_duplicate_string(errs, path, name);
		json_object_set_new(names, name, json_true());
		rule(errs, path, name);
	}
	json_decref(names);
	return true;
}

/* A field that may be absent, but not anything. */
static void check_text(const json_t *endpoint, const char *base,
		       const char *field, ipsvc_name_rule *rule,
		       struct ipsvc_errors *errs)
{
	const json_t *value = json_object_get(endpoint, field);
	char path[IPSVC_PATH_MAX];

	snprintf(path, sizeof(path), "%s.%s", base, field);
	if (value)
		rule(errs, path, json_string_value(value));
}

static void check_endpoint(const json_t *endpoint, const char *type,
			   const char *base, struct ipsvc_errors *errs)
{
	const json_t *hints = json_object_get(endpoint, "hints");

	check_addresses(endpoint, type, base, errs);
	check_text(endpoint, base, "nodeName", ipsvc_check_dns1123_subdomain,
		   errs);
	check_text(endpoint, base, "hostname", ipsvc_check_dns1123_label, errs);
	if (check_hints(hints, base, "forZones", ipsvc_check_label_value, errs))
		check_hints(hints, base, "forNodes",
			    ipsvc_check_dns1123_subdomain, errs);
}

void ipsvc_endpointslice_validate(const json_t *doc, struct ipsvc_errors *errs)
{
	static const char *const types[] = { "FQDN", "IPv4", "IPv6", NULL };
	const char *type = ipsvc_json_text(doc, "addressType");
	const json_t *list = json_object_get(doc, "endpoints");
	json_t *endpoint;
	size_t i;

	ipsvc_share_validate(ipsvc_json_member(doc, "metadata", "annotations"),
			     errs);
	if (!*type)
		ipsvc_errors_add(errs, IPSVC_ERR_REQUIRED, "addressType", NULL,
				 NULL);
	else
		ipsvc_check_one_of(errs, "addressType", type, types);
	check_ports(json_object_get(doc, "ports"), errs);
	if (!check_count(errs, "endpoints", json_array_size(list),
			 ENDPOINTS_MAX))
		return;
	json_array_foreach(list, i, endpoint) {
		char path[IPSVC_PATH_MAX / 3];

		snprintf(path, sizeof(path), "endpoints[%zu]", i);
		check_endpoint(endpoint, type, path, errs);
	}
}
