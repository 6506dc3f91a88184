// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc dns: what containers need, questions, and how ipsvc-dnsd is doing. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/service/service.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "cluster/alloc.h"
#include "dns/address.h"
#include "dns/zone.h"
#include "dns_client.h"
#include "store/store.h"

#define NDOTS		5
#define DNS_PORT	53
#define DROP_IN_DIR	"/etc/systemd/resolved.conf.d"
#define DROP_IN		DROP_IN_DIR "/ipsvc.conf"
#define DEFAULT_SERVER	"127.0.0.1:10053"

/* ---- dns config --------------------------------------------------------- */

struct config {
	const char *domain, *nameserver;
	bool install;
};

const struct cli_option cmd_dns_config_options[] = {
	CLI_OPTION_STRING(struct config, domain, 0, "domain", "NAME",
			  "domain of the cluster (that of ipsvc-dnsd)"),
	CLI_OPTION_STRING(struct config, nameserver, 0, "nameserver", "ADDR",
			  "its address (that of Service kube-system/kube-dns)"),
	CLI_OPTION_BOOL(struct config, install, 0, "install",
			"let systemd-resolved of this host use it: " DROP_IN),
	{ 0 },
};

/* The cluster IP of the DNS Service, or the one it would get; to be freed. */
static char *service_address(struct ipsvc_store *store)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_cluster_config cfg;
	char text[INET6_ADDRSTRLEN], *found = NULL;
	struct ipsvc_cidrs cidrs;
	const char *why;

	if (ipsvc_store_get(store, &ipsvc_service_kind, DNS_SERVICE_NS,
			    DNS_SERVICE_NAME, &objs) == IPSVC_STORE_OK)
		found = xstrdup(ipsvc_json_text(json_object_get(objs.items[0].doc,
								"spec"),
						"clusterIP"));
	ipsvc_objects_free(&objs);
	if (!found && ipsvc_store_config(store, &cfg) == IPSVC_STORE_OK &&
	    ipsvc_alloc_cidrs_parse(cfg.service_cidr, &cidrs, &why)) {
		struct in6_addr ip = ipsvc_cidr_at(&cidrs.items[0],
						   DNS_SERVICE_OFFSET);

		found = xstrdup(ipsvc_ip_format(&ip, text));
	}
	return found;
}

static char *find_nameserver(const struct cli *cli)
{
	char *message = NULL, *address = NULL;
	struct ipsvc_store *store = ipsvc_store_open(cli->store_url, true,
						     &message);

	if (store) {
		address = service_address(store);
		ipsvc_store_close(store);
	}
	if (!address)
		cli_error("%s; name the server with --nameserver",
			  message ? message : "the store has no addresses");
	free(message);
	return address;
}

/* What names without a dot at the end are tried with, one after the other. */
static char *search_list(const struct cli *cli, const char *domain)
{
	return xasprintf("%s.svc.%s svc.%s %s", cli_namespace(cli), domain,
			 domain, domain);
}

static char *resolv_conf(const struct cli *cli, const char *nameserver,
			 const char *domain)
{
	char *search = search_list(cli, domain);
	char *text = xasprintf("nameserver %s\nsearch %s\noptions ndots:%d\n",
			       nameserver, search, NDOTS);

	free(search);
	return text;
}

static char *drop_in(const char *nameserver, const char *domain)
{
	return xasprintf("# Made by 'ipsvc dns config --install'.\n"
			 "[Resolve]\nDNS=%s\nDomains=~%s\n", nameserver, domain);
}

static int install(const char *text)
{
	FILE *f;

	mkdir(DROP_IN_DIR, 0755);
	f = fopen(DROP_IN, "w");
	if (!f || fputs(text, f) < 0 || fclose(f)) {
		cli_error("%s: %s", DROP_IN, strerror(errno));
		return errno == EACCES ? CLI_NO_PERMISSION : CLI_FAILED;
	}
	printf("%s is there; to use it: systemctl restart systemd-resolved\n",
	       DROP_IN);
	return cli_flush();
}

static int print_config(const struct cli *cli, const char *nameserver,
			const char *domain)
{
	bool resolved = !strcmp(cli->output, "resolved");
	char *text = resolved ? drop_in(nameserver, domain) :
				resolv_conf(cli, nameserver, domain);

	fputs(text, stdout);
	free(text);
	return cli_flush();
}

int cmd_dns_config(struct cli *cli, int argc, char **argv)
{
	struct config c = {0};
	char *domain, *nameserver, *text;
	int code = CLI_FAILED;

	if (!cli_parse(cli, &argc, &argv, &c))
		return CLI_USAGE;
	domain = c.domain ? xstrdup(c.domain) : dns_client_domain();
	nameserver = c.nameserver ? xstrdup(c.nameserver) : find_nameserver(cli);
	if (nameserver && c.install) {
		text = drop_in(nameserver, domain);
		code = install(text);
		free(text);
	} else if (nameserver) {
		code = print_config(cli, nameserver, domain);
	}
	free(nameserver);
	free(domain);
	return code;
}

/* ---- dns query ---------------------------------------------------------- */

struct query {
	const char *server;
	bool tcp;
};

const struct cli_option cmd_dns_query_options[] = {
	CLI_OPTION_STRING(struct query, server, 0, "server", "ADDR[:PORT]",
			  "server to ask (" DEFAULT_SERVER ")"),
	CLI_OPTION_BOOL(struct query, tcp, 0, "tcp", "ask over TCP"),
	{ 0 },
};

static const struct out_column record_columns[] = {
	{ .header = "NAME", .key = "name" },
	{ .header = "TTL", .key = "ttl" },
	{ .header = "TYPE", .key = "type" },
	{ .header = "DATA", .key = "data" },
};

static void put_record(struct out *out, const knot_rrset_t *rr, uint16_t i)
{
	char name[KNOT_DNAME_TXT_MAXLEN + 1], type[32], data[4096];

	knot_dname_to_str(name, rr->owner, sizeof(name));
	knot_rrtype_to_string(rr->type, type, sizeof(type));
	if (knot_rrset_txt_dump_data(rr, i, data, sizeof(data),
				     &KNOT_DUMP_STYLE_DEFAULT) < 0)
		strcpy(data, "?");
	out_string(out, name);
	out_uint(out, rr->ttl);
	out_string(out, type);
	out_string(out, data);
	out_row(out);
}

static int print_answer(const struct cli *cli, const knot_pkt_t *answer)
{
	const knot_pktsection_t *section = knot_pkt_section(answer, KNOT_ANSWER);
	struct out *out = out_open(stdout, cli_format(cli), OUT_TABLE,
				   record_columns, 4);

	for (unsigned int i = 0; i < section->count; i++) {
		const knot_rrset_t *rr = knot_pkt_rr(section, i);

		for (uint16_t j = 0; j < rr->rrs.count; j++)
			put_record(out, rr, j);
	}
	return cli_out_close(out);
}

static const char *rcode_name(const knot_pkt_t *answer)
{
	const knot_lookup_t *found = knot_lookup_by_id(knot_rcode_names,
						       knot_pkt_ext_rcode(answer));

	return found ? found->name : "an unknown code";
}

/* As a container of the namespace does: the names it tries, up to a NULL. */
static char **names_to_try(const struct cli *cli, const char *name)
{
	char **names = xcalloc(5, sizeof(*names)), *domain, *search, *word, *rest;
	size_t n = 0, dots = 0, len = strlen(name);

	for (const char *p = name; *p; p++)
		dots += *p == '.';
	if (dots < NDOTS && len && name[len - 1] != '.') {
		domain = dns_client_domain();
		rest = search = search_list(cli, domain);
		while ((word = strsep(&rest, " ")))
			names[n++] = xasprintf("%s.%s", name, word);
		free(search);
		free(domain);
	}
	names[n] = xstrdup(name);
	return names;
}

/*
 * The first answer that is not NXDOMAIN, or the last one. A server that refuses
 * to look further than its own domain does not take back what it said before.
 */
static knot_pkt_t *resolve(const struct dns_client *client, char **names,
			   uint16_t type, char **why)
{
	knot_pkt_t *last = NULL, *answer;

	for (; *names; names++) {
		answer = dns_client_ask(client, *names, type, why);
		if (answer && last &&
		    knot_pkt_ext_rcode(answer) == KNOT_RCODE_REFUSED) {
			knot_pkt_free(answer);
			return last;
		}
		knot_pkt_free(last);
		last = answer;
		if (!answer || knot_pkt_ext_rcode(answer) != KNOT_RCODE_NXDOMAIN)
			break;
	}
	return last;
}

static int query(struct cli *cli, const struct dns_client *client,
		 const char *name, uint16_t type)
{
	char **names = names_to_try(cli, name), *why = NULL;
	knot_pkt_t *answer = resolve(client, names, type, &why);
	int code = CLI_FAILED;

	if (!answer)
		cli_error("%s: %s", name, why);
	else if (knot_pkt_ext_rcode(answer))
		cli_error("%s: %s", name, rcode_name(answer));
	else
		code = print_answer(cli, answer);
	if (code == CLI_OK && !knot_wire_get_ancount(answer->wire))
		fprintf(stderr, "%s has no such records\n", name);
	for (char **p = names; *p; p++)
		free(*p);
	free(names);
	knot_pkt_free(answer);
	free(why);
	return code;
}

int cmd_dns_query(struct cli *cli, int argc, char **argv)
{
	struct query q = { .server = DEFAULT_SERVER };
	struct dns_client client;
	uint16_t type = KNOT_RRTYPE_A;

	if (!cli_parse(cli, &argc, &argv, &q))
		return CLI_USAGE;
	client.tcp = q.tcp;
	if (!dns_address_parse(q.server, DNS_PORT, &client.server))
		return cli_usage_error(cli, "'--server' is an address, and a port if any, not '%s'",
				       q.server);
	if (argc > 1 && knot_rrtype_from_string(argv[1], &type) < 0)
		return cli_usage_error(cli, "there is no record type '%s'", argv[1]);
	return query(cli, &client, argv[0], type);
}

/* ---- dns stats ---------------------------------------------------------- */

static const struct out_column counter_columns[] = {
	{ .header = "COUNTER", .key = "name" },
	{ .header = "VALUE", .key = "value" },
};

static void put_counters(struct out *out, const char *prefix, const json_t *doc)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)doc, key, value) {
		char *name = xasprintf("%s%s%s", prefix, *prefix ? "." : "", key);

		if (json_is_object(value)) {
			put_counters(out, name, value);
		} else if (json_is_integer(value)) {
			out_string(out, name);
			out_uint(out, (uint64_t)json_integer_value(value));
			out_row(out);
		}
		free(name);
	}
}

static void print_labelled(const char *metric, const char *label,
			   const json_t *counters)
{
	const char *key;
	json_t *value;

	printf("# TYPE ipsvc_dns_%s_total counter\n", metric);
	json_object_foreach((json_t *)counters, key, value)
		printf("ipsvc_dns_%s_total{%s=\"%s\"} %lld\n", metric, label, key,
		       (long long)json_integer_value(value));
}

/* Buckets add up, as Prometheus has them, and are seconds. */
static void print_latency(const char *metric, const char *help,
			  const json_t *latency)
{
	const json_t *buckets = json_object_get(latency, "buckets");
	long long sum = 0;
	json_t *value;
	size_t i;

	printf("# HELP ipsvc_dns_%s_seconds %s\n"
	       "# TYPE ipsvc_dns_%s_seconds histogram\n", metric, help, metric);
	json_array_foreach(buckets, i, value) {
		sum += json_integer_value(value);
		if (i + 1 < json_array_size(buckets))
			printf("ipsvc_dns_%s_seconds_bucket{le=\"%g\"} %lld\n",
			       metric, (double)(1ull << i) / 1e6, sum);
	}
	printf("ipsvc_dns_%s_seconds_bucket{le=\"+Inf\"} %lld\n"
	       "ipsvc_dns_%s_seconds_sum %g\n"
	       "ipsvc_dns_%s_seconds_count %lld\n", metric, sum, metric,
	       (double)ipsvc_json_int(latency, "sumUs") / 1e6, metric, sum);
}

static int print_prometheus(const json_t *doc)
{
	const json_t *queries = json_object_get(doc, "queries");
	const char *key;
	json_t *value;

	printf("# TYPE ipsvc_dns_services gauge\nipsvc_dns_services %lld\n",
	       (long long)ipsvc_json_int(doc, "services"));
	json_object_foreach((json_t *)queries, key, value)
		if (json_is_integer(value))
			printf("# TYPE ipsvc_dns_%s_total counter\nipsvc_dns_%s_total %lld\n",
			       key, key, (long long)json_integer_value(value));
	print_labelled("queries", "type", json_object_get(queries, "types"));
	print_labelled("responses", "rcode", json_object_get(queries, "rcodes"));
	print_latency("response", "Time to answer what no other server was asked for.",
		      json_object_get(queries, "latency"));
	print_latency("upstream", "Time until another server had answered.",
		      json_object_get(queries, "upstreamLatency"));
	return cli_flush();
}

static int print_stats(const struct cli *cli, const json_t *doc)
{
	struct out *out;

	if (!strcmp(cli->output, "prometheus"))
		return print_prometheus(doc);
	if (cli_format(cli) == OUT_JSON) {
		json_dumpf(doc, stdout, JSON_INDENT(2));
		putchar('\n');
		return cli_flush();
	}
	out = out_open(stdout, cli_format(cli), OUT_TABLE, counter_columns, 2);
	put_counters(out, "", doc);
	return cli_out_close(out);
}

int cmd_dns_stats(struct cli *cli, int argc, char **argv)
{
	json_t *doc;
	int err, code;

	if (!cli_parse(cli, &argc, &argv, NULL))
		return CLI_USAGE;
	doc = dns_client_stats(&err);
	if (!doc) {
		cli_error("ipsvc-dnsd does not answer: %s; is it running? systemctl start ipsvc-dnsd",
			  strerror(-err));
		return CLI_NO_DAEMON;
	}
	code = print_stats(cli, doc);
	json_decref(doc);
	return code;
}
