// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <linux/ipsvc.h>
#include <stdlib.h>
#include <string.h>

#include "api/choice.h"
#include "base/buf.h"
#include "cli/print/kservice.h"
#include "command.h"

static void print_hash_key(struct ipsvc_buf *buf, const uint8_t key[16])
{
	static const uint8_t none[16];

	if (!memcmp(key, none, sizeof(none)))
		return;
	ipsvc_buf_puts(buf, " hash-key ");
	for (size_t i = 0; i < sizeof(none); i++)
		ipsvc_buf_printf(buf, "%02x", key[i]);
}

static void print_number(struct ipsvc_buf *buf, const char *word, uint32_t value)
{
	if (value)
		ipsvc_buf_printf(buf, " %s %" PRIu32, word, value);
}

static void print_flag(struct ipsvc_buf *buf, const char *word, uint32_t set)
{
	if (set)
		ipsvc_buf_printf(buf, " %s", word);
}

static void print_options(struct ipsvc_buf *buf, const struct ipsvc_koptions *o)
{
	if (o->scheduler)
		ipsvc_buf_printf(buf, " scheduler %s",
				 ipsvc_scheduler_word(o->scheduler));
	print_hash_key(buf, o->hash_key);
	print_number(buf, "hash-size", o->hash_size);
	print_number(buf, "affinity", o->affinity_timeout);
	print_number(buf, "affinity-prefix", o->affinity_prefix);
	print_flag(buf, "shared-affinity",
		   o->flags & IPSVC_SERVICE_F_SHARED_AFFINITY);
	print_flag(buf, "one-packet", o->flags & IPSVC_SERVICE_F_ONE_PACKET);
}

static const char *class_word(uint8_t class)
{
	static const char *const words[] = {
		[IPSVC_FRONTEND_CLUSTER_IP] = "cluster-ip",
		[IPSVC_FRONTEND_NODE_PORT] = "node-port",
		[IPSVC_FRONTEND_LOAD_BALANCER] = "load-balancer",
		[IPSVC_FRONTEND_EXTERNAL_IP] = "external-ip",
	};

	return class < sizeof(words) / sizeof(words[0]) ? words[class] : "?";
}

static void print_frontend(struct ipsvc_buf *buf, const struct ipsvc_frontend *fe)
{
	char *addr = kservice_address(&fe->addr, fe->port);

	if (fe->class == IPSVC_FRONTEND_NODE_PORT)
		ipsvc_buf_printf(buf, " node-port %u", fe->port);
	else
		ipsvc_buf_printf(buf, " %s %s", class_word(fe->class), addr);
	print_flag(buf, "masquerade", fe->flags & IPSVC_FRONTEND_F_MASQUERADE);
	print_flag(buf, "local", fe->flags & IPSVC_FRONTEND_F_LOCAL);
	print_flag(buf, "source-ranges", fe->flags & IPSVC_FRONTEND_F_RANGES);
	free(addr);
}

static void print_range(struct ipsvc_buf *buf, const struct ipsvc_range *range)
{
	char text[IPSVC_CIDR_SIZE];

	ipsvc_buf_printf(buf, " %s %s",
			 range->flags & IPSVC_RANGE_F_DENY ? "deny" : "allow",
			 ipsvc_cidr_format(&range->cidr, text));
}

void edit_print_service(struct ipsvc_buf *buf, const struct ipsvc_kservice *svc)
{
	const char *protocol = cli_protocol_word(svc->protocol);
	char *word = cli_service_word(svc->name);

	ipsvc_buf_printf(buf, "service add %s family %s protocol %s", word,
			 cli_family_word(svc->family),
			 protocol ? protocol : "?");
	print_options(buf, &svc->options);
	for (size_t i = 0; i < svc->nfrontends; i++)
		print_frontend(buf, &svc->frontends[i]);
	for (size_t i = 0; i < svc->nranges; i++)
		print_range(buf, &svc->ranges[i]);
	ipsvc_buf_putc(buf, '\n');
	free(word);
}

static void print_endpoint(struct ipsvc_buf *buf, const char *service,
			   const struct ipsvc_endpoint *ep)
{
	char *addr = kservice_address(&ep->addr, ep->port);

	ipsvc_buf_printf(buf, "endpoint add %s %s", service, addr);
	if (ep->weight != 1)
		ipsvc_buf_printf(buf, " weight %u", ep->weight);
	print_number(buf, "max-flows", ep->flows_max);
	print_flag(buf, "drain", ep->flags & IPSVC_ENDPOINT_F_DRAIN);
	print_flag(buf, "local", ep->flags & IPSVC_ENDPOINT_F_LOCAL);
	ipsvc_buf_putc(buf, '\n');
	free(addr);
}

void edit_print_endpoints(struct ipsvc_buf *buf, const struct ipsvc_kservice *svc)
{
	char *word = cli_service_word(svc->name);

	for (size_t i = 0; i < svc->nendpoints; i++)
		print_endpoint(buf, word, &svc->endpoints[i]);
	free(word);
}
