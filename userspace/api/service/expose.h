/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kubectl expose: from an object, a Pod for one, to a new Service. */
#ifndef IPSVC_EXPOSE_H
#define IPSVC_EXPOSE_H

#include "api/labels.h"
#include "api/object.h"

/* A port of the exposed object and its protocols, in the order they came up. */
struct ipsvc_expose_port {
	int64_t number;
	char *protocols[3];	/* TCP, UDP and SCTP are all there are */
	size_t nprotocols;
};

/* What the exposed object has to offer; the expose() of its kind fills it in. */
struct ipsvc_expose_source {
	json_t *labels;		/* object of strings */
	json_t *selector;
	const char *no_selector;	/* what is said when it is empty */
	struct ipsvc_expose_port *ports;
	size_t n, cap;
};

void ipsvc_expose_add_port(struct ipsvc_expose_source *src, int64_t number,
			   const char *protocol);
json_t *ipsvc_expose_labels(const struct ipsvc_labels *labels);

/* As given on the command line; NULL where absent. */
struct ipsvc_expose_options {
	const char *name, *port, *target_port, *protocol, *type, *selector,
		   *labels, *cluster_ip, *external_ip, *session_affinity,
		   *load_balancer_ip;
};

/*
 * The Service document kubectl would create (not yet defaulted), or NULL with
 * kubectl's own message, without "error: ", in *@message (the caller frees).
 */
json_t *ipsvc_expose(const struct ipsvc_object *from,
		     const struct ipsvc_expose_options *opts, char **message);

#endif
