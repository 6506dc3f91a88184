/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ipsvc asks ipsvc-dnsd, and other servers: questions, and how it is. */
#ifndef IPSVC_CLI_DNS_CLIENT_H
#define IPSVC_CLI_DNS_CLIENT_H

#include <jansson.h>
#include <libknot/libknot.h>
#include <netinet/in.h>
#include <stdbool.h>

#define DNS_CLIENT_TRIES	2
#define DNS_CLIENT_TIMEOUT_MS	2000

struct dns_client {
	struct sockaddr_storage server;
	bool tcp;		/* at once, not only for long answers */
};

/*
 * Asks for @type of @name. The caller frees the answer with knot_pkt_free(); NULL,
 * with a sentence in *@why (the caller frees it), when there is none.
 */
knot_pkt_t *dns_client_ask(const struct dns_client *client, const char *name,
			   uint16_t type, char **why);

/* The document of ipsvc-dnsd(8); NULL, with a negative errno, when it does not run. */
json_t *dns_client_stats(int *err);
/* The domain of ipsvc-dnsd, without a dot at the end; to be freed. */
char *dns_client_domain(void);

#endif
