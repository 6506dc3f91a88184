/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of ipsvcd. */
#ifndef IPSVCD_OPTIONS_H
#define IPSVCD_OPTIONS_H

#include <stdbool.h>

#include "base/ip.h"
#include "cluster/nodeview.h"
#include "dns_service.h"
#include "program.h"
#include "store/store.h"

struct options {
	char *manifests;	/* absolute */
	const char *store, *run_dir, *device;
	char *node;
	char *source;		/* struct ipsvc_owner */
	const char *service_cidr;	/* NULL: what the store says */
	const char *cluster_cidr;	/* NULL: not known */
	struct ipsvc_cidrs cluster;	/* the same */
	char *cluster_link;	/* of sync_config */
	struct ipsvc_cidr *external;	/* of @view */
	struct ipsvc_nodeview_config view;
	int node_port_min, node_port_max;	/* 0: what the store says */
	struct dns_target dns;
	double prune_after;	/* seconds */
	bool prune_all;
	bool check, verbose;
};

enum options_result options_parse(int argc, char **argv, struct options *opts);
void options_free(struct options *opts);
/* Sets in @cfg what is the cluster's; false: nothing was given. */
bool options_config(const struct options *opts,
		    struct ipsvc_cluster_config *cfg);

#endif
