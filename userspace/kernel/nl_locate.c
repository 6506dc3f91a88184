// SPDX-License-Identifier: GPL-2.0-or-later
/* From the offset in an extended ACK to what the user knows it as. */
#include "nl_codec.h"

#include <linux/genetlink.h>
#include <linux/ipsvc.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* The attribute among those from @pos on that has @at in it, or NULL. */
static struct nlattr *attr_at(struct nlattr *pos, int rem, const char *at)
{
	for (; nla_ok(pos, rem); pos = nla_next(pos, &rem))
		if (at >= (char *)pos && at < (char *)pos + pos->nla_len)
			return pos;
	return NULL;
}

static struct nlattr *nested_at(struct nlattr *nest, const char *at)
{
	return nest ? attr_at(nla_data(nest), nla_len(nest), at) : NULL;
}

/* "10.0.0.1:80" of a frontend or endpoint; a node port is ":30080". */
static void put_address(struct ipsvc_buf *buf, struct nlattr *nest,
			int addr_type, int port_type)
{
	struct nlattr *a = nla_find(nla_data(nest), nla_len(nest), addr_type);
	struct nlattr *p = nla_find(nla_data(nest), nla_len(nest), port_type);
	struct in6_addr addr = in6addr_any;
	char text[INET6_ADDRSTRLEN];

	if (a && nla_len(a) >= (int)sizeof(addr))
		memcpy(&addr, nla_data(a), sizeof(addr));
	ipsvc_ip_format(&addr, text);
	ipsvc_buf_printf(buf, strchr(text, ':') ? "[%s]" : "%s", text);
	if (p && nla_len(p) >= 2)
		ipsvc_buf_printf(buf, ":%u", ntohs(nla_get_u16(p)));
}

char *ipsvc_nl_locate(const struct nlmsghdr *request, uint32_t offset)
{
	size_t headers = NLMSG_HDRLEN + GENL_HDRLEN;
	const char *at = (const char *)request + offset;
	struct nlattr *svc, *list, *name;
	struct ipsvc_buf buf = { 0 };

	if (request->nlmsg_len < headers || offset < headers ||
	    offset >= request->nlmsg_len)
		return NULL;
	svc = attr_at((struct nlattr *)((char *)request + headers),
		      (int)(request->nlmsg_len - headers), at);
	if (!svc || nla_type(svc) != IPSVC_A_SERVICE)
		return NULL;
	name = nla_find(nla_data(svc), nla_len(svc), IPSVC_A_SERVICE_NAME);
	if (!name)
		return NULL;
	ipsvc_buf_printf(&buf, "service %.*s", nla_len(name),
			 (const char *)nla_data(name));
	list = nested_at(svc, at);
	if (list && nested_at(list, at)) {
		if (nla_type(list) == IPSVC_A_SERVICE_FRONTENDS) {
			ipsvc_buf_puts(&buf, ", frontend ");
			put_address(&buf, nested_at(list, at),
				    IPSVC_A_FRONTEND_ADDRESS,
				    IPSVC_A_FRONTEND_PORT);
		} else if (nla_type(list) == IPSVC_A_SERVICE_ENDPOINTS) {
			ipsvc_buf_puts(&buf, ", endpoint ");
			put_address(&buf, nested_at(list, at),
				    IPSVC_A_ENDPOINT_ADDRESS,
				    IPSVC_A_ENDPOINT_PORT);
		}
	}
	return ipsvc_buf_take(&buf);
}
