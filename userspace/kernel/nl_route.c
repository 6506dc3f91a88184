// SPDX-License-Identifier: GPL-2.0-or-later
/* rtnetlink: the link of the instance, and the routes to it. */
#include "nl.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "nl_sock.h"

#define KIND	"ipsvc"

static struct nl_msg *message_new(int type, int flags)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (!msg)
		abort();
	return msg;
}

/* Sends @msg and frees it. */
static int call(struct ipsvc_nl_sock *s, struct nl_msg *msg,
		ipsvc_nl_answer answer, void *arg)
{
	int err = ipsvc_nl_request(s, msg, answer, arg);

	nlmsg_free(msg);
	return err;
}

/* ---- links -------------------------------------------------------------- */

struct link {
	int index;
	bool up;
	char name[IFNAMSIZ], kind[32];
};

struct search {
	const char *ifname;
	struct link named, instance;	/* index 0: not there */
};

static int read_link(const struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1] = { NULL };
	const struct ifinfomsg *ifi = nlmsg_data(nlh);
	struct search *search = arg;
	struct link link;

	if (nlh->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (nlmsg_parse((struct nlmsghdr *)nlh, sizeof(*ifi), tb, IFLA_MAX,
			NULL) || !tb[IFLA_IFNAME])
		return -EBADMSG;
	if (tb[IFLA_LINKINFO] &&
	    nla_parse_nested(info, IFLA_INFO_MAX, tb[IFLA_LINKINFO], NULL))
		return -EBADMSG;
	memset(&link, 0, sizeof(link));
	link.index = ifi->ifi_index;
	link.up = ifi->ifi_flags & IFF_UP;
	nla_strlcpy(link.name, tb[IFLA_IFNAME], sizeof(link.name));
	if (info[IFLA_INFO_KIND])
		nla_strlcpy(link.kind, info[IFLA_INFO_KIND], sizeof(link.kind));
	if (!strcmp(link.name, search->ifname))
		search->named = link;
	if (!strcmp(link.kind, KIND))
		search->instance = link;
	return 0;
}

/* A dump that a change overtook is good enough: links do not come and go. */
static int find_links(struct ipsvc_nl_sock *s, const char *ifname,
		      struct search *search)
{
	struct nl_msg *msg = message_new(RTM_GETLINK, NLM_F_DUMP);
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	int err;

	memset(search, 0, sizeof(*search));
	search->ifname = ifname;
	nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	err = call(s, msg, read_link, search);
	return err == -EINTR ? 0 : err;
}

/* Up from the beginning: those who watch links are not told of one that is down. */
static int create_link(struct ipsvc_nl_sock *s, const char *ifname)
{
	struct nl_msg *msg = message_new(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg ifi = {
		.ifi_family = AF_UNSPEC,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP,
	};
	struct nlattr *info;
	int err;

	nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	nla_put_string(msg, IFLA_IFNAME, ifname);
	info = nla_nest_start(msg, IFLA_LINKINFO);
	nla_put_string(msg, IFLA_INFO_KIND, KIND);
	nla_nest_end(msg, info);
	err = call(s, msg, NULL, NULL);
	if (err == -EOPNOTSUPP) {
		/* rtnetlink does not know the kind. */
		ipsvc_nl_set_message(s, "%s", ipsvc_nl_strerror(-ENOENT));
		return -ENOENT;
	}
	return err;
}

static int set_up(struct ipsvc_nl_sock *s, const struct link *link)
{
	struct nl_msg *msg = message_new(RTM_NEWLINK, 0);
	struct ifinfomsg ifi = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = link->index,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP,
	};

	nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	return call(s, msg, NULL, NULL);
}

/* The link of the instance, made if there is none. */
static int ensure_link(struct ipsvc_nl_sock *s, const char *ifname,
		       struct link *link)
{
	struct search search;
	int err;

	err = find_links(s, ifname, &search);
	if (!err && !search.instance.index) {
		if (search.named.index) {
			ipsvc_nl_set_message(s, "there is a link %s already, of "
					     "kind \"%s\" instead of \"" KIND
					     "\"; rename it or choose another "
					     "name", ifname, search.named.kind);
			return -EEXIST;
		}
		err = create_link(s, ifname);
		if (!err)
			err = find_links(s, ifname, &search);
	}
	if (!err && !search.instance.index)
		err = -ENODEV;
	if (!err && !search.instance.up)
		err = set_up(s, &search.instance);
	*link = search.instance;
	return err;
}

/* ---- routes ------------------------------------------------------------- */

/* RTM_NEWROUTE or RTM_DELROUTE. */
static int write_route(struct ipsvc_nl_sock *s, int type, int flags,
		       const struct ipsvc_cidr *route, int ifindex)
{
	struct nl_msg *msg = message_new(type, flags);
	struct rtmsg rtm = {
		.rtm_family = ipsvc_ip_family(&route->net),
		.rtm_dst_len = (unsigned char)route->prefix,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	struct in_addr ip4 = ipsvc_ip_to4(&route->net);

	nlmsg_append(msg, &rtm, sizeof(rtm), NLMSG_ALIGNTO);
	if (rtm.rtm_family == AF_INET)
		nla_put(msg, RTA_DST, sizeof(ip4), &ip4);
	else
		nla_put(msg, RTA_DST, sizeof(route->net), &route->net);
	nla_put_u32(msg, RTA_OIF, (uint32_t)ifindex);
	return call(s, msg, NULL, NULL);
}

/* Routes to the instance of networks that are not the service CIDR any more. */
struct stale {
	const struct ipsvc_cidrs *current;
	int ifindex;
	struct ipsvc_cidr *items;
	size_t n, cap;
};

static bool is_current(const struct ipsvc_cidrs *current,
		       const struct ipsvc_cidr *route)
{
	for (size_t i = 0; i < current->n; i++)
		if (route->prefix == current->items[i].prefix &&
		    !ipsvc_ip_cmp(&route->net, &current->items[i].net))
			return true;
	return false;
}

/* As write_route() makes them; IPv6 knows no scope. */
static bool is_ours(const struct rtmsg *rtm, struct nlattr *const *tb,
		    int ifindex)
{
	return rtm->rtm_table == RT_TABLE_MAIN &&
	       rtm->rtm_type == RTN_UNICAST &&
	       rtm->rtm_protocol == RTPROT_STATIC &&
	       (rtm->rtm_scope == RT_SCOPE_LINK ||
		rtm->rtm_family == AF_INET6) &&
	       tb[RTA_OIF] && nla_get_u32(tb[RTA_OIF]) == (uint32_t)ifindex;
}

static int read_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *rtm = nlmsg_data(nlh);
	struct nlattr *tb[RTA_MAX + 1];
	struct stale *stale = arg;
	struct in_addr ip4 = { 0 };
	struct ipsvc_cidr route = { .prefix = rtm->rtm_dst_len };

	if (nlh->nlmsg_type != RTM_NEWROUTE)
		return 0;
	if (nlmsg_parse((struct nlmsghdr *)nlh, sizeof(*rtm), tb, RTA_MAX,
			NULL))
		return -EBADMSG;
	if (!is_ours(rtm, tb, stale->ifindex))
		return 0;
	if (rtm->rtm_family == AF_INET) {
		nla_memcpy(&ip4, tb[RTA_DST], sizeof(ip4));
		route.net = ipsvc_ip_from4(ip4);
	} else {
		nla_memcpy(&route.net, tb[RTA_DST], sizeof(route.net));
	}
	if (is_current(stale->current, &route))
		return 0;
	stale->items = ipsvc_grow(stale->items, stale->n, &stale->cap,
				  sizeof(*stale->items));
	stale->items[stale->n++] = route;
	return 0;
}

/* Of both families: there may have been a range of IPv6. The kernel filters. */
static int find_stale_routes(struct ipsvc_nl_sock *s, struct stale *stale)
{
	struct nl_msg *msg = message_new(RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg rtm = { .rtm_family = AF_UNSPEC };
	int err;

	nlmsg_append(msg, &rtm, sizeof(rtm), NLMSG_ALIGNTO);
	nla_put_u32(msg, RTA_OIF, (uint32_t)stale->ifindex);
	err = call(s, msg, read_route, stale);
	return err == -EINTR ? 0 : err;
}

static int remove_stale_routes(struct ipsvc_nl_sock *s,
			       const struct ipsvc_cidrs *current, int ifindex)
{
	struct stale stale = { .current = current, .ifindex = ifindex };
	int err = find_stale_routes(s, &stale);

	for (size_t i = 0; i < stale.n && !err; i++) {
		err = write_route(s, RTM_DELROUTE, 0, &stale.items[i], ifindex);
		/* Somebody else was faster. */
		if (err == -ESRCH)
			err = 0;
	}
	free(stale.items);
	return err;
}

static int ensure_route(struct ipsvc_nl_sock *s, const struct ipsvc_cidr *route,
			int ifindex)
{
	int err = write_route(s, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
			      route, ifindex);

	if (err == -EEXIST)
		err = write_route(s, RTM_NEWROUTE,
				  NLM_F_CREATE | NLM_F_REPLACE, route, ifindex);
	return err;
}

/* As where IPv6 is disabled, or not built in. */
static bool lacks_family(int err)
{
	return err == -EACCES || err == -EOPNOTSUPP || err == -EAFNOSUPPORT;
}

/*
 * The way to @ranges, and to no other: the range may have been another one. That
 * this node has no way to the second range is only a @warning.
 */
static int ensure_routes(struct ipsvc_nl_sock *s, const struct ipsvc_cidrs *ranges,
			 int ifindex, char **warning)
{
	for (size_t i = 0; i < ranges->n; i++) {
		int err = ensure_route(s, &ranges->items[i], ifindex);
		char text[IPSVC_CIDR_SIZE];

		if (err && !(i && lacks_family(err)))
			return err;
		if (err)
			*warning = xasprintf("no route to %s, whose addresses this node does not reach: %s",
				ipsvc_cidr_format(&ranges->items[i], text),
				s->message ? s->message : strerror(-err));
	}
	return remove_stale_routes(s, ranges, ifindex);
}

/* ---- both --------------------------------------------------------------- */

int ipsvc_nl_ensure_device(const char *ifname, const char *cidrs, char **message)
{
	struct ipsvc_nl_sock s;
	struct ipsvc_cidrs ranges;
	struct link link;
	const char *why;
	int err;

	*message = NULL;
	if (!ipsvc_cidrs_parse(cidrs, &ranges, &why)) {
		*message = xasprintf("%s: %s", cidrs, why);
		return -EINVAL;
	}
	if (!*ifname || strlen(ifname) >= IFNAMSIZ) {
		*message = xasprintf("\"%s\" is no name of a link: 1 to %d bytes",
				     ifname, IFNAMSIZ - 1);
		return -EINVAL;
	}
	err = ipsvc_nl_sock_open(&s, NETLINK_ROUTE);
	if (err) {
		*message = xstrdup(ipsvc_nl_strerror(err));
		return err;
	}
	err = ensure_link(&s, ifname, &link);
	if (!err)
		err = ensure_routes(&s, &ranges, link.index, message);
	if (err) {
		free(*message);
		*message = xstrdup(s.message && err != -EPERM ? s.message :
				   ipsvc_nl_strerror(err));
	}
	ipsvc_nl_sock_close(&s);
	return err;
}
