// SPDX-License-Identifier: GPL-2.0-or-later
#include "dns_service.h"

#include <ctype.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/pod/pod.h"
#include "api/service/service.h"
#include "base/json.h"
#include "base/memory.h"
#include "cluster/alloc.h"
#include "dns/address.h"
#include "dns/zone.h"
#include "manifest/manifest.h"

/* Which Pods are those that ipsvcd makes. */
#define LABEL_MANAGED_BY	"app.kubernetes.io/managed-by"
#define MANAGER			"ipsvcd"

#define THE_POD			"--dns: the Pod of this node"

/* ---- the option --------------------------------------------------------- */

bool dns_target_parse(const char *text, struct dns_target *target)
{
	size_t word = strncmp(text, "auto", 4) ? 0 : 4;
	char *where = xasprintf("%s%s", word ? "0.0.0.0" : "", text + word);
	struct sockaddr_storage addr;
	bool ok = dns_address_parse(where, DNS_DEFAULT_PORT, &addr) &&
		  addr.ss_family == AF_INET;

	free(where);
	*target = (struct dns_target){ .wanted = true };
	if (!ok)
		return false;
	target->port = dns_address_port(&addr);
	if (!word)
		target->addr = dns_address_ip(&addr);
	return true;
}

/* One that others can reach this host by, if any. */
static bool is_useful(const struct ifaddrs *i)
{
	uint32_t ip;

	if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET ||
	    !(i->ifa_flags & IFF_UP) || (i->ifa_flags & IFF_LOOPBACK))
		return false;
	ip = ntohl(((const struct sockaddr_in *)i->ifa_addr)->sin_addr.s_addr);
	return ip >> 16 != 0xa9fe;	/* 169.254.0.0/16 */
}

static bool find_address(struct in6_addr *addr)
{
	struct ifaddrs *all, *i;
	bool found = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (i = all; i && !found; i = i->ifa_next) {
		if (!is_useful(i))
			continue;
		*addr = ipsvc_ip_from4(((struct sockaddr_in *)i->ifa_addr)->sin_addr);
		found = true;
	}
	freeifaddrs(all);
	return found;
}

/* ---- objects ------------------------------------------------------------ */

static char *service_text(const struct ipsvc_cidr *cidr)
{
	struct in6_addr ip = ipsvc_cidr_at(cidr, DNS_SERVICE_OFFSET);
	char text[INET6_ADDRSTRLEN];

	return xasprintf(
"{apiVersion: v1, kind: Service,\n"
"metadata: {name: " DNS_SERVICE_NAME ", namespace: " DNS_SERVICE_NS ",\n"
"  labels: {k8s-app: kube-dns, kubernetes.io/cluster-service: 'true'}},\n"
"spec: {clusterIP: %s, selector: {k8s-app: kube-dns}, ports: [\n"
"  {name: dns, port: 53, protocol: UDP, targetPort: dns},\n"
"  {name: dns-tcp, port: 53, protocol: TCP, targetPort: dns-tcp}]}}\n",
			 ipsvc_ip_format(&ip, text));
}

static char *pod_text(const struct dns_target *target, const char *name,
		      const char *node)
{
	return xasprintf(
"{apiVersion: v1, kind: Pod,\n"
"metadata: {name: '%s', namespace: " DNS_SERVICE_NS ",\n"
"  labels: {k8s-app: kube-dns, " LABEL_MANAGED_BY ": " MANAGER "}},\n"
"spec: {nodeName: '%s', hostNetwork: true, containers: [\n"
"  {name: ipsvc-dnsd, image: ipsvc-dnsd, ports: [\n"
"    {name: dns, containerPort: %u, protocol: UDP},\n"
"    {name: dns-tcp, containerPort: %u, protocol: TCP}]}]}}\n",
			 name, node, target->port, target->port);
}

/* The objects of @text, of which a node's name is all that may be wrong. */
static char *read_objects(const char *text, struct ipsvc_objects *objs)
{
	struct ipsvc_errors errs = {0};
	char *why = NULL;

	if (!ipsvc_manifest_read(text, strlen(text), NULL, DNS_SERVICE_NS, objs,
				 &errs))
		why = ipsvc_error_format(&errs.items[0]);
	ipsvc_errors_free(&errs);
	return why;
}

static char *failure(struct ipsvc_store *store, const struct ipsvc_errors *errs,
		     const char *what)
{
	char *detail = errs->n ? ipsvc_error_format(&errs->items[0]) :
				 xstrdup(ipsvc_store_message(store));
	char *text = xasprintf("%s: %s", what, detail);

	free(detail);
	return text;
}

static char *make_service(struct ipsvc_store *store)
{
	struct ipsvc_cluster_config cfg;
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	enum ipsvc_write_outcome outcome;
	enum ipsvc_store_result result;
	struct ipsvc_cidrs cidrs;
	const char *problem;
	char *text, *why;

	if (ipsvc_store_config(store, &cfg) != IPSVC_STORE_OK)
		return failure(store, &errs, "the DNS Service");
	if (!ipsvc_alloc_cidrs_parse(cfg.service_cidr, &cidrs, &problem) ||
	    ipsvc_cidr_last(&cidrs.items[0]) < DNS_SERVICE_OFFSET)
		return xasprintf("--dns: %s has no tenth address", cfg.service_cidr);
	text = service_text(&cidrs.items[0]);
	why = read_objects(text, &objs);
	free(text);
	if (!why) {
		result = ipsvc_store_write(store, &objs.items[0],
					   IPSVC_WRITE_CREATE, false, &outcome,
					   &errs);
		if (result != IPSVC_STORE_OK && result != IPSVC_STORE_EXISTS)
			why = failure(store, &errs, "--dns: Service "
				      DNS_SERVICE_NS "/" DNS_SERVICE_NAME);
	}
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
	return why;
}

static char *ensure_service(struct ipsvc_store *store)
{
	struct ipsvc_objects there = {0};
	enum ipsvc_store_result result;

	result = ipsvc_store_get(store, &ipsvc_service_kind, DNS_SERVICE_NS,
				 DNS_SERVICE_NAME, &there);
	ipsvc_objects_free(&there);
	return result == IPSVC_STORE_NOT_FOUND ? make_service(store) : NULL;
}

/* ---- the Pod of this node ------------------------------------------------ */

/* Unless somebody else made it. */
static char *remove_pod(struct ipsvc_store *store, const char *name)
{
	struct ipsvc_objects there = {0};
	enum ipsvc_store_result result;
	char *why = NULL;

	result = ipsvc_store_get(store, &ipsvc_pod_kind, DNS_SERVICE_NS, name,
				 &there);
	if (result == IPSVC_STORE_OK &&
	    !strcmp(MANAGER, ipsvc_json_text(ipsvc_json_member(
			there.items[0].doc, "metadata", "labels"),
					     LABEL_MANAGED_BY)))
		result = ipsvc_store_delete(store, &ipsvc_pod_kind,
					    DNS_SERVICE_NS, name, false, NULL);
	if (result != IPSVC_STORE_OK && result != IPSVC_STORE_NOT_FOUND)
		why = xasprintf(THE_POD ": %s", ipsvc_store_message(store));
	ipsvc_objects_free(&there);
	return why;
}

/* @pod is as it is stored. */
static enum ipsvc_store_result write_status(struct ipsvc_store *store,
					    const struct ipsvc_object *pod,
					    const struct in6_addr *addr,
					    bool ready,
					    struct ipsvc_errors *errs)
{
	char ip[INET6_ADDRSTRLEN];
	struct ipsvc_status_write write = {
		.kind = pod->kind, .ns = pod->ns, .name = pod->name,
		.seen = json_object_get(pod->doc, "status"),
	};
	enum ipsvc_store_result result;
	json_t *status;

	ipsvc_ip_format(addr, ip);
	status = json_pack("{s:s, s:s, s:[{s:s}], s:[{s:s, s:s}]}",
			   "phase", "Running", "podIP", ip, "podIPs", "ip", ip,
			   "conditions", "type", "Ready", "status",
			   ready ? "True" : "False");
	write.status = status;
	result = ipsvc_store_write_status(store, &write, errs);
	json_decref(status);
	return result;
}

static char *write_pod(struct ipsvc_store *store, const char *text,
		       const struct in6_addr *addr, enum dns_pod_state ready)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	enum ipsvc_write_outcome outcome;
	enum ipsvc_store_result result;
	char *why = read_objects(text, &objs);

	if (!why) {
		result = ipsvc_store_write(store, &objs.items[0],
					   IPSVC_WRITE_STATEMENT, false,
					   &outcome, &errs);
		if (result == IPSVC_STORE_OK && ready != DNS_POD_UNKNOWN)
			result = write_status(store, &objs.items[0], addr,
					      ready == DNS_POD_READY, &errs);
		if (result != IPSVC_STORE_OK)
			why = failure(store, &errs, THE_POD);
	}
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
	return why;
}

static char *ensure_pod(struct ipsvc_store *store,
			const struct dns_target *target, const char *name,
			const char *node, enum dns_pod_state ready)
{
	struct in6_addr addr = target->addr;
	char *text, *why;

	if (!ipsvc_ip_family(&addr) && !find_address(&addr))
		return xstrdup("--dns auto: this host has no address that Pods could ask; name one");
	why = ensure_service(store);
	if (why)
		return why;
	text = pod_text(target, name, node);
	why = write_pod(store, text, &addr, ready);
	free(text);
	return why;
}

char *dns_service_apply(struct ipsvc_store *store, const struct dns_target *target,
			const char *node, enum dns_pod_state ready)
{
	char *lower = xstrdup(node), *name, *why;

	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	name = xasprintf("ipsvc-dnsd-%s", lower);
	why = target->wanted ? ensure_pod(store, target, name, lower, ready) :
			       remove_pod(store, name);
	free(name);
	free(lower);
	return why;
}
