// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/describe.h"

#include <stdlib.h>

#include "base/json.h"
#include "impl.h"

static void describe_ports(const json_t *ports, struct ipsvc_buf *out)
{
	json_t *port;
	size_t i;

	ipsvc_buf_puts(out, json_array_size(ports) ?
		       "Ports:\n  Name\tPort\tProtocol\n  ----\t----\t--------\n" :
		       "Ports: <unset>\n");
	json_array_foreach(ports, i, port) {
		ipsvc_buf_printf(out, "  %s\t",
				 ipsvc_json_text_or(port, "name", "<unset>"));
		if (ipsvc_json_has(port, "port"))
			ipsvc_buf_printf(out, "%lld", (long long)
					 ipsvc_json_int(port, "port"));
		else
			ipsvc_buf_puts(out, "<unset>");
		ipsvc_buf_printf(out, "\t%s\n", ipsvc_json_text(port, "protocol"));
	}
}

static void describe_unless_unset(const json_t *endpoint, const char *field,
				  const char *title, struct ipsvc_buf *out)
{
	ipsvc_buf_printf(out, "    %s:\t%s\n", title,
			 ipsvc_json_has(endpoint, field) ?
			 ipsvc_json_text(endpoint, field) : "<unset>");
}

static void describe_endpoint(const json_t *endpoint, struct ipsvc_buf *out)
{
	const json_t *ready = ipsvc_json_member(endpoint, "conditions", "ready");
	const json_t *ref = json_object_get(endpoint, "targetRef");
	char *addresses = ipsvc_describe_join(json_object_get(endpoint,
							      "addresses"), ", ");

	ipsvc_buf_printf(out, "  - Addresses:\t%s\n",
			 *addresses ? addresses : "<none>");
	ipsvc_buf_printf(out, "    Conditions:\n      Ready:\t%s\n",
			 !json_is_boolean(ready) ? "<unset>" :
			 json_is_true(ready) ? "true" : "false");
	describe_unless_unset(endpoint, "hostname", "Hostname", out);
	if (json_is_object(ref))
		ipsvc_buf_printf(out, "    TargetRef:\t%s/%s\n",
				 ipsvc_json_text(ref, "kind"),
				 ipsvc_json_text(ref, "name"));
	describe_unless_unset(endpoint, "nodeName", "NodeName", out);
	describe_unless_unset(endpoint, "zone", "Zone", out);
	free(addresses);
}

static void describe(const json_t *doc, const struct ipsvc_objects *others,
		     int64_t now, struct ipsvc_buf *out)
{
	const json_t *list = json_object_get(doc, "endpoints");
	json_t *endpoint;
	size_t i;

	(void)others;
	(void)now;
	ipsvc_describe_names(doc, out);
	ipsvc_describe_metadata(doc, out);
	ipsvc_buf_printf(out, "AddressType:\t%s\n",
			 ipsvc_json_text(doc, "addressType"));
	describe_ports(json_object_get(doc, "ports"), out);
	ipsvc_buf_puts(out, json_array_size(list) ? "Endpoints:\n" :
						    "Endpoints: <none>\n");
	json_array_foreach(list, i, endpoint)
		describe_endpoint(endpoint, out);
	ipsvc_describe_no_events(out);
}

const struct ipsvc_describer ipsvc_endpointslice_describer = {
	.describe = describe,
};
