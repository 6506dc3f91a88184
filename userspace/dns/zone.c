// SPDX-License-Identifier: GPL-2.0-or-later
#include "zone.h"

#include <libknot/consts.h>
#include <libknot/descriptor.h>
#include <libknot/wire.h>
#include <string.h>

/* Seconds, as CoreDNS has them; nobody transfers this zone. */
#define SOA_REFRESH	7200
#define SOA_RETRY	1800
#define SOA_EXPIRE	86400

/* ---- a zone ------------------------------------------------------------- */

static uint8_t *put_name(uint8_t *p, const struct dns_name *name)
{
	memcpy(p, name->wire, name->len);
	return p + name->len;
}

static void init_soa(struct dns_zone *zone, const struct dns_name *hostmaster)
{
	const uint32_t numbers[] = {
		0, SOA_REFRESH, SOA_RETRY, SOA_EXPIRE, zone->config.ttl,
	};
	uint8_t *p = put_name(zone->soa, &zone->ns);

	p = put_name(p, hostmaster);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++, p += 4)
		knot_wire_write_u32(p, numbers[i]);
	zone->soa_len = (size_t)(p - zone->soa);
}

size_t dns_zone_soa(const struct dns_zone *zone, uint8_t *to)
{
	memcpy(to, zone->soa, zone->soa_len);
	knot_wire_write_u32(to + zone->soa_len - 20, zone->serial);
	return zone->soa_len;
}

static struct dns_node *empty_node(const struct dns_name *name)
{
	struct dns_draft draft = {0};

	return dns_draft_finish(&draft, name->wire, name->len);
}

/* "dns-version": the version of the specification; it never changes. */
static struct dns_node *version_node(const struct dns_name *name)
{
	static const char text[] = "\5" "1.1.0";
	struct dns_draft draft = {0};

	dns_draft_begin(&draft, KNOT_RRTYPE_TXT);
	dns_draft_add(&draft, 28800, text, sizeof(text) - 1);
	dns_draft_end(&draft);
	return dns_draft_finish(&draft, name->wire, name->len);
}

bool dns_zone_init(struct dns_zone *zone, const struct dns_zone_config *config,
		   struct dns_epoch *epoch)
{
	struct dns_name dns, version, hostmaster;

	*zone = (struct dns_zone){ .config = *config, .epoch = epoch };
	if (!dns_name_child(&zone->svc, "svc", &config->domain) ||
	    !dns_name_child(&zone->pod, "pod", &config->domain) ||
	    !dns_name_child(&dns, "dns", &config->domain) ||
	    !dns_name_child(&zone->ns, "ns", &dns) ||
	    !dns_name_child(&version, "dns-version", &config->domain) ||
	    !dns_name_child(&hostmaster, "hostmaster", &config->domain))
		return false;
	init_soa(zone, &hostmaster);
	dns_table_init(&zone->table, epoch);
	dns_table_put(&zone->table, empty_node(&zone->svc));
	dns_table_put(&zone->table, empty_node(&zone->pod));
	dns_table_put(&zone->table, empty_node(&dns));
	dns_table_put(&zone->table, version_node(&version));
	dns_zone_commit(zone, 0);
	return true;
}

void dns_zone_free(struct dns_zone *zone)
{
	dns_table_free(&zone->table);
}

/* ---- answers ------------------------------------------------------------ */

static const struct dns_set *any_set(const struct dns_node *node)
{
	return node->nsets && node->sets[0].type != DNS_SET_NAMESPACE ?
	       &node->sets[0] : NULL;
}

static void find_set(const struct dns_node *node, uint16_t type,
		     struct dns_found *found)
{
	found->node = node;
	if (type == KNOT_RRTYPE_ANY)
		found->set = any_set(node);
	else if (type != DNS_SET_NAMESPACE)
		found->set = dns_node_set(node, type);
	found->result = found->set ? DNS_ANSWER : DNS_NODATA;
	if (found->set || (type != KNOT_RRTYPE_A && type != KNOT_RRTYPE_AAAA))
		return;
	found->set = dns_node_set(node, KNOT_RRTYPE_CNAME);
	if (found->set)
		found->result = DNS_CNAME;
}

/* "10-0-0-5.default.pod": any address in a namespace that exists. */
static bool find_pod(const struct dns_zone *zone, const uint8_t *name, size_t len,
		     uint16_t type, struct dns_found *found)
{
	size_t label = *name;

	if (zone->config.pods != DNS_PODS_INSECURE ||
	    !dns_name_is_below(name, len, &zone->pod) ||
	    dns_name_labels(name) != dns_name_labels(zone->pod.wire) + 2 ||
	    !dns_table_find(&zone->table, name + 1 + label, len - 1 - label) ||
	    !dns_undashed(name + 1, label, &found->addr))
		return false;
	if (type != (IN6_IS_ADDR_V4MAPPED(&found->addr) ? KNOT_RRTYPE_A :
		     KNOT_RRTYPE_AAAA) && type != KNOT_RRTYPE_ANY)
		found->result = DNS_NODATA;
	else
		found->result = DNS_POD;
	return true;
}

void dns_zone_find(const struct dns_zone *zone, const uint8_t *name, size_t len,
		   uint16_t type, struct dns_found *found)
{
	const struct dns_name *domain = &zone->config.domain;
	const struct dns_node *node = dns_table_find(&zone->table, name, len);
	bool ours = dns_name_is_below(name, len, domain);

	*found = (struct dns_found){ .result = DNS_NXDOMAIN };
	/* A reverse name has its zone's apex above it. */
	found->apex = ours ? len - domain->len : *name + 1u;
	if (ours && !zone->synced)
		found->result = DNS_NOT_READY;
	else if (node && !node->absent)
		find_set(node, type, found);
	else if (!ours)
		found->result = DNS_ELSEWHERE;
	else
		find_pod(zone, name, len, type, found);
}

const char *dns_zone_client(const struct dns_zone *zone,
			    const struct in6_addr *addr)
{
	const struct dns_node *node;
	const struct dns_set *set;
	struct dns_name name;

	dns_name_reverse(addr, &name);
	node = dns_table_find(&zone->table, name.wire, name.len);
	set = node ? dns_node_set(node, DNS_SET_NAMESPACE) : NULL;
	return set ? (const char *)dns_set_data(node, set) : NULL;
}
