// SPDX-License-Identifier: GPL-2.0-or-later
#include "kservice.h"

#include <linux/ipsvc.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/memory.h"

const char *kservice_family(uint8_t family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
}

const char *kservice_protocol(uint8_t protocol)
{
	static char number[4];

	switch (protocol) {
	case IPPROTO_TCP:
		return "TCP";
	case IPPROTO_UDP:
		return "UDP";
	case IPPROTO_SCTP:
		return "SCTP";
	default:
		snprintf(number, sizeof(number), "%u", protocol);
		return number;
	}
}

const char *kservice_flow_state(uint8_t state)
{
	static const char *const words[] = {
		[IPSVC_FLOW_NEW] = "new",
		[IPSVC_FLOW_ESTABLISHED] = "established",
		[IPSVC_FLOW_CLOSING] = "closing",
		[IPSVC_FLOW_CLOSED] = "closed",
		[IPSVC_FLOW_UNCONFIRMED] = "unconfirmed",
		[IPSVC_FLOW_DIRECT] = "direct",
	};

	if (state >= sizeof(words) / sizeof(words[0]) || !words[state])
		return "unknown";
	return words[state];
}

char *kservice_address(const struct in6_addr *addr, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	if (IN6_IS_ADDR_UNSPECIFIED(addr))
		return xasprintf("*:%u", port);
	ipsvc_ip_format(addr, text);
	return xasprintf(ipsvc_ip_is4(addr) ? "%s:%u" : "[%s]:%u", text,
			 port);
}

static void join(struct ipsvc_buf *buf, const struct in6_addr *addr,
		 uint16_t port)
{
	char *text = kservice_address(addr, port);

	ipsvc_buf_printf(buf, "%s%s", buf->len ? "," : "", text);
	free(text);
}

char *kservice_frontends(const struct ipsvc_kservice *svc)
{
	struct ipsvc_buf buf = { 0 };
	size_t i;

	for (i = 0; i < svc->nfrontends; i++)
		join(&buf, &svc->frontends[i].addr, svc->frontends[i].port);
	return buf.len ? ipsvc_buf_take(&buf) : xstrdup("<none>");
}

char *kservice_endpoints(const struct ipsvc_kservice *svc, size_t max)
{
	size_t n = max && svc->nendpoints > max ? max : svc->nendpoints, i;
	struct ipsvc_buf buf = { 0 };

	for (i = 0; i < n; i++)
		join(&buf, &svc->endpoints[i].addr, svc->endpoints[i].port);
	if (n < svc->nendpoints)
		ipsvc_buf_printf(&buf, " + %zu more...", svc->nendpoints - n);
	return buf.len ? ipsvc_buf_take(&buf) : xstrdup("<none>");
}

char *kservice_ranges(const struct ipsvc_kservice *svc)
{
	struct ipsvc_buf buf = { 0 };
	char text[IPSVC_CIDR_SIZE];

	for (size_t i = 0; i < svc->nranges; i++)
		ipsvc_buf_printf(&buf, "%s%s%s", buf.len ? "," : "",
				 svc->ranges[i].flags & IPSVC_RANGE_F_DENY ?
				 "!" : "",
				 ipsvc_cidr_format(&svc->ranges[i].cidr, text));
	return buf.len ? ipsvc_buf_take(&buf) : xstrdup("<none>");
}

json_t *kservice_json_ranges(const struct ipsvc_kservice *svc)
{
	json_t *list = json_array();
	char text[IPSVC_CIDR_SIZE];

	for (size_t i = 0; i < svc->nranges; i++)
		json_array_append_new(list, json_pack("{s:s, s:b}", "range",
			ipsvc_cidr_format(&svc->ranges[i].cidr, text), "deny",
			svc->ranges[i].flags & IPSVC_RANGE_F_DENY ? 1 : 0));
	return list;
}

const char *kservice_class(uint8_t class)
{
	switch (class) {
	case IPSVC_FRONTEND_CLUSTER_IP:
		return "cluster_ip";
	case IPSVC_FRONTEND_NODE_PORT:
		return "node_port";
	case IPSVC_FRONTEND_LOAD_BALANCER:
		return "load_balancer";
	case IPSVC_FRONTEND_EXTERNAL_IP:
		return "external_ip";
	default:
		return "unknown";
	}
}

json_t *kservice_json_address(const struct in6_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	return IN6_IS_ADDR_UNSPECIFIED(addr) ? json_null() :
		json_string(ipsvc_ip_format(addr, text));
}

json_t *kservice_json_frontends(const struct ipsvc_kservice *svc)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < svc->nfrontends; i++) {
		const struct ipsvc_frontend *fe = &svc->frontends[i];

		json_array_append_new(list, json_pack(
			"{s:s, s:o, s:i, s:b, s:b, s:b}",
			"class", kservice_class(fe->class),
			"address", kservice_json_address(&fe->addr),
			"port", fe->port,
			"masquerade",
			fe->flags & IPSVC_FRONTEND_F_MASQUERADE ? 1 : 0,
			"local", fe->flags & IPSVC_FRONTEND_F_LOCAL ? 1 : 0,
			"source_ranges",
			fe->flags & IPSVC_FRONTEND_F_RANGES ? 1 : 0));
	}
	return list;
}

json_t *kservice_json_endpoints(const struct ipsvc_kservice *svc)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < svc->nendpoints; i++) {
		const struct ipsvc_endpoint *ep = &svc->endpoints[i];

		json_array_append_new(list, json_pack(
			"{s:o, s:i, s:b, s:b, s:I, s:I, s:i, s:I}",
			"address", kservice_json_address(&ep->addr),
			"port", ep->port,
			"draining", ep->flags & IPSVC_ENDPOINT_F_DRAIN ? 1 : 0,
			"local", ep->flags & IPSVC_ENDPOINT_F_LOCAL ? 1 : 0,
			"flows", (json_int_t)ep->flows,
			"connections", (json_int_t)ep->connections,
			"weight", ep->weight,
			"max_connections", (json_int_t)ep->flows_max));
	}
	return list;
}
