/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cluster for tests of DNS, and questions about it whose answers are text. The
 * zone of dns_env_init() is cluster.local with:
 *
 *	default/web		10.96.0.20, http 80/TCP, dns 53/UDP; one ready endpoint
 *	default/dual		10.96.0.21 and fd00::21, 80/TCP without a name
 *	default/db		headless, pg 5432/TCP: db-0 10.244.1.5, db-1 in both
 *				families, 10.244.1.7 and fd00::7 without names
 *	default/empty		headless, nobody is ready
 *	default/bare		headless without ports: 10.244.1.9
 *	default/ext		www.example.com
 *	default/alias		web.default.svc.cluster.local
 *	default/odd		an address instead of a name
 *	kube-system/kube-dns	10.96.0.10, dns 53/UDP, dns-tcp 53/TCP
 */
#ifndef IPSVC_TESTS_DNS_ENV_H
#define IPSVC_TESTS_DNS_ENV_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libknot/libknot.h>

#include "base/ip.h"
#include "base/memory.h"
#include "dns/respond.h"

struct dns_env {
	struct dns_epoch epoch;
	struct dns_zone zone;
	struct dns_acl acl;
	struct dns_responder responder;
	struct sockaddr_storage client;
	struct in6_addr addr;
	struct ipsvc_buf text;
	bool tcp;
	unsigned int turn;
	uint8_t out[KNOT_WIRE_MAX_PKTSIZE];
	struct dns_response response;	/* the last one */
};

#define DNS_SERIAL	7

static inline struct in6_addr dns_ip(const char *text)
{
	struct in6_addr addr;

	assert_true(ipsvc_ip_parse(text, &addr, NULL));
	return addr;
}

static inline bool dns_put(struct dns_env *env, const struct dns_service *svc)
{
	struct ipsvc_buf record = {0};
	bool ok;

	dns_service_encode(svc, &record);
	ok = dns_zone_put_service(&env->zone, record.data, record.len);
	ipsvc_buf_free(&record);
	dns_reclaim(&env->epoch);
	return ok;
}

#define DNS_ADDRS(...)	\
	.addrs = (struct in6_addr[]){ __VA_ARGS__ }, \
	.naddrs = sizeof((struct in6_addr[]){ __VA_ARGS__ }) / \
		  sizeof(struct in6_addr)
#define DNS_PORTS(...)	\
	.ports = (struct dns_port[]){ __VA_ARGS__ }, \
	.nports = sizeof((struct dns_port[]){ __VA_ARGS__ }) / \
		  sizeof(struct dns_port)
#define DNS_SUBSETS(...)	\
	.subsets = (struct dns_subset[]){ __VA_ARGS__ }, \
	.nsubsets = sizeof((struct dns_subset[]){ __VA_ARGS__ }) / \
		    sizeof(struct dns_subset)
#define DNS_ENDPOINTS(...)	\
	.endpoints = (struct dns_endpoint[]){ __VA_ARGS__ }, \
	.nendpoints = sizeof((struct dns_endpoint[]){ __VA_ARGS__ }) / \
		      sizeof(struct dns_endpoint)

static inline void dns_put_plain(struct dns_env *env)
{
	dns_put(env, &(struct dns_service){
		.ns = "default", .name = "web", .external_name = "",
		DNS_ADDRS(dns_ip("10.96.0.20")),
		DNS_PORTS({ "http", IPPROTO_TCP, 80 }, { "dns", IPPROTO_UDP, 53 }),
		DNS_SUBSETS({ DNS_PORTS({ "http", IPPROTO_TCP, 8080 },
					{ "dns", IPPROTO_UDP, 5353 }),
			      DNS_ENDPOINTS({ dns_ip("10.244.1.4"), "" }) }),
	});
	dns_put(env, &(struct dns_service){
		.ns = "default", .name = "dual", .external_name = "",
		DNS_ADDRS(dns_ip("10.96.0.21"), dns_ip("fd00::21")),
		DNS_PORTS({ "", IPPROTO_TCP, 80 }),
	});
	dns_put(env, &(struct dns_service){
		.ns = "kube-system", .name = "kube-dns", .external_name = "",
		DNS_ADDRS(dns_ip("10.96.0.10")),
		DNS_PORTS({ "dns", IPPROTO_UDP, 53 },
			  { "dns-tcp", IPPROTO_TCP, 53 }),
	});
}

static inline void dns_put_headless(struct dns_env *env)
{
	dns_put(env, &(struct dns_service){
		.ns = "default", .name = "db", .external_name = "",
		.type = DNS_HEADLESS,
		DNS_PORTS({ "pg", IPPROTO_TCP, 5432 }),
		DNS_SUBSETS({ DNS_PORTS({ "pg", IPPROTO_TCP, 15432 }),
			      DNS_ENDPOINTS({ dns_ip("10.244.1.5"), "db-0" },
					    { dns_ip("10.244.1.6"), "db-1" },
					    { dns_ip("fd00::6"), "db-1" },
					    { dns_ip("10.244.1.7"), "" },
					    { dns_ip("fd00::7"), "" }) }),
	});
	dns_put(env, &(struct dns_service){
		.ns = "default", .name = "empty", .external_name = "",
		.type = DNS_HEADLESS,
		DNS_PORTS({ "pg", IPPROTO_TCP, 5432 }),
	});
	dns_put(env, &(struct dns_service){
		.ns = "default", .name = "bare", .external_name = "",
		.type = DNS_HEADLESS,
		DNS_SUBSETS({ DNS_ENDPOINTS({ dns_ip("10.244.1.9"), "" }) }),
	});
}

static inline void dns_put_external(struct dns_env *env, const char *name,
				    const char *target)
{
	dns_put(env, &(struct dns_service){
		.ns = "default", .name = name, .external_name = target,
		.type = DNS_EXTERNAL_NAME,
	});
}

/* @change (may be NULL) may change what the zone is made with. */
static inline struct dns_env *dns_env_new(void (*change)(struct dns_zone_config *))
{
	struct dns_env *env = xcalloc(1, sizeof(*env));
	struct dns_zone_config config = { .ttl = 5, .pods = DNS_PODS_INSECURE };

	assert_true(dns_name_parse("cluster.local", &config.domain));
	if (change)
		change(&config);
	dns_epoch_init(&env->epoch, 1);
	assert_true(dns_zone_init(&env->zone, &config, &env->epoch));
	env->responder = (struct dns_responder){
		.zone = &env->zone, .acl = &env->acl,
	};
	dns_acl_add_private(&env->acl);
	env->client.ss_family = AF_INET;
	env->addr = dns_ip("10.244.1.4");
	return env;
}

static inline void dns_env_fill(struct dns_env *env)
{
	dns_zone_begin(&env->zone);
	dns_zone_put_namespace(&env->zone, "default");
	dns_zone_put_namespace(&env->zone, "kube-system");
	dns_put_plain(env);
	dns_put_headless(env);
	dns_put_external(env, "ext", "www.example.com");
	dns_put_external(env, "alias", "web.default.svc.cluster.local");
	dns_put_external(env, "odd", "10.1.2.3");
	dns_zone_end(&env->zone);
	dns_zone_commit(&env->zone, DNS_SERIAL);
	dns_reclaim(&env->epoch);
}

static inline void dns_env_free(struct dns_env *env)
{
	ipsvc_buf_free(&env->text);
	dns_zone_free(&env->zone);
	dns_epoch_free(&env->epoch);
	dns_acl_free(&env->acl);
	free(env);
}

/* ---- questions ---------------------------------------------------------- */

/* Hands @packet to the server. */
static inline void dns_send(struct dns_env *env, const void *packet, size_t len)
{
	struct dns_request req = {
		.packet = packet, .len = len, .client = &env->client,
		.addr = env->addr, .tcp = env->tcp, .now = 1000000,
		.turn = env->turn,
	};

	dns_read_begin(&env->epoch, 0);
	dns_respond(&env->responder, &req, env->out, sizeof(env->out),
		    &env->response);
	dns_read_end(&env->epoch, 0);
}

/* A question with its header; returns its length. */
static inline size_t dns_question(uint8_t *packet, const char *name,
				  const char *type)
{
	uint16_t number;
	knot_pkt_t *pkt = knot_pkt_new(packet, 512, NULL);
	knot_dname_t *qname = knot_dname_from_str_alloc(name);
	size_t len;

	memset(packet, 0, KNOT_WIRE_HEADER_SIZE);
	assert_int_equal(knot_rrtype_from_string(type, &number), 0);
	assert_non_null(qname);
	knot_wire_set_id(packet, 0x1234);
	knot_wire_set_rd(packet);
	assert_int_equal(knot_pkt_put_question(pkt, qname, KNOT_CLASS_IN,
					       number), 0);
	len = pkt->size;
	knot_dname_free(qname, NULL);
	knot_pkt_free(pkt);
	return len;
}

/* Runs of white space become one space each. */
static inline void dns_squeeze(char *text)
{
	char *to = text;

	for (char *p = text; *p; p++) {
		bool blank = *p == ' ' || *p == '\t';

		if (!blank || (p[1] != ' ' && p[1] != '\t'))
			*to++ = blank ? ' ' : *p;
	}
	*to = '\0';
}

static inline void dns_print_section(struct dns_env *env, knot_pkt_t *pkt,
				     knot_section_t id, const char *mark)
{
	static const knot_dump_style_t style = {
		.show_ttl = true, .original_ttl = true,
	};
	const knot_pktsection_t *section = knot_pkt_section(pkt, id);

	for (unsigned int i = 0; i < section->count; i++) {
		const knot_rrset_t *rr = knot_pkt_rr(section, i);
		size_t size = 65536;
		char *dump;

		if (rr->type == KNOT_RRTYPE_OPT)
			continue;
		dump = xcalloc(1, size);
		assert_true(knot_rrset_txt_dump(rr, &dump, &size, &style) >= 0);
		dns_squeeze(dump);
		ipsvc_buf_printf(&env->text, "%s%s", mark, dump);
		free(dump);
	}
}

/*
 * The last answer: "NOERROR AA", then records, those of the authority section
 * after "^", additional ones after "+".
 */
static inline const char *dns_text(struct dns_env *env)
{
	knot_pkt_t *pkt = knot_pkt_new(env->out, env->response.len, NULL);
	const knot_lookup_t *rcode;

	ipsvc_buf_reset(&env->text);
	assert_int_equal(env->response.outcome, DNS_REPLY);
	assert_int_equal(knot_pkt_parse(pkt, 0), 0);
	assert_true(knot_wire_get_qr(env->out));
	rcode = knot_lookup_by_id(knot_rcode_names,
				  knot_pkt_ext_rcode(pkt));
	ipsvc_buf_printf(&env->text, "%s%s%s\n", rcode ? rcode->name : "?",
			 knot_wire_get_aa(env->out) ? " AA" : "",
			 knot_wire_get_tc(env->out) ? " TC" : "");
	dns_print_section(env, pkt, KNOT_ANSWER, "");
	dns_print_section(env, pkt, KNOT_AUTHORITY, "^");
	dns_print_section(env, pkt, KNOT_ADDITIONAL, "+");
	knot_pkt_free(pkt);
	return env->text.data;
}

static inline const char *dns_ask(struct dns_env *env, const char *name,
				  const char *type)
{
	uint8_t packet[512];

	dns_send(env, packet, dns_question(packet, name, type));
	return dns_text(env);
}

#define DNS_SOA_IN(zone)	\
	"^" zone " 5 SOA ns.dns.cluster.local. hostmaster.cluster.local. " \
	"7 7200 1800 86400 5\n"
#define DNS_NODATA_TEXT	"NOERROR AA\n" DNS_SOA_IN("cluster.local.")
#define DNS_NXDOMAIN_TEXT "NXDOMAIN AA\n" DNS_SOA_IN("cluster.local.")

#endif
