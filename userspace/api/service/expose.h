/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kubectl expose: from a Pod or a Service to a new Service. */
#ifndef IPSVC_EXPOSE_H
#define IPSVC_EXPOSE_H

#include "api/object.h"

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
