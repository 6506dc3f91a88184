// SPDX-License-Identifier: GPL-2.0-or-later
#include "link_watch.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/memory.h"
#include "plan.h"

struct link_watch {
	struct nl_sock *sock;
	sd_event_source *io;
	char *device;
	void (*changed)(void *arg);
	void *arg;
	bool matters;		/* something in the batch that is being read */
};

static const char *kind_of(struct nlmsghdr *nlh)
{
	struct nlattr *info = nlmsg_find_attr(nlh, sizeof(struct ifinfomsg),
					      IFLA_LINKINFO);
	struct nlattr *kind = info ? nla_find(nla_data(info), nla_len(info),
					      IFLA_INFO_KIND) : NULL;

	return kind ? nla_get_string(kind) : NULL;
}

static int on_message(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct link_watch *w = arg;
	struct ifinfomsg *info;
	struct nlattr *name;

	if (nlh->nlmsg_type != RTM_NEWLINK && nlh->nlmsg_type != RTM_DELLINK)
		return NL_OK;
	if (!nlmsg_valid_hdr(nlh, sizeof(*info)))
		return NL_OK;
	info = nlmsg_data(nlh);
	name = nlmsg_find_attr(nlh, sizeof(*info), IFLA_IFNAME);
	if (name && plan_link_matters(w->device, nla_get_string(name), kind_of(nlh),
				      nlh->nlmsg_type == RTM_DELLINK,
				      info->ifi_flags & IFF_UP))
		w->matters = true;
	return NL_OK;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct link_watch *w = arg;
	int err;

	(void)source;
	(void)fd;
	(void)revents;
	w->matters = false;
	while (!(err = nl_recvmsgs_default(w->sock)))
		;
	/* An overrun lost events: look whether one was ours. */
	if (err != -NLE_AGAIN)
		w->matters = true;
	if (w->matters)
		w->changed(w->arg);
	return 0;
}

static struct nl_sock *open_socket(struct link_watch *w)
{
	struct nl_sock *sock = nl_socket_alloc();

	if (!sock)
		return NULL;
	nl_socket_disable_seq_check(sock);
	if (nl_connect(sock, NETLINK_ROUTE) < 0 ||
	    nl_socket_set_nonblocking(sock) < 0 ||
	    nl_socket_add_memberships(sock, RTNLGRP_LINK, 0) < 0 ||
	    nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_message,
				w) < 0) {
		nl_socket_free(sock);
		return NULL;
	}
	return sock;
}

struct link_watch *link_watch_new(sd_event *event, const char *device,
				  void (*changed)(void *arg), void *arg)
{
	struct link_watch *w = xcalloc(1, sizeof(*w));

	w->device = xstrdup(device);
	w->changed = changed;
	w->arg = arg;
	w->sock = open_socket(w);
	if (!w->sock)
		return link_watch_free(w);
	if (sd_event_add_io(event, &w->io, nl_socket_get_fd(w->sock), EPOLLIN,
			    on_io, w) < 0)
		return link_watch_free(w);
	return w;
}

struct link_watch *link_watch_free(struct link_watch *w)
{
	sd_event_source_disable_unref(w->io);
	if (w->sock)
		nl_socket_free(w->sock);
	free(w->device);
	free(w);
	return NULL;
}
