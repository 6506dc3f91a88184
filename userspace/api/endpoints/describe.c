// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/describe.h"

#include "base/json.h"
#include "impl.h"

static void describe_addresses(const json_t *subset, const char *field,
			       const char *title, struct ipsvc_buf *out)
{
	const json_t *list = json_object_get(subset, field);
	json_t *address;
	size_t i;

	ipsvc_buf_printf(out, "  %s:\t%s", title,
			 json_array_size(list) ? "" : "<none>");
	json_array_foreach(list, i, address)
		ipsvc_buf_printf(out, "%s%s", i ? "," : "",
				 ipsvc_json_text(address, "ip"));
	ipsvc_buf_putc(out, '\n');
}

static void describe_ports(const json_t *ports, struct ipsvc_buf *out)
{
	json_t *port;
	size_t i;

	if (json_array_size(ports))
		ipsvc_buf_puts(out, "  Ports:\n    Name\tPort\tProtocol\n"
			       "    ----\t----\t--------\n");
	json_array_foreach(ports, i, port)
		ipsvc_buf_printf(out, "    %s\t%lld\t%s\n",
				 ipsvc_json_text_or(port, "name", "<unset>"),
				 (long long)ipsvc_json_int(port, "port"),
				 ipsvc_json_text(port, "protocol"));
}

static void describe(const json_t *doc, const struct ipsvc_objects *others,
		     int64_t now, struct ipsvc_buf *out)
{
	json_t *subset;
	size_t i;

	(void)others;
	(void)now;
	ipsvc_describe_names(doc, out);
	ipsvc_describe_metadata(doc, out);
	ipsvc_buf_puts(out, "Subsets:\n");
	json_array_foreach(json_object_get(doc, "subsets"), i, subset) {
		describe_addresses(subset, "addresses", "Addresses", out);
		describe_addresses(subset, "notReadyAddresses",
				   "NotReadyAddresses", out);
		describe_ports(json_object_get(subset, "ports"), out);
		ipsvc_buf_putc(out, '\n');
	}
	ipsvc_describe_no_events(out);
}

const struct ipsvc_describer ipsvc_endpoints_describer = {
	.describe = describe,
};
