/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services: what ipsvc acts on of their documents. */
#ifndef IPSVC_SERVICE_H
#define IPSVC_SERVICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/choice.h"
#include "api/kind.h"
#include "api/labels.h"
#include "base/errors.h"
#include "base/ip.h"

extern const struct ipsvc_kind ipsvc_service_kind;

enum ipsvc_service_type {
	IPSVC_TYPE_CLUSTER_IP,
	IPSVC_TYPE_NODE_PORT,
	IPSVC_TYPE_LOAD_BALANCER,
	IPSVC_TYPE_EXTERNAL_NAME,
};

/* int-or-string of Kubernetes. */
struct ipsvc_int_or_name {
	int number;	/* when name is NULL */
	char *name;
	bool present;
};

struct ipsvc_service_port {
	char *name;			/* "" when absent */
	char *protocol;			/* "TCP", "UDP", … as written */
	int64_t port;
	struct ipsvc_int_or_name target_port;
	int64_t node_port;		/* 0: none */
	char *app_protocol;		/* NULL when absent */
	bool has_protocol, has_port, has_node_port;
};

/* Which endpoints are for whom, as slices tell it (spec.trafficDistribution). */
enum ipsvc_traffic_hints {
	IPSVC_HINTS_NONE,
	IPSVC_HINTS_ZONE,
	IPSVC_HINTS_ZONE_AND_NODE,
};

struct ipsvc_addresses {
	struct in6_addr *items;
	size_t n;
};

struct ipsvc_cidr_list {
	struct ipsvc_cidr *items;
	size_t n;
};

/*
 * Who may connect: clients in @allow, of a family without any everybody, and
 * nobody in @deny.
 */
struct ipsvc_source_ranges {
	struct ipsvc_cidr_list allow, deny;	/* of both families */
	uint32_t classes;	/* 1 << enum ipsvc_frontend_class: by what they ask */
	bool fail_closed;	/* of a family without any nobody, if others have */
};

struct ipsvc_service {
	char *ns, *name;
	char *uid, *created;		/* "" when absent */
	char *type_word;		/* as written; "" when absent */
	enum ipsvc_service_type type;	/* valid after defaulting */
	struct ipsvc_labels labels, selector;
	struct ipsvc_service_port *ports;
	size_t nports;
	char *cluster_ip;		/* "" when absent, "None" when headless */
	char **cluster_ips;		/* or just that, where they are absent */
	size_t ncluster_ips;
	char *external_name;		/* "" when absent */
	uint8_t families[2];		/* AF_INET, AF_INET6 */
	size_t nfamilies;
	enum ipsvc_traffic_hints hints;
	bool publish_not_ready;
	struct ipsvc_choice choice;
	uint32_t affinity_timeout;	/* seconds, of ClientIP; 0: None */
	/* Of both families; what no host can have is left out. */
	struct ipsvc_addresses external_ips;
	struct ipsvc_addresses load_balancer_ips;	/* those of mode VIP */
	struct ipsvc_source_ranges source_ranges;
	/* Traffic policies; the first only where it is external at all. */
	bool external_local, internal_local;
	uint16_t health_port;		/* 0: none */
};

/*
 * Decodes the typed view. Wrong types are reported in @errs the way the API
 * server's decoder does (IPSVC_ERR_DECODE); returns false then, and the view
 * is still safe to clear.
 */
bool ipsvc_service_decode(const json_t *doc, struct ipsvc_service *svc,
			  struct ipsvc_errors *errs);
/* The same of a document whose types were checked. */
void ipsvc_service_view(const json_t *doc, struct ipsvc_service *svc);
/* Without a ClusterIP; true of an ExternalName, too. */
bool ipsvc_service_has_no_ip(const struct ipsvc_service *svc);
void ipsvc_service_clear(struct ipsvc_service *svc);

#endif
