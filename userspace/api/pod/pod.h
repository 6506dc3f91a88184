/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pods: what ipsvc acts on of their documents. */
#ifndef IPSVC_POD_H
#define IPSVC_POD_H

#include <jansson.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/choice.h"
#include "api/kind.h"
#include "api/labels.h"
#include "base/errors.h"

extern const struct ipsvc_kind ipsvc_pod_kind;

struct ipsvc_container_port {
	char *name;			/* "" when absent */
	char *protocol;			/* "TCP" when absent */
	int64_t port;
};

struct ipsvc_pod {
	char *ns, *name;
	struct ipsvc_labels labels;
	struct ipsvc_container_port *ports;	/* of all containers, in order, … */
	size_t nports;
	size_t nmain_ports;		/* … those of sidecars (init containers) last */
	char *ip;			/* status.podIP; "" when absent */
	struct in6_addr ip4, ip6;	/* the first of podIPs in each family; or none */
	char *node;			/* spec.nodeName; "" when absent */
	char *uid, *hostname, *subdomain;	/* "" when absent */
	char *phase;			/* status.phase; "Running" when absent and an IP is there */
	bool ready;			/* condition Ready is "True" */
	bool terminating;		/* metadata.deletionTimestamp is set */
	struct ipsvc_share share;
};

/* As ipsvc_service_decode(). */
bool ipsvc_pod_decode(const json_t *doc, struct ipsvc_pod *pod,
		      struct ipsvc_errors *errs);
/* The same of a document whose types were checked. */
void ipsvc_pod_view(const json_t *doc, struct ipsvc_pod *pod);
void ipsvc_pod_clear(struct ipsvc_pod *pod);
/* An init container that goes on running. */
bool ipsvc_pod_is_sidecar(const json_t *container);

#endif
