// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bridges that Pods are attached to. Read over rtnetlink and not from sysfs,
 * which shows the network namespace it was mounted in.
 *
 * With bridge-nf-call-iptables, netfilter sees a packet that a bridge forwards.
 * A Pod's packet to a Service whose endpoint is on the same bridge is then
 * bridged with its new destination, and a bridge sends no packet out of the port
 * it came from unless that is in hairpin mode. Without, such a packet is
 * routed; the bridge's own packets leave by any port.
 */
#include "bridge_hints.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "hint.h"
#include "kernel/nl_sock.h"

/* Names in a message; a node may have some hundred Pods. */
#define NAMES_MAX	8

static bool attr_is(struct nlattr *attr, const char *text)
{
	return attr && !nla_strcmp(attr, text);
}

static bool flag_of(struct nlattr *data, int type)
{
	struct nlattr *attr = data ? nla_find(nla_data(data), nla_len(data),
					      type) : NULL;

	return attr && nla_len(attr) >= 1 && nla_get_u8(attr);
}

static void read_info(struct bridge_link *link, struct nlattr **tb,
		      struct nlattr **info)
{
	if (attr_is(info[IFLA_INFO_KIND], "bridge")) {
		link->bridge = true;
		link->nf_call_iptables = flag_of(info[IFLA_INFO_DATA],
						 IFLA_BR_NF_CALL_IPTABLES);
	}
	if (attr_is(info[IFLA_INFO_SLAVE_KIND], "bridge") && tb[IFLA_MASTER]) {
		link->master = (int)nla_get_u32(tb[IFLA_MASTER]);
		link->pod = tb[IFLA_LINK_NETNSID];
		link->hairpin = flag_of(info[IFLA_INFO_SLAVE_DATA],
					IFLA_BRPORT_MODE);
	}
}

int bridge_links_read(const struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1] = { NULL };
	const struct ifinfomsg *ifi = nlmsg_data(nlh);
	struct bridge_links *links = arg;
	struct bridge_link link = {0};

	if (nlh->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (nlmsg_parse((struct nlmsghdr *)nlh, sizeof(*ifi), tb, IFLA_MAX,
			NULL) || !tb[IFLA_IFNAME])
		return -EBADMSG;
	if (tb[IFLA_LINKINFO] &&
	    nla_parse_nested(info, IFLA_INFO_MAX, tb[IFLA_LINKINFO], NULL))
		return -EBADMSG;
	link.index = ifi->ifi_index;
	nla_strlcpy(link.name, tb[IFLA_IFNAME], sizeof(link.name));
	read_info(&link, tb, info);
	if (!link.bridge && !link.master)
		return 0;
	links->items = ipsvc_grow(links->items, links->n, &links->cap,
				  sizeof(*links->items));
	links->items[links->n++] = link;
	return 0;
}

static bool is_pod_port(const struct bridge_link *port,
			const struct bridge_link *bridge)
{
	return port->master == bridge->index && port->pod;
}

static bool has_pods(const struct bridge_links *links,
		     const struct bridge_link *bridge)
{
	for (size_t i = 0; i < links->n; i++)
		if (is_pod_port(&links->items[i], bridge))
			return true;
	return false;
}

static void warn_of_hairpin(const struct bridge_links *links,
			    const struct bridge_link *bridge, json_t *warnings)
{
	struct ipsvc_buf names = {0};
	const char *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < links->n; i++) {
		const struct bridge_link *port = &links->items[i];

		if (!is_pod_port(port, bridge) || port->hairpin)
			continue;
		if (!first)
			first = port->name;
		if (n++ < NAMES_MAX)
			ipsvc_buf_printf(&names, "%s%s", names.len ? ", " : "",
					 port->name);
	}
	if (!n)
		return;
	if (n > NAMES_MAX)
		ipsvc_buf_printf(&names, " and %zu more", n - NAMES_MAX);
	hint_add(warnings, "bridge-hairpin",
		 xasprintf("bridge %s: ports of Pods are not in hairpin mode, and bridged packets pass netfilter (bridge-nf-call-iptables): these Pods do not reach themselves through a Service: %s",
			   bridge->name, names.data),
		 xasprintf("ip link set dev %s type bridge_slave hairpin on, and the same for each; with CNI's bridge plugin, set hairpinMode",
			   first));
	ipsvc_buf_free(&names);
}

static void note_masquerading(const struct bridge_link *bridge, json_t *notes)
{
	hint_add(notes, "bridge-nf",
		 xasprintf("bridge %s: bridged packets do not pass netfilter (bridge-nf-call-iptables), so what one of its Pods sends to another through a Service is masqueraded: the endpoint sees an address of this node as the client",
			   bridge->name),
		 xstrdup("to keep the client's address: modprobe br_netfilter, sysctl -w net.bridge.bridge-nf-call-iptables=1, and hairpin mode for the ports of Pods"));
}

void bridge_hints_check(const struct bridge_links *links, bool nf_call_iptables,
			json_t *warnings, json_t *notes)
{
	for (size_t i = 0; i < links->n; i++) {
		const struct bridge_link *link = &links->items[i];

		if (!link->bridge || !has_pods(links, link))
			continue;
		if (nf_call_iptables || link->nf_call_iptables)
			warn_of_hairpin(links, link, warnings);
		else
			note_masquerading(link, notes);
	}
}

static int dump_links(struct ipsvc_nl_sock *s, struct bridge_links *links)
{
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETLINK, NLM_F_DUMP);
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	int err;

	if (!msg)
		return -ENOMEM;
	nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	err = ipsvc_nl_request(s, msg, bridge_links_read, links);
	nlmsg_free(msg);
	/* Links that change meanwhile make it a matter of the next call. */
	return err == -EINTR ? 0 : err;
}

void bridge_hints(bool nf_call_iptables, json_t *warnings, json_t *notes)
{
	struct bridge_links links = {0};
	struct ipsvc_nl_sock s;

	if (ipsvc_nl_sock_open(&s, NETLINK_ROUTE))
		return;
	if (!dump_links(&s, &links))
		bridge_hints_check(&links, nf_call_iptables, warnings, notes);
	ipsvc_nl_sock_close(&s);
	free(links.items);
}
