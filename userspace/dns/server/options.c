// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns/address.h"
#include "dns/feed.h"
#include "dns/respond.h"

#define DEFAULT_TTL		5
#define DEFAULT_FORWARD		"/etc/resolv.conf"
#define DEFAULT_FORWARD_MAX	1024
#define DEFAULT_CACHE		10000
#define DEFAULT_TCP_MAX		1024
#define DEFAULT_TCP_CLIENT_MAX	64
#define DEFAULT_TCP_IDLE	10
#define TTL_MAX			3600
#define WORKERS_MAX		256

enum {
	OPT_LISTEN = 256,
	OPT_DOMAIN,
	OPT_TTL,
	OPT_PODS,
	OPT_ALLOW,
	OPT_FORWARD,
	OPT_STUB,
	OPT_FORWARD_MAX,
	OPT_CACHE,
	OPT_AUTOPATH,
	OPT_FEED,
	OPT_RUN_DIR,
	OPT_NSID,
	OPT_WORKERS,
	OPT_RATE_LIMIT,
	OPT_TCP_CLIENTS,
	OPT_TCP_PER_CLIENT,
	OPT_TCP_IDLE,
};

static const struct option longs[] = {
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "domain", required_argument, NULL, OPT_DOMAIN },
	{ "ttl", required_argument, NULL, OPT_TTL },
	{ "pods", required_argument, NULL, OPT_PODS },
	{ "allow", required_argument, NULL, OPT_ALLOW },
	{ "forward", required_argument, NULL, OPT_FORWARD },
	{ "stub", required_argument, NULL, OPT_STUB },
	{ "forward-max", required_argument, NULL, OPT_FORWARD_MAX },
	{ "cache", required_argument, NULL, OPT_CACHE },
	{ "autopath", no_argument, NULL, OPT_AUTOPATH },
	{ "feed", required_argument, NULL, OPT_FEED },
	{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
	{ "nsid", required_argument, NULL, OPT_NSID },
	{ "workers", required_argument, NULL, OPT_WORKERS },
	{ "rate-limit", required_argument, NULL, OPT_RATE_LIMIT },
	{ "tcp-clients", required_argument, NULL, OPT_TCP_CLIENTS },
	{ "tcp-per-client", required_argument, NULL, OPT_TCP_PER_CLIENT },
	{ "tcp-idle", required_argument, NULL, OPT_TCP_IDLE },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
"Usage: ipsvc-dnsd [OPTION]...\n"
"Answers for the names of the Services that ipsvcd serves.\n"
"\n"
"      --listen ADDR[:PORT]   address to answer at; may be given more than once\n"
"                             (all addresses, port 10053)\n"
"      --domain NAME          domain of the cluster (" DNS_DEFAULT_DOMAIN ")\n"
"      --ttl SECONDS          how long answers may be kept, 0 to 3600 (5)\n"
"      --pods MODE            names of pods: off, insecure or verified (insecure)\n"
"      --allow CIDR           network whose clients are answered; may be given\n"
"                             more than once (private and loopback networks)\n"
"      --forward WHERE        servers that are asked for names of other domains:\n"
"                             ADDR[:PORT],..., the path of a resolv.conf, or none\n"
"                             (" DEFAULT_FORWARD ")\n"
"      --stub DOMAIN=ADDR[:PORT],...\n"
"                             servers that are asked for names of DOMAIN instead;\n"
"                             may be given more than once\n"
"      --forward-max N        questions that others are asked at a time (1024)\n"
"      --cache N              answers of others that are kept (10000)\n"
"      --autopath             look names up in all domains of a Pod's search list\n"
"                             at its first question\n"
"      --feed SOCKET          where ipsvcd hands out what it serves\n"
"                             (" DNS_FEED_DEFAULT_PATH ")\n"
"      --run-dir DIR          directory of the socket for ipsvc dns stats\n"
"                             (" DNS_DEFAULT_RUN_DIR ")\n"
"      --nsid TEXT            name of this server, for who asks for it\n"
"      --workers N            threads that answer (one a CPU)\n"
"      --rate-limit N         answers a second over UDP to one network, a /24 or\n"
"                             /56; 0 for no limit (0)\n"
"      --tcp-clients N        connections over TCP at a time (1024)\n"
"      --tcp-per-client N     connections of one address, for each worker (64)\n"
"      --tcp-idle SECONDS     a connection without a question is closed (10)\n"
"  -v, --verbose              say more\n"
"  -h, --help                 print this\n"
"  -V, --version              print the version\n"
"\n"
"Exit codes: 0 ended by a signal; 1 failed; 2 wrong usage. See ipsvc-dnsd(8).\n";

static bool wrong(const char *option, const char *value, const char *why)
{
	fprintf(stderr, "ipsvc-dnsd: --%s %s: %s\n", option, value, why);
	return false;
}

static bool set_number(unsigned int *to, const char *option, const char *text,
		       unsigned long min, unsigned long max)
{
	char *end, why[64];
	unsigned long value = strtoul(text, &end, 10);

	if (*text >= '0' && *text <= '9' && !*end && value >= min && value <= max) {
		*to = (unsigned int)value;
		return true;
	}
	snprintf(why, sizeof(why), "must be a number between %lu and %lu", min,
		 max);
	return wrong(option, text, why);
}

/* ---- addresses ---------------------------------------------------------- */

static bool add_listen(struct options *opts, const char *text)
{
	if (opts->nlisten == OPTIONS_LISTEN_MAX)
		return wrong("listen", text, "there are 16 addresses already");
	if (!dns_address_parse(text, DNS_DEFAULT_PORT,
			       &opts->listen[opts->nlisten]))
		return wrong("listen", text,
			     "must be an address, and a port if any, such as 10.0.0.1:53 or [fd00::1]:53");
	opts->nlisten++;
	return true;
}

static bool add_allow(struct options *opts, const char *text)
{
	struct ipsvc_cidr cidr;
	const char *why;

	if (!ipsvc_cidr_parse(text, &cidr, &why))
		return wrong("allow", text, why);
	dns_acl_add(&opts->acl, &cidr);
	return true;
}

static bool add_stub(struct options *opts, const char *text)
{
	return dns_routes_add_stub(&opts->stubs, text) ||
	       wrong("stub", text,
		     "must be a domain and up to 8 addresses, such as example.com=10.0.0.1,10.0.0.2");
}

/* The name servers of a resolv.conf; a host may do without the usual one. */
static bool read_resolv_conf(const char *path, struct dns_servers *servers)
{
	char *text = NULL;
	size_t size = 0;
	bool ok = true;
	FILE *f = fopen(path, "r");

	*servers = (struct dns_servers){0};
	if (!f)
		return !strcmp(path, DEFAULT_FORWARD) ||
		       wrong("forward", path, strerror(errno));
	if (getdelim(&text, &size, '\0', f) > 0)
		dns_servers_of_resolv_conf(text, servers);
	else if (ferror(f))
		ok = wrong("forward", path, strerror(errno));
	free(text);
	fclose(f);
	return ok;
}

bool options_routes(const struct options *opts, struct dns_routes *routes)
{
	const struct dns_name root = { .len = 1 };
	struct dns_servers servers = {0};

	*routes = (struct dns_routes){0};

	if (*opts->forward == '/') {
		if (!read_resolv_conf(opts->forward, &servers))
			return false;
	} else if (strcmp(opts->forward, "none") != 0 &&
		   !dns_servers_parse(opts->forward, &servers)) {
		return wrong("forward", opts->forward,
			     "must be up to 8 addresses, such as 10.0.0.1,10.0.0.2, the path of a resolv.conf, or none");
	}
	if (servers.n)
		dns_routes_add(routes, &root, &servers);
	for (size_t i = 0; i < opts->stubs.n; i++)
		dns_routes_add(routes, &opts->stubs.items[i].domain,
			       &opts->stubs.items[i].servers);
	return true;
}

/* ---- others ------------------------------------------------------------- */

static bool set_pods(struct options *opts, const char *text)
{
	static const char *const words[] = { "off", "insecure", "verified" };

	for (size_t i = 0; i < 3; i++) {
		if (strcmp(text, words[i]))
			continue;
		opts->zone.pods = (enum dns_pods)i;
		return true;
	}
	return wrong("pods", text, "must be off, insecure or verified");
}

static bool set_domain(struct options *opts, const char *text)
{
	if (dns_name_parse(text, &opts->zone.domain) &&
	    opts->zone.domain.len > 1)
		return true;
	return wrong("domain", text, "must be a domain name, such as cluster.local");
}

static bool set_nsid(struct options *opts, const char *text)
{
	opts->nsid = text;
	return strlen(text) <= DNS_NSID_MAX ||
	       wrong("nsid", text, "must have at most 64 characters");
}

static void set_defaults(struct options *opts)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	*opts = (struct options){
		.zone = { .ttl = DEFAULT_TTL, .pods = DNS_PODS_INSECURE },
		.forward = DEFAULT_FORWARD,
		.forward_max = DEFAULT_FORWARD_MAX,
		.cache = DEFAULT_CACHE,
		.feed = DNS_FEED_DEFAULT_PATH,
		.run_dir = DNS_DEFAULT_RUN_DIR,
		.nsid = "",
		.workers = cpus < 1 ? 1 : cpus > WORKERS_MAX ? WORKERS_MAX :
			   (unsigned int)cpus,
		.tcp_max = DEFAULT_TCP_MAX,
		.tcp_client_max = DEFAULT_TCP_CLIENT_MAX,
		.tcp_idle = DEFAULT_TCP_IDLE,
	};
	set_domain(opts, DNS_DEFAULT_DOMAIN);
}

static bool set(void *arg, int opt)
{
	struct options *opts = arg;

	switch (opt) {
	case OPT_LISTEN:
		return add_listen(opts, optarg);
	case OPT_DOMAIN:
		return set_domain(opts, optarg);
	case OPT_TTL:
		return set_number(&opts->zone.ttl, "ttl", optarg, 0, TTL_MAX);
	case OPT_PODS:
		return set_pods(opts, optarg);
	case OPT_ALLOW:
		return add_allow(opts, optarg);
	case OPT_FORWARD:
		opts->forward = optarg;
		return true;
	case OPT_STUB:
		return add_stub(opts, optarg);
	case OPT_FORWARD_MAX:
		return set_number(&opts->forward_max, "forward-max", optarg, 16,
				  100000);
	case OPT_CACHE:
		return set_number(&opts->cache, "cache", optarg, 0, 1000000);
	case OPT_AUTOPATH:
		opts->zone.clients = true;
		return true;
	case OPT_FEED:
		opts->feed = optarg;
		return true;
	case OPT_RUN_DIR:
		opts->run_dir = optarg;
		return true;
	case OPT_NSID:
		return set_nsid(opts, optarg);
	case OPT_WORKERS:
		return set_number(&opts->workers, "workers", optarg, 1,
				  WORKERS_MAX);
	case OPT_RATE_LIMIT:
		return set_number(&opts->rate, "rate-limit", optarg, 0, 1000000);
	case OPT_TCP_CLIENTS:
		return set_number(&opts->tcp_max, "tcp-clients", optarg, 1,
				  100000);
	case OPT_TCP_PER_CLIENT:
		return set_number(&opts->tcp_client_max, "tcp-per-client",
				  optarg, 1, 100000);
	case OPT_TCP_IDLE:
		return set_number(&opts->tcp_idle, "tcp-idle", optarg, 1, 3600);
	case 'v':
		opts->verbose = true;
		return true;
	default:
		fputs("Try 'ipsvc-dnsd --help'.\n", stderr);
		return false;
	}
}

/* What depends on several options; false after a message. */
static bool complete(struct options *opts)
{
	struct dns_routes routes;
	bool ok = options_routes(opts, &routes);

	dns_routes_free(&routes);
	if (!opts->nlisten) {
		opts->listen_default = true;
		add_listen(opts, "0.0.0.0");
		add_listen(opts, "::");
	}
	if (!opts->acl.n)
		dns_acl_add_private(&opts->acl);
	return ok;
}

enum options_result options_parse(int argc, char **argv, struct options *opts)
{
	const struct program_options program = {
		.name = "ipsvc-dnsd",
		.help = help,
		.longs = longs,
		.set = set,
		.arg = opts,
	};
	enum options_result result;

	set_defaults(opts);
	result = program_parse(argc, argv, &program);
	if (result == OPTIONS_RUN && !complete(opts))
		return OPTIONS_WRONG;
	return result;
}

void options_free(struct options *opts)
{
	dns_acl_free(&opts->acl);
	dns_routes_free(&opts->stubs);
}
