// SPDX-License-Identifier: GPL-2.0-or-later
#include "nodeview.h"

#include <linux/ipsvc.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpointslice/endpointslice.h"
#include "api/labels.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/progress.h"
#include "categorize.h"
#include "ranges.h"

/* Set on a Service, another proxy than kube-proxy, or ipsvc, is to serve it. */
#define LABEL_PROXY_NAME	"service.kubernetes.io/service-proxy-name"
#define PROXY_NAME		"ipsvc"

bool ipsvc_nodeview_serves(const struct ipsvc_service *svc)
{
	const char *proxy = ipsvc_labels_get(&svc->labels, LABEL_PROXY_NAME);

	return (!proxy || !strcmp(proxy, PROXY_NAME)) &&
	       !ipsvc_labels_get(&svc->labels, IPSVC_LABEL_HEADLESS) &&
	       svc->type != IPSVC_TYPE_EXTERNAL_NAME;
}

/* IPPROTO_…; 0 for what the kernel module does not know. */
static uint8_t protocol_number(const char *word)
{
	if (!strcmp(word, "TCP"))
		return IPPROTO_TCP;
	if (!strcmp(word, "UDP"))
		return IPPROTO_UDP;
	return strcmp(word, "SCTP") ? 0 : IPPROTO_SCTP;
}

/* ---- endpoints ----------------------------------------------------------- */

static uint32_t endpoint_flags(const struct ipsvc_candidate *ep, bool local)
{
	return (ep->cluster ? 0 : IPSVC_ENDPOINT_F_DRAIN) |
	       (local && ep->local ? IPSVC_ENDPOINT_F_LOCAL : 0);
}

static void add_endpoint(const struct ipsvc_candidate *c, uint32_t flags,
			 const struct ipsvc_service *svc,
			 struct ipsvc_kservice *out)
{
	const struct ipsvc_share *share = &c->from->share;
	struct ipsvc_endpoint *ep =
		ipsvc_kservice_add_endpoint(out, &c->addr, c->port, flags);

	ep->weight = share->weight;
	ep->flows_max = share->has_max_connections ? share->max_connections :
						     svc->choice.max_connections;
}

/*
 * Those of no category that serve keep the flows they have. What is left out for
 * want of room is first of all these. @local: there is a policy of that name.
 */
static void add_endpoints(const struct ipsvc_candidates *c, bool local,
			  const struct ipsvc_service *svc,
			  struct ipsvc_kservice *out,
			  struct ipsvc_errors *notes)
{
	size_t left_out = 0;

	for (int drain = 0; drain <= 1; drain++) {
		for (size_t i = 0; i < c->n; i++) {
			const struct ipsvc_candidate *ep = &c->items[i];
			uint32_t flags = endpoint_flags(ep, local);

			if (!ep->ready && !(ep->serving && ep->terminating))
				continue;
			if ((flags == IPSVC_ENDPOINT_F_DRAIN) != (drain == 1))
				continue;
			if (out->nendpoints == IPSVC_ENDPOINTS_MAX)
				left_out++;
			else
				add_endpoint(ep, flags, svc, out);
		}
	}
	if (left_out)
		ipsvc_errors_warn(notes,
				  "service \"%s\" has %zu endpoints; only the first %d are served",
				  out->name, out->nendpoints + left_out,
				  IPSVC_ENDPOINTS_MAX);
}

/* ---- frontends ----------------------------------------------------------- */

static void add_cluster_ip(const struct ipsvc_nodeview_config *cfg,
			   const struct ipsvc_service *svc,
			   const struct in6_addr *addr, uint16_t port,
			   struct ipsvc_kservice *out)
{
	ipsvc_kservice_add_frontend(out, IPSVC_FRONTEND_CLUSTER_IP, addr, port,
		(cfg->masquerade_all ? IPSVC_FRONTEND_F_MASQUERADE : 0) |
		(svc->internal_local ? IPSVC_FRONTEND_F_LOCAL : 0));
}

static bool has_frontend(const struct ipsvc_kservice *out,
			 const struct in6_addr *addr, uint16_t port)
{
	for (size_t i = 0; i < out->nfrontends; i++)
		if (out->frontends[i].port == port &&
		    !ipsvc_ip_cmp(&out->frontends[i].addr, addr))
			return true;
	return false;
}

/*
 * Clients from outside are masqueraded, so that a remote endpoint's answers come
 * back here, or get local endpoints only.
 */
static void add_external(const struct ipsvc_service *svc, uint8_t class,
			 const struct in6_addr *addr, uint16_t port,
			 struct ipsvc_kservice *out, struct ipsvc_errors *notes)
{
	char ip[INET6_ADDRSTRLEN];

	if (has_frontend(out, addr, port))
		return;
	if (out->nfrontends == IPSVC_FRONTENDS_MAX)
		ipsvc_errors_warn(notes,
				  "service \"%s\" has more than %d addresses; %s is not served",
				  out->name, IPSVC_FRONTENDS_MAX,
				  ipsvc_ip_format(addr, ip));
	else
		ipsvc_kservice_add_frontend(out, class, addr, port,
			svc->external_local ? IPSVC_FRONTEND_F_LOCAL :
					      IPSVC_FRONTEND_F_MASQUERADE);
}

/* Who may write Services takes no addresses but those that the node allows. */
static bool is_allowed(const struct ipsvc_nodeview_config *cfg,
		       const struct in6_addr *addr)
{
	for (size_t i = 0; i < cfg->nexternal; i++)
		if (ipsvc_cidr_contains(&cfg->external[i], addr))
			return true;
	return false;
}

static void add_external_ips(const struct ipsvc_nodeview_config *cfg,
			     const struct ipsvc_service *svc, uint16_t port,
			     struct ipsvc_kservice *out,
			     struct ipsvc_errors *notes)
{
	const struct ipsvc_addresses *list = &svc->external_ips;
	char ip[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < list->n; i++) {
		if (ipsvc_ip_family(&list->items[i]) != out->family)
			continue;
		if (is_allowed(cfg, &list->items[i]))
			add_external(svc, IPSVC_FRONTEND_EXTERNAL_IP,
				     &list->items[i], port, out, notes);
		else
			ipsvc_errors_warn(notes,
				"service \"%s\": external IP %s is not served: it is in no --external-cidr",
				out->name,
				ipsvc_ip_format(&list->items[i], ip));
	}
}

static void add_load_balancer_ips(const struct ipsvc_service *svc,
				  uint16_t port, struct ipsvc_kservice *out,
				  struct ipsvc_errors *notes)
{
	const struct ipsvc_addresses *list = &svc->load_balancer_ips;

	for (size_t i = 0; i < list->n; i++)
		if (ipsvc_ip_family(&list->items[i]) == out->family)
			add_external(svc, IPSVC_FRONTEND_LOAD_BALANCER,
				     &list->items[i], port, out, notes);
}

/* ---- service ports ------------------------------------------------------- */

/*
 * The key of the hash by which clients get endpoints, where a Service names none. It is
 * made of its name and its UID, which all nodes of a store know and clients do not:
 * these cannot compute which endpoint an address gets.
 */
static void default_hash_key(const struct ipsvc_service *svc, uint8_t key[16])
{
	uint64_t hash = ipsvc_hash_text(IPSVC_HASH_START, svc->ns);

	hash = ipsvc_hash_text(ipsvc_hash_text(hash, svc->name), svc->uid);
	for (size_t i = 0; i < 16; i++) {
		if (i == 8)
			hash = ipsvc_hash_text(hash, svc->uid);
		key[i] = (uint8_t)(hash >> (i % 8 * 8));
	}
}

static void add_affinity(const struct ipsvc_service *svc, uint8_t family,
			 struct ipsvc_koptions *options)
{
	if (!svc->affinity_timeout)
		return;
	options->affinity_timeout = svc->affinity_timeout;
	options->affinity_prefix = family == AF_INET ?
				   svc->choice.affinity_prefix4 :
				   svc->choice.affinity_prefix6;
	if (svc->choice.shared_affinity)
		options->flags |= IPSVC_SERVICE_F_SHARED_AFFINITY;
}

static struct ipsvc_koptions options_of(const struct ipsvc_service *svc,
					uint8_t protocol, uint8_t family)
{
	const struct ipsvc_choice *choice = &svc->choice;
	struct ipsvc_koptions options = {
		.scheduler = choice->scheduler,
		.flags = choice->one_packet && protocol == IPPROTO_UDP ?
			 IPSVC_SERVICE_F_ONE_PACKET : 0,
	};

	add_affinity(svc, family, &options);
	if (choice->scheduler != IPSVC_SCHEDULER_SH &&
	    choice->scheduler != IPSVC_SCHEDULER_MAGLEV)
		return options;
	options.hash_size = choice->hash_size;
	if (choice->has_hash_key)
		memcpy(options.hash_key, choice->hash_key,
		       sizeof(options.hash_key));
	else
		default_hash_key(svc, options.hash_key);
	return options;
}

static bool any_local(const struct ipsvc_kservice *out)
{
	for (size_t i = 0; i < out->nfrontends; i++)
		if (out->frontends[i].flags & IPSVC_FRONTEND_F_LOCAL)
			return true;
	return false;
}

/* What is being made, and from what. */
struct view {
	const struct ipsvc_cache *cache;
	const struct ipsvc_nodeview_config *cfg;
	const struct ipsvc_cluster_service *s;
	struct ipsvc_state *out;
	struct ipsvc_errors *notes;
};

static void add_frontends(const struct view *v,
			  const struct ipsvc_service_port *port,
			  const struct in6_addr *addr,
			  struct ipsvc_kservice *made)
{
	const struct ipsvc_service *svc = v->s->svc;
	uint16_t number = (uint16_t)port->port;

	add_cluster_ip(v->cfg, svc, addr, number, made);
	if (port->node_port)
		add_external(svc, IPSVC_FRONTEND_NODE_PORT, &in6addr_any,
			     (uint16_t)port->node_port, made, v->notes);
	/* An address that is both counts as the balancer's. */
	add_load_balancer_ips(svc, number, made, v->notes);
	add_external_ips(v->cfg, svc, number, made, v->notes);
	ipsvc_kservice_add_ranges(svc, ipsvc_cache_address(v->cache, made->family),
				  made, v->notes);
}

static void add_port(const struct view *v,
		     const struct ipsvc_service_port *port,
		     const struct in6_addr *addr)
{
	uint8_t protocol = protocol_number(port->protocol);
	uint8_t family = ipsvc_ip_family(addr);
	struct ipsvc_candidates candidates = {0};
	struct ipsvc_kservice *made;
	char *name;

	ipsvc_progress();
	if (!protocol)
		return;
	name = xasprintf("%s/%s%s%s", v->s->ns, v->s->name,
			 *port->name ? ":" : "", port->name);
	made = ipsvc_state_add(v->out, name, family, protocol);
	free(name);
	add_frontends(v, port, addr, made);
	ipsvc_candidates_gather(v->cache, v->s, port, family, &candidates);
	ipsvc_candidates_categorize(v->cache, &candidates);
	made->options = options_of(v->s->svc, protocol, family);
	add_endpoints(&candidates, any_local(made), v->s->svc, made, v->notes);
	free(candidates.items);
}

/* The first address of each family: there is one kernel service for each. */
static bool is_first(const struct ipsvc_service *svc, size_t i,
		     const struct in6_addr *addr)
{
	struct in6_addr other;

	while (i--)
		if (ipsvc_ip_parse(svc->cluster_ips[i], &other, NULL) &&
		    ipsvc_ip_is4(&other) == ipsvc_ip_is4(addr))
			return false;
	return true;
}

void ipsvc_nodeview(const struct ipsvc_cache *cache,
		    const struct ipsvc_nodeview_config *cfg,
		    const struct ipsvc_cluster_service *s,
		    struct ipsvc_state *out, struct ipsvc_errors *notes)
{
	const struct view view = {
		.cache = cache, .cfg = cfg, .s = s, .out = out, .notes = notes,
	};
	const struct ipsvc_service *svc = s->svc;
	struct in6_addr addr;

	if (!svc || !ipsvc_nodeview_serves(svc))
		return;
	for (size_t i = 0; i < svc->ncluster_ips; i++) {
		if (!ipsvc_ip_parse(svc->cluster_ips[i], &addr, NULL) ||
		    !is_first(svc, i, &addr))
			continue;
		for (size_t j = 0; j < svc->nports; j++)
			add_port(&view, &svc->ports[j], &addr);
	}
	ipsvc_state_sort(out);
}
