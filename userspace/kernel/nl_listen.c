// SPDX-License-Identifier: GPL-2.0-or-later
/* Listening to multicast group "config". */
#include "nl.h"

#include <errno.h>
#include <linux/ipsvc.h>
#include <linux/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include "nl_internal.h"

/* Events of a commit of thousands of services, or endpoints, are to fit. */
#define EVENT_BUFFER	(16 * 1024 * 1024)

struct ipsvc_nl *ipsvc_nl_listen(int *err)
{
	struct ipsvc_nl *nl = ipsvc_nl_open(err);

	if (!nl)
		return NULL;
	ipsvc_nl_set_queue(&nl->sock, EVENT_BUFFER);
	if (!nl->group)
		*err = -EBADMSG;
	else if (setsockopt(ipsvc_nl_fd(nl), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			    &nl->group, sizeof(nl->group)))
		*err = -errno;
	if (*err) {
		ipsvc_nl_close(nl);
		return NULL;
	}
	return nl;
}

int ipsvc_nl_fd(const struct ipsvc_nl *nl)
{
	return nl_socket_get_fd(nl->sock.sk);
}

static void emit(const struct ipsvc_nl_event_sink *sink, enum ipsvc_nl_event_type type,
		 const struct ipsvc_kservice *svc, uint32_t generation)
{
	struct ipsvc_nl_event ev = { type, svc, generation };

	sink->cb(&ev, sink->arg);
}

static int handle_deleted(const struct nlmsghdr *nlh,
			  const struct ipsvc_nl_event_sink *sink)
{
	struct ipsvc_state st = { 0 };
	int err = ipsvc_nl_decode_services(nlh, &st);
	size_t i;

	for (i = 0; !err && i < st.n; i++)
		emit(sink, IPSVC_EVENT_SERVICE_DELETED, &st.services[i], 0);
	ipsvc_state_free(&st);
	return err;
}

/*
 * Tells of the service ports that no further message continues; with @more, the
 * last one may be continued. One without a protocol lacks its first part, which
 * was lost: what it is now was to be seen when the overrun was told.
 */
static void tell_pending(struct ipsvc_nl *nl, bool more,
			 const struct ipsvc_nl_event_sink *sink)
{
	struct ipsvc_state *pending = &nl->pending, rest = { 0 };

	if (more && pending->n)
		ipsvc_state_move(&rest, &pending->services[--pending->n]);
	ipsvc_state_sort(pending);
	for (size_t i = 0; i < pending->n; i++)
		if (pending->services[i].protocol)
			emit(sink, IPSVC_EVENT_SERVICE, &pending->services[i],
			     0);
	ipsvc_state_free(pending);
	*pending = rest;
}

int ipsvc_nl_handle_event(struct ipsvc_nl *nl, const struct nlmsghdr *nlh,
			  const struct ipsvc_nl_event_sink *sink)
{
	uint8_t cmd = ipsvc_nl_command(nlh);
	uint32_t generation = 0;
	int err = 0;

	if (cmd == IPSVC_CMD_SERVICE_NTF)
		err = ipsvc_nl_decode_services(nlh, &nl->pending);
	tell_pending(nl, cmd == IPSVC_CMD_SERVICE_NTF, sink);
	switch (cmd) {
	case IPSVC_CMD_SERVICE_DEL_NTF:
		return handle_deleted(nlh, sink);
	case IPSVC_CMD_COMMIT_NTF:
		err = ipsvc_nl_decode_u32(nlh, IPSVC_A_GENERATION, &generation);
		if (!err)
			emit(sink, IPSVC_EVENT_COMMIT, NULL, generation);
		return err;
	default:
		return err;	/* told above, or of a newer module */
	}
}

/*
 * What is still queued is older than what was lost, so who dumps now would go
 * back in time by it.
 */
static int skip_queued(struct ipsvc_nl *nl)
{
	int len;

	do {
		len = ipsvc_nl_receive(&nl->sock, false);
	} while (len >= 0 || len == -ENOBUFS);
	return len == -EAGAIN ? 0 : len;
}

int ipsvc_nl_events(struct ipsvc_nl *nl,
		    void (*cb)(const struct ipsvc_nl_event *ev, void *arg),
		    void *arg)
{
	struct ipsvc_nl_event_sink sink = { cb, arg };
	struct nlmsghdr *nlh;
	int len, err = 0;

	while (!err) {
		len = ipsvc_nl_receive(&nl->sock, false);
		if (len == -EAGAIN)
			return nl->err = 0;
		if (len == -ENOBUFS) {
			err = skip_queued(nl);
			ipsvc_state_free(&nl->pending);
			emit(&sink, IPSVC_EVENT_OVERRUN, NULL, 0);
			continue;
		}
		if (len < 0)
			return nl->err = len;
		nlh = (struct nlmsghdr *)nl->sock.buf;
		for (; !err && nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len))
			if (nlh->nlmsg_type == nl->family)
				err = ipsvc_nl_handle_event(nl, nlh, &sink);
	}
	return nl->err = err;
}
