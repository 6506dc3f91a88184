/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of ipsvc-dnsd. */
#ifndef IPSVC_DNSD_OPTIONS_H
#define IPSVC_DNSD_OPTIONS_H

#include <sys/socket.h>

#include "daemon/program.h"
#include "dns/acl.h"
#include "dns/routes.h"
#include "dns/zone.h"

#define OPTIONS_LISTEN_MAX	16

struct options {
	struct dns_zone_config zone;
	struct sockaddr_storage listen[OPTIONS_LISTEN_MAX];
	size_t nlisten;
	bool listen_default;	/* nobody asked for these addresses */
	struct dns_acl acl;	/* who is answered */
	const char *forward;	/* servers, a resolv.conf, or "none" */
	struct dns_routes stubs;	/* servers of single domains */
	unsigned int forward_max;	/* questions at a time */
	unsigned int cache;	/* answers that are kept */
	const char *feed;	/* socket of ipsvcd */
	const char *run_dir;
	const char *nsid;
	unsigned int workers;
	unsigned int rate;	/* answers a second and network; 0: no limit */
	unsigned int tcp_max, tcp_client_max;
	unsigned int tcp_idle;	/* seconds */
	bool verbose;
};

enum options_result options_parse(int argc, char **argv, struct options *opts);
/*
 * Whom to ask for names of others: the stubs, and what @opts->forward says, which may
 * be another file by now. False after a message.
 */
bool options_routes(const struct options *opts, struct dns_routes *routes);
void options_free(struct options *opts);

#endif
