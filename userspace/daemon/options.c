// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/memory.h"
#include "source/dir.h"
#include "source/scan.h"

#define DEFAULT_MANIFESTS	"/etc/ipsvc/manifests"
#define DEFAULT_RUN_DIR		"/run/ipsvc"
#define DEFAULT_DEVICE		"ipsvc0"
#define PRUNE_AFTER_MAX		86400

enum {
	OPT_MANIFESTS = 256,
	OPT_STORE,
	OPT_RUN_DIR,
	OPT_DEVICE,
	OPT_NODE_NAME,
	OPT_SERVICE_CIDR,
	OPT_NODE_PORT_RANGE,
	OPT_CLUSTER_CIDR,
	OPT_POD_BRIDGE,
	OPT_POD_PREFIX,
	OPT_EXTERNAL_CIDR,
	OPT_MASQUERADE_ALL,
	OPT_SOURCE,
	OPT_PRUNE_AFTER,
	OPT_PRUNE_ALL,
	OPT_DNS,
	OPT_CHECK,
};

static const struct option longs[] = {
	{ "manifests", required_argument, NULL, OPT_MANIFESTS },
	{ "store", required_argument, NULL, OPT_STORE },
	{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
	{ "device", required_argument, NULL, OPT_DEVICE },
	{ "node-name", required_argument, NULL, OPT_NODE_NAME },
	{ "service-cidr", required_argument, NULL, OPT_SERVICE_CIDR },
	{ "node-port-range", required_argument, NULL, OPT_NODE_PORT_RANGE },
	{ "cluster-cidr", required_argument, NULL, OPT_CLUSTER_CIDR },
	{ "pod-bridge-interface", required_argument, NULL, OPT_POD_BRIDGE },
	{ "pod-interface-name-prefix", required_argument, NULL, OPT_POD_PREFIX },
	{ "external-cidr", required_argument, NULL, OPT_EXTERNAL_CIDR },
	{ "masquerade-all", no_argument, NULL, OPT_MASQUERADE_ALL },
	{ "source", required_argument, NULL, OPT_SOURCE },
	{ "prune-after", required_argument, NULL, OPT_PRUNE_AFTER },
	{ "prune-all", no_argument, NULL, OPT_PRUNE_ALL },
	{ "dns", required_argument, NULL, OPT_DNS },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
"Usage: ipsvcd [OPTION]...\n"
"Keeps the kernel's tables of services as the store and the manifests say.\n"
"\n"
"      --manifests DIR        directory of manifests to apply\n"
"                             (" DEFAULT_MANIFESTS ")\n"
"      --store URL            store of the objects\n"
"                             (" IPSVC_STORE_DEFAULT_PATH ")\n"
"      --run-dir DIR          directory of the lock and of status.json\n"
"                             (" DEFAULT_RUN_DIR ")\n"
"      --device NAME          network device of this node (" DEFAULT_DEVICE ")\n"
"      --node-name NAME       name of this node (the host name)\n"
"      --service-cidr CIDR    range of the cluster IPs, or one of IPv4 and one of\n"
"                             IPv6 with a comma; kept in the store\n"
"      --node-port-range A-B  range of the node ports; kept in the store\n"
"      --cluster-cidr CIDR    range of the pods, or one of IPv4 and one of IPv6 with\n"
"                             a comma: clients outside of it reach cluster IPs by an\n"
"                             address of this node\n"
"      --pod-bridge-interface NAME\n"
"                             the bridge of the pods of this node, instead of\n"
"                             --cluster-cidr: clients that come by another link are\n"
"                             outside\n"
"      --pod-interface-name-prefix PREFIX\n"
"                             how the links to the pods of this node are called,\n"
"                             likewise\n"
"      --external-cidr CIDR[,CIDR]...\n"
"                             where external IPs of Services may be; none are\n"
"                             served elsewhere\n"
"      --masquerade-all       every client reaches cluster IPs by an address of this\n"
"                             node\n"
"      --source NAME          whose these manifests are, where several hosts share\n"
"                             the store (the host name)\n"
"      --prune-after SECONDS  delete what was in manifests that are gone when no\n"
"                             manifest has come or gone for so long (5)\n"
"      --prune-all            also when no manifest at all is left\n"
"      --dns ADDR[:PORT]      make Service kube-system/kube-dns of the ipsvc-dnsd of\n"
"                             this node, which answers there; auto: an address of\n"
"                             this host, port 10053\n"
"      --check                check the manifests, change nothing, and exit\n"
"  -v, --verbose              say more\n"
"  -h, --help                 print this\n"
"  -V, --version              print the version\n"
"\n"
"Exit codes: 0 ended by a signal, or manifests are good; 1 failed, or manifests\n"
"are bad; 2 wrong usage. See ipsvcd(8).\n";

static bool wrong(const char *option, const char *value, const char *why)
{
	fprintf(stderr, "ipsvcd: --%s %s: %s\n", option, value, why);
	return false;
}

static bool set_device(struct options *opts, const char *name)
{
	if (!*name || strlen(name) >= IFNAMSIZ || strchr(name, '/'))
		return wrong("device", name,
			     "a device name has 1 to 15 characters and no '/'");
	opts->device = name;
	return true;
}

static bool set_node_ports(struct options *opts, const char *text)
{
	int min, max, end = 0;

	if (sscanf(text, "%5d-%5d%n", &min, &max, &end) != 2 || text[end] ||
	    min < 1 || max > 65535 || min > max)
		return wrong("node-port-range", text,
			     "must be two ports, the smaller first, such as 30000-32767");
	opts->node_port_min = min;
	opts->node_port_max = max;
	return true;
}

static bool set_cluster_cidr(struct options *opts, const char *text)
{
	const char *why;

	if (!ipsvc_cidrs_parse(text, &opts->cluster, &why))
		return wrong("cluster-cidr", text, why);
	opts->cluster_cidr = text;
	return true;
}

/* A link's name, of a prefix with a plus; one of the ways to tell pods by. */
static bool set_link(struct options *opts, const char *option, const char *name,
		     const char *plus)
{
	if (!*name || strlen(name) >= IFNAMSIZ || strpbrk(name, "/:+ \t\n"))
		return wrong(option, name,
			     "a device name has 1 to 15 characters and no '/', ':', '+' or blank");
	if (opts->cluster_link)
		return wrong(option, name, "pods are told by one link or prefix");
	opts->cluster_link = xasprintf("%s%s", name, plus);
	return true;
}

/* More of them where the option is given again. */
static bool set_external_cidr(struct options *opts, const char *text)
{
	struct ipsvc_nodeview_config *view = &opts->view;
	const char *word = text, *why = NULL;
	struct ipsvc_cidr cidr;
	size_t len;

	do {
		char *one = xstrndup(word, len = strcspn(word, ","));

		if (ipsvc_cidr_parse(one, &cidr, &why)) {
			opts->external = xreallocarray(opts->external,
						       view->nexternal + 1,
						       sizeof(cidr));
			opts->external[view->nexternal++] = cidr;
			view->external = opts->external;
		}
		free(one);
		word += len + 1;
	} while (!why && word[-1]);
	return !why || wrong("external-cidr", text, why);
}

static bool set_prune_after(struct options *opts, const char *text)
{
	char *end;

	opts->prune_after = strtod(text, &end);
	if (end == text || *end || !(opts->prune_after >= 0) ||
	    opts->prune_after > PRUNE_AFTER_MAX)
		return wrong("prune-after", text,
			     "must be a number of seconds between 0 and 86400");
	return true;
}

static bool set_dns(struct options *opts, const char *text)
{
	if (dns_target_parse(text, &opts->dns))
		return true;
	return wrong("dns", text,
		     "must be auto or an IPv4 address, and a port if any, such as 10.0.0.1:53");
}

static void set_manifests(struct options *opts, const char *dir)
{
	char *cwd = getcwd(NULL, 0);

	free(opts->manifests);
	opts->manifests = scan_normal_path(cwd ? cwd : "", dir);
	free(cwd);
}

static void set_node(struct options *opts, const char *name)
{
	free(opts->node);
	opts->node = xstrdup(name);
}

static bool set_source(struct options *opts, const char *name)
{
	if (!*name)
		return wrong("source", name, "must not be empty");
	free(opts->source);
	opts->source = xstrdup(name);
	return true;
}

static void set_defaults(struct options *opts)
{
	struct utsname host;

	*opts = (struct options){
		.store = IPSVC_STORE_DEFAULT_PATH,
		.run_dir = DEFAULT_RUN_DIR,
		.device = DEFAULT_DEVICE,
		.prune_after = SOURCE_GRACE_SEC,
	};
	set_manifests(opts, DEFAULT_MANIFESTS);
	opts->source = ipsvc_owner_host();
	uname(&host);
	set_node(opts, host.nodename);
}

static bool set(void *arg, int opt)
{
	struct options *opts = arg;

	switch (opt) {
	case OPT_MANIFESTS:
		set_manifests(opts, optarg);
		return true;
	case OPT_STORE:
		opts->store = optarg;
		return true;
	case OPT_RUN_DIR:
		opts->run_dir = optarg;
		return true;
	case OPT_DEVICE:
		return set_device(opts, optarg);
	case OPT_NODE_NAME:
		set_node(opts, optarg);
		return true;
	case OPT_SERVICE_CIDR:
		opts->service_cidr = optarg;
		return true;
	case OPT_NODE_PORT_RANGE:
		return set_node_ports(opts, optarg);
	case OPT_CLUSTER_CIDR:
		return set_cluster_cidr(opts, optarg);
	case OPT_POD_BRIDGE:
		return set_link(opts, "pod-bridge-interface", optarg, "");
	case OPT_POD_PREFIX:
		return set_link(opts, "pod-interface-name-prefix", optarg, "+");
	case OPT_EXTERNAL_CIDR:
		return set_external_cidr(opts, optarg);
	case OPT_MASQUERADE_ALL:
		opts->view.masquerade_all = true;
		return true;
	case OPT_SOURCE:
		return set_source(opts, optarg);
	case OPT_PRUNE_AFTER:
		return set_prune_after(opts, optarg);
	case OPT_PRUNE_ALL:
		opts->prune_all = true;
		return true;
	case OPT_DNS:
		return set_dns(opts, optarg);
	case OPT_CHECK:
		opts->check = true;
		return true;
	case 'v':
		opts->verbose = true;
		return true;
	default:
		fputs("Try 'ipsvcd --help'.\n", stderr);
		return false;
	}
}

enum options_result options_parse(int argc, char **argv, struct options *opts)
{
	const struct program_options program = {
		.name = "ipsvcd",
		.help = help,
		.longs = longs,
		.set = set,
		.arg = opts,
	};

	set_defaults(opts);
	return program_parse(argc, argv, &program);
}

bool options_config(const struct options *opts,
		    struct ipsvc_cluster_config *cfg)
{
	if (opts->service_cidr)
		snprintf(cfg->service_cidr, sizeof(cfg->service_cidr), "%s",
			 opts->service_cidr);
	if (opts->node_port_min) {
		cfg->node_port_min = opts->node_port_min;
		cfg->node_port_max = opts->node_port_max;
	}
	return opts->service_cidr || opts->node_port_min;
}

void options_free(struct options *opts)
{
	free(opts->external);
	free(opts->cluster_link);
	free(opts->manifests);
	free(opts->node);
	free(opts->source);
}
