// SPDX-License-Identifier: GPL-2.0-or-later
/* Computed slices as documents, as Kubernetes' controller writes them. */
#include <stdlib.h>
#include <string.h>

#include "api/endpointslice/endpointslice.h"
#include "base/ip.h"
#include "base/json.h"
#include "base/map.h"
#include "base/memory.h"
#include "slices.h"

/* As k8s.io/apimachinery/pkg/util/rand has it: no vowels, no words. */
static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";

char *ipsvc_slice_name(const char *service, uint64_t hash)
{
	char suffix[6] = {0};

	for (int i = 0; i < 5; i++, hash /= sizeof(letters) - 1)
		suffix[i] = letters[hash % (sizeof(letters) - 1)];
	return xasprintf("%s-%s", service, suffix);
}

static char *name_of(const struct ipsvc_service *svc,
		     const struct ipsvc_slice *slice, size_t i)
{
	uint64_t hash = ipsvc_hash_text(IPSVC_HASH_START, svc->ns);

	hash = ipsvc_hash_text(hash, svc->name);
	hash = ipsvc_hash(hash, &slice->family, sizeof(slice->family));
	hash = ipsvc_hash(hash, &i, sizeof(i));
	return ipsvc_slice_name(svc->name, hash);
}

static bool is_reserved(const char *key)
{
	return !strcmp(key, IPSVC_LABEL_SERVICE_NAME) ||
	       !strcmp(key, IPSVC_LABEL_MANAGED_BY) ||
	       !strcmp(key, IPSVC_LABEL_HEADLESS);
}

static json_t *labels_of(const struct ipsvc_service *svc)
{
	json_t *all = json_pack("{s:s, s:s}", IPSVC_LABEL_SERVICE_NAME,
				svc->name, IPSVC_LABEL_MANAGED_BY,
				IPSVC_SLICE_CONTROLLER);

	for (size_t i = 0; i < svc->labels.n; i++)
		if (!is_reserved(svc->labels.items[i].key))
			json_object_set_new(all, svc->labels.items[i].key,
				json_string(svc->labels.items[i].value));
	if (ipsvc_service_has_no_ip(svc))
		json_object_set_new(all, IPSVC_LABEL_HEADLESS, json_string(""));
	return all;
}

static json_t *metadata_of(const struct ipsvc_service *svc,
			   const struct ipsvc_slice *slice, size_t i)
{
	char *name = name_of(svc, slice, i), *prefix;
	json_t *meta;

	prefix = xasprintf("%s-", svc->name);
	meta = json_pack("{s:s, s:s, s:s, s:o, s:[{s:s, s:s, s:s, s:s, s:b, s:b}]}",
			 "name", name, "generateName", prefix, "namespace",
			 svc->ns, "labels", labels_of(svc), "ownerReferences",
			 "apiVersion", "v1", "kind", "Service", "name",
			 svc->name, "uid", svc->uid, "controller", 1,
			 "blockOwnerDeletion", 1);
	/* Nobody wrote when it was made; no sooner than its Service. */
	if (*svc->created)
		json_object_set_new(meta, "creationTimestamp",
				    json_string(svc->created));
	free(name);
	free(prefix);
	return meta;
}

static json_t *ports_of(const struct ipsvc_slice *slice)
{
	json_t *all = json_array();

	for (size_t i = 0; i < slice->nports; i++) {
		const struct ipsvc_slice_port *port = &slice->ports[i];

		json_array_append_new(all,
			json_pack("{s:s, s:s, s:i, s:s*}", "name", port->name,
				  "protocol", port->protocol, "port",
				  (int)port->port, "appProtocol",
				  port->app_protocol));
	}
	return all;
}

static json_t *endpoint_of(const struct ipsvc_service *svc,
			   const struct ipsvc_slice_endpoint *ep)
{
	const struct ipsvc_pod *pod = ep->pod;
	char ip[INET6_ADDRSTRLEN];

	return json_pack("{s:[s], s:{s:b, s:b, s:b}, s:{s:s, s:s, s:s, s:s*},"
			 " s:s*, s:s*, s:s*, s:O*}",
			 "addresses", ipsvc_ip_format(&ep->addr, ip),
			 "conditions", "ready", ep->ready, "serving",
			 ep->serving, "terminating", ep->terminating,
			 "targetRef", "kind", "Pod", "namespace", pod->ns,
			 "name", pod->name, "uid", *pod->uid ? pod->uid : NULL,
			 "nodeName", ep->node,
			 "zone", ep->zone,
			 "hostname", ipsvc_slice_names(svc, pod) ?
			 pod->hostname : NULL,
			 "hints", ep->hints);
}

json_t *ipsvc_slice_document(const struct ipsvc_service *svc,
			     const struct ipsvc_slice *slice, size_t i)
{
	json_t *endpoints = json_array();

	for (size_t j = 0; j < slice->n; j++)
		json_array_append_new(endpoints,
				      endpoint_of(svc, &slice->endpoints[j]));
	return json_pack("{s:s, s:s, s:o, s:s, s:o, s:o}", "apiVersion",
			 "discovery.k8s.io/v1", "kind", "EndpointSlice",
			 "metadata", metadata_of(svc, slice, i),
			 "addressType", slice->family == AF_INET ? "IPv4" :
			 "IPv6", "ports", ports_of(slice), "endpoints",
			 endpoints);
}
