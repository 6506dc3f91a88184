/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files behind nl.h share. */
#ifndef IPSVC_NL_INTERNAL_H
#define IPSVC_NL_INTERNAL_H

#include "nl.h"
#include "nl_codec.h"
#include "nl_sock.h"

struct ipsvc_nl {
	struct ipsvc_nl_sock sock;
	int family;
	uint32_t group;		/* of "config" */
	int err;		/* of the last call */
	struct ipsvc_nl_place refused;	/* by the last commit */
	struct ipsvc_state pending;	/* of events: what may be continued */
};

/* ipsvc_nl_request() that frees @msg and keeps the error in @nl. */
int ipsvc_nl_call(struct ipsvc_nl *nl, struct nl_msg *msg,
		  ipsvc_nl_answer answer, void *arg);

/* Who is told of events. */
struct ipsvc_nl_event_sink {
	void (*cb)(const struct ipsvc_nl_event *ev, void *arg);
	void *arg;
};

/* One message of group "config". */
int ipsvc_nl_handle_event(struct ipsvc_nl *nl, const struct nlmsghdr *nlh,
			  const struct ipsvc_nl_event_sink *sink);

#endif
