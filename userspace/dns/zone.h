/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of a cluster: what Kubernetes' DNS specification 1.1.0 says of them
 * (kubernetes/dns, docs/specification.md), and beyond that what CoreDNS' kubernetes
 * plugin does. One thread changes it; any number ask, between dns_read_begin() and
 * dns_read_end().
 */
#ifndef IPSVC_DNS_ZONE_H
#define IPSVC_DNS_ZONE_H

#include "name.h"
#include "record.h"
#include "table.h"

/* The Service of the cluster's DNS, and which of the cluster IPs it gets. */
#define DNS_SERVICE_NS		"kube-system"
#define DNS_SERVICE_NAME	"kube-dns"
#define DNS_SERVICE_OFFSET	10
/* What ipsvc-dnsd does unless told otherwise. */
#define DNS_DEFAULT_PORT	10053
#define DNS_DEFAULT_DOMAIN	"cluster.local"
#define DNS_DEFAULT_RUN_DIR	"/run/ipsvc-dnsd"

/* Names <address>.<namespace>.pod, in CoreDNS' words. */
enum dns_pods {
	DNS_PODS_OFF,		/* there are none */
	DNS_PODS_INSECURE,	/* any address in a namespace that exists */
	DNS_PODS_VERIFIED,	/* those of Pods */
};

struct dns_zone_config {
	struct dns_name domain;	/* cluster.local */
	uint32_t ttl;		/* seconds; also of what does not exist */
	enum dns_pods pods;
	bool clients;		/* the namespaces of Pods are asked for */
};

struct dns_zone {
	struct dns_zone_config config;
	struct dns_name svc, pod, ns;	/* svc.<domain>, pod.<domain>, ns.dns.<domain> */
	struct dns_table table;
	struct dns_epoch *epoch;
	uint8_t soa[600];	/* data of the SOA record; its serial is the next */
	size_t soa_len;
	_Atomic uint32_t serial;
	_Atomic bool synced;	/* there was a full state */
	_Atomic size_t services;
	uint32_t edit, round;	/* see struct dns_node */
};

/* False when names below config.domain do not fit in a name. */
bool dns_zone_init(struct dns_zone *zone, const struct dns_zone_config *config,
		   struct dns_epoch *epoch);
void dns_zone_free(struct dns_zone *zone);

/* ---- answers --------------------------------------------------------------- */

enum dns_result {
	DNS_ANSWER,		/* node and set are there */
	DNS_POD,		/* the address of the name itself: addr */
	DNS_CNAME,		/* the same of another name's; set is the CNAME */
	DNS_NODATA,		/* the name exists, without such records */
	DNS_NXDOMAIN,		/* it does not */
	DNS_ELSEWHERE,		/* it is none of ours */
	DNS_NOT_READY,		/* nobody has told us yet */
};

struct dns_found {
	enum dns_result result;
	const struct dns_node *node;
	const struct dns_set *set;
	struct in6_addr addr;
	size_t apex;		/* where in the name our zone begins */
};

/* @name in lower case; any @type, ANY (of which one set is found), too. */
void dns_zone_find(const struct dns_zone *zone, const uint8_t *name, size_t len,
		   uint16_t type, struct dns_found *found);
/* The data of the SOA record; returns its length. */
size_t dns_zone_soa(const struct dns_zone *zone, uint8_t *to);
/* The namespace of the Pod with this address; NULL when there is none. */
const char *dns_zone_client(const struct dns_zone *zone,
			    const struct in6_addr *addr);

/* ---- changes --------------------------------------------------------------- */

/*
 * A full state begins with the first and ends with the second: what was not put in
 * between is gone then.
 */
void dns_zone_begin(struct dns_zone *zone);
void dns_zone_end(struct dns_zone *zone);
/* Others see a change of one Service as one; false when @record is none. */
bool dns_zone_put_service(struct dns_zone *zone, const void *record, size_t len);
void dns_zone_delete_service(struct dns_zone *zone, const char *ns,
			     const char *name);
void dns_zone_put_namespace(struct dns_zone *zone, const char *ns);
void dns_zone_delete_namespace(struct dns_zone *zone, const char *ns);
void dns_zone_put_pod(struct dns_zone *zone, const char *ns,
		      const struct in6_addr *addr);
void dns_zone_delete_pod(struct dns_zone *zone, const char *ns,
			 const struct in6_addr *addr);
/* The Service that @node is of. */
void dns_zone_delete_node(struct dns_zone *zone, const struct dns_node *node);
/* The node of @name, for its writer's own fields; NULL when there is none. */
struct dns_node *dns_zone_node(struct dns_zone *zone,
			       const struct dns_name *name);
/* After the last change of a state. */
void dns_zone_commit(struct dns_zone *zone, uint32_t serial);

#endif
