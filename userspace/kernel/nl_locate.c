// SPDX-License-Identifier: GPL-2.0-or-later
/* From the offset in an extended ACK to what the user knows it as. */
#include "nl_codec.h"

#include <linux/genetlink.h>
#include <linux/ipsvc.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"

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

/* Words for what a service port has one of. */
static const char *attr_word(int type)
{
	static const char *const words[] = {
		[IPSVC_A_SERVICE_NAME] = "name",
		[IPSVC_A_SERVICE_FAMILY] = "family",
		[IPSVC_A_SERVICE_PROTOCOL] = "protocol",
		[IPSVC_A_SERVICE_SCHEDULER] = "scheduler",
		[IPSVC_A_SERVICE_FLAGS] = "flags",
		[IPSVC_A_SERVICE_HASH_KEY] = "hash key",
		[IPSVC_A_SERVICE_HASH_SIZE] = "hash size",
		[IPSVC_A_SERVICE_AFFINITY_TIMEOUT] = "affinity",
		[IPSVC_A_SERVICE_AFFINITY_PREFIX] = "affinity prefix",
	};

	return type < (int)(sizeof(words) / sizeof(words[0])) ? words[type] :
								NULL;
}

static void read_address(const struct nlattr *nest, int addr_type,
			 int port_type, struct ipsvc_nl_place *place)
{
	const struct nlattr *a, *p;

	a = nla_find(nla_data(nest), nla_len(nest), addr_type);
	p = nla_find(nla_data(nest), nla_len(nest), port_type);
	if (a && nla_len(a) >= (int)sizeof(place->addr))
		memcpy(&place->addr, nla_data(a), sizeof(place->addr));
	if (p && nla_len(p) >= 2)
		place->port = ntohs(nla_get_u16(p));
}

/* What is at @at in a service port. */
static void read_part(struct nlattr *svc, const char *at,
		      struct ipsvc_nl_place *place)
{
	struct nlattr *part = nested_at(svc, at), *item;

	if (!part)
		return;
	place->what = attr_word(nla_type(part));
	item = nested_at(part, at);
	if (item && nla_type(part) == IPSVC_A_SERVICE_FRONTENDS) {
		place->what = "frontend";
		read_address(item, IPSVC_A_FRONTEND_ADDRESS,
			     IPSVC_A_FRONTEND_PORT, place);
	} else if (item && nla_type(part) == IPSVC_A_SERVICE_ENDPOINTS) {
		place->what = "endpoint";
		read_address(item, IPSVC_A_ENDPOINT_ADDRESS,
			     IPSVC_A_ENDPOINT_PORT, place);
	}
}

void ipsvc_nl_find_place(const struct nlmsghdr *request, uint32_t offset,
			 struct ipsvc_nl_place *place)
{
	size_t headers = NLMSG_HDRLEN + GENL_HDRLEN;
	const char *at = (const char *)request + offset;
	struct nlattr *svc, *name, *family;

	*place = (struct ipsvc_nl_place){ 0 };
	if (request->nlmsg_len < headers || offset < headers ||
	    offset >= request->nlmsg_len)
		return;
	svc = attr_at((struct nlattr *)((char *)request + headers),
		      (int)(request->nlmsg_len - headers), at);
	if (!svc || nla_type(svc) != IPSVC_A_SERVICE)
		return;
	name = nla_find(nla_data(svc), nla_len(svc), IPSVC_A_SERVICE_NAME);
	if (!name)
		return;
	place->service = xstrndup(nla_data(name), (size_t)nla_len(name));
	family = nla_find(nla_data(svc), nla_len(svc), IPSVC_A_SERVICE_FAMILY);
	if (family && nla_len(family) >= 1)
		place->family = nla_get_u8(family);
	read_part(svc, at, place);
}

/* A node port is ":30080". */
char *ipsvc_nl_locate(const struct nlmsghdr *request, uint32_t offset)
{
	struct ipsvc_buf buf = { 0 };
	struct ipsvc_nl_place place;
	char text[INET6_ADDRSTRLEN];

	ipsvc_nl_find_place(request, offset, &place);
	if (!place.service)
		return NULL;
	ipsvc_buf_printf(&buf, "service %s", place.service);
	if (place.what)
		ipsvc_buf_printf(&buf, ", %s", place.what);
	if (place.port) {
		ipsvc_ip_format(&place.addr, text);
		ipsvc_buf_printf(&buf, strchr(text, ':') ? " [%s]:%u" :
							   " %s:%u",
				 text, place.port);
	}
	free(place.service);
	return ipsvc_buf_take(&buf);
}
