// SPDX-License-Identifier: GPL-2.0-or-later
#include "slices.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* What @port is at @pod: 0 when the pod has no port of that name. */
static uint16_t resolve_port(const struct ipsvc_service_port *port,
			     const struct ipsvc_pod *pod)
{
	const struct ipsvc_int_or_name *target = &port->target_port;

	if (!target->name)
		return (uint16_t)(target->number ? target->number : port->port);
	for (size_t i = 0; i < pod->nports; i++)
		if (!strcmp(pod->ports[i].name, target->name) &&
		    !strcmp(pod->ports[i].protocol, port->protocol))
			return (uint16_t)pod->ports[i].port;
	return 0;
}

static bool is_finished(const struct ipsvc_pod *pod)
{
	return !strcmp(pod->phase, "Succeeded") || !strcmp(pod->phase, "Failed");
}

bool ipsvc_slice_endpoint(const struct ipsvc_service *svc,
			  const struct ipsvc_service_port *port,
			  const struct ipsvc_pod *pod,
			  const struct in6_addr *addr,
			  struct ipsvc_slice_endpoint *out)
{
	uint16_t number = resolve_port(port, pod);

	if (!number || !ipsvc_ip_is4(addr) || is_finished(pod))
		return false;
	*out = (struct ipsvc_slice_endpoint){
		.pod = pod,
		.addr = *addr,
		.port = number,
		.ready = svc->publish_not_ready ||
			 (pod->ready && !pod->terminating),
		.serving = pod->ready,
		.terminating = pod->terminating,
	};
	return true;
}

int ipsvc_slice_endpoint_cmp(const void *pa, const void *pb)
{
	const struct ipsvc_slice_endpoint *a = pa, *b = pb;
	int d = ipsvc_ip_cmp(&a->addr, &b->addr);

	if (d)
		return d;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->ready != b->ready)
		return a->ready ? -1 : 1;
	if (a->serving != b->serving)
		return a->serving ? -1 : 1;
	return a->terminating - b->terminating;
}

void ipsvc_slice_compute(const struct ipsvc_service *svc, size_t port_index,
			 const struct ipsvc_pod_index *pods,
			 struct ipsvc_slice *out)
{
	struct ipsvc_pod_range range = ipsvc_pod_index_find(pods, svc->ns,
							    &svc->selector);
	size_t cap = 0;

	*out = (struct ipsvc_slice){0};
	for (size_t i = 0; i < range.n; i++) {
		const struct ipsvc_indexed_pod *p =
			ipsvc_pod_range_at(pods, &range, i);
		struct ipsvc_slice_endpoint ep;

		if (strcmp(p->pod.ns, svc->ns) ||
		    !ipsvc_selector_matches(&svc->selector, &p->pod.labels) ||
		    !ipsvc_slice_endpoint(svc, &svc->ports[port_index],
					  &p->pod, &p->addr, &ep))
			continue;
		out->items = ipsvc_grow(out->items, out->n, &cap,
					sizeof(*out->items));
		out->items[out->n++] = ep;
	}
	if (out->n)
		qsort(out->items, out->n, sizeof(*out->items),
		      ipsvc_slice_endpoint_cmp);
}

void ipsvc_slice_free(struct ipsvc_slice *slice)
{
	free(slice->items);
	*slice = (struct ipsvc_slice){0};
}
