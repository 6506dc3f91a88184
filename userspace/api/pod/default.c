// SPDX-License-Identifier: GPL-2.0-or-later
/* Defaults of pkg/apis/core/v1/defaults.go, of what ipsvc uses. */
#include "base/json.h"
#include "impl.h"

static void default_containers(json_t *list)
{
	json_t *container, *port;
	size_t i, j;

	json_array_foreach(list, i, container)
		json_array_foreach(json_object_get(container, "ports"), j, port)
			ipsvc_json_default(port, "protocol", "TCP");
}

/* status.podIP and status.podIPs[0].ip are one, too. */
static void mirror_pod_ips(json_t *status)
{
	json_t *list = json_object_get(status, "podIPs");
	const char *first = ipsvc_json_text(json_array_get(list, 0), "ip");

	if (!*ipsvc_json_text(status, "podIP") && *first)
		json_object_set_new(status, "podIP", json_string(first));
	else if (!json_array_size(list) && *ipsvc_json_text(status, "podIP"))
		json_object_set_new(status, "podIPs",
				    json_pack("[{sO}]", "ip", json_object_get(
						      status, "podIP")));
}

void ipsvc_pod_default(json_t *doc)
{
	json_t *spec = json_object_get(doc, "spec");
	json_t *status = json_object_get(doc, "status");

	default_containers(json_object_get(spec, "containers"));
	default_containers(json_object_get(spec, "initContainers"));
	if (json_is_object(status))
		mirror_pod_ips(status);
}
