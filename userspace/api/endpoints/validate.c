// SPDX-License-Identifier: GPL-2.0-or-later
/* ValidateEndpoints of pkg/apis/core/validation, in its order. */
#include <stdio.h>

#include "api/names.h"
#include "base/ip.h"
#include "base/json.h"
#include "impl.h"

static void check_address(const json_t *address, const char *base,
			  struct ipsvc_errors *errs)
{
	const char *ip = ipsvc_json_text(address, "ip");
	const char *hostname = ipsvc_json_text(address, "hostname");
	const json_t *node = json_object_get(address, "nodeName");
	char path[IPSVC_PATH_MAX];
	size_t before = errs->n;
	struct in6_addr addr;
	bool valid;

	snprintf(path, sizeof(path), "%s.ip", base);
	ipsvc_check_ip(errs, path, ip);
	valid = errs->n == before;
	snprintf(path, sizeof(path), "%s.hostname", base);
	if (*hostname)
		ipsvc_check_dns1123_label(errs, path, hostname);
	snprintf(path, sizeof(path), "%s.nodeName", base);
	if (node)
		ipsvc_check_dns1123_subdomain(errs, path,
					      json_string_value(node));
	snprintf(path, sizeof(path), "%s.ip", base);
	if (valid)
		ipsvc_check_endpoint_ip(errs, path, ip);
	else if (!ipsvc_ip_parse_sloppy(ip, &addr))
		ipsvc_invalid_string(errs, path, ip, "must be a valid IP address");
}

static void check_port(const json_t *port, bool named, const char *base,
		       struct ipsvc_errors *errs)
{
	const json_t *app = json_object_get(port, "appProtocol");
	const char *name = ipsvc_json_text(port, "name");
	char path[IPSVC_PATH_MAX];

	snprintf(path, sizeof(path), "%s.name", base);
	if (*name)
		ipsvc_check_dns1123_label(errs, path, name);
	else if (named)
		ipsvc_errors_add(errs, IPSVC_ERR_REQUIRED, path, NULL, NULL);
	snprintf(path, sizeof(path), "%s.port", base);
	ipsvc_check_port_number(errs, path, ipsvc_json_int(port, "port"));
	snprintf(path, sizeof(path), "%s.protocol", base);
	ipsvc_check_one_of(errs, path, ipsvc_json_text(port, "protocol"),
			   ipsvc_protocols);
	snprintf(path, sizeof(path), "%s.appProtocol", base);
	if (app)
		ipsvc_check_qualified_name(errs, path, json_string_value(app));
}

static void check_addresses(const json_t *subset, const char *field,
			    const char *base, struct ipsvc_errors *errs)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(subset, field), i, item) {
		char path[IPSVC_PATH_MAX - 16];

		snprintf(path, sizeof(path), "%s.%s[%zu]", base, field, i);
		check_address(item, path, errs);
	}
}

static void check_subset(const json_t *subset, const char *base,
			 struct ipsvc_errors *errs)
{
	const json_t *ports = json_object_get(subset, "ports");
	json_t *item;
	size_t i;

	if (!json_array_size(json_object_get(subset, "addresses")) &&
	    !json_array_size(json_object_get(subset, "notReadyAddresses")))
		ipsvc_errors_add(errs, IPSVC_ERR_REQUIRED, base, NULL,
				 "must specify `addresses` or `notReadyAddresses`");
	check_addresses(subset, "addresses", base, errs);
	check_addresses(subset, "notReadyAddresses", base, errs);
	json_array_foreach(ports, i, item) {
		char path[IPSVC_PATH_MAX - 16];

		snprintf(path, sizeof(path), "%s.ports[%zu]", base, i);
		check_port(item, json_array_size(ports) > 1, path, errs);
	}
}

void ipsvc_endpoints_validate(const json_t *doc, struct ipsvc_errors *errs)
{
	json_t *subset;
	size_t i;

	json_array_foreach(json_object_get(doc, "subsets"), i, subset) {
		char path[IPSVC_PATH_MAX / 2];

		snprintf(path, sizeof(path), "subsets[%zu]", i);
		check_subset(subset, path, errs);
	}
}
