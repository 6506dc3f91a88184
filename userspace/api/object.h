/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kubernetes objects as ipsvc keeps them: the whole document as JSON, so that
 * nothing a user wrote is lost, plus typed views of what ipsvc acts on.
 */
#ifndef IPSVC_OBJECT_H
#define IPSVC_OBJECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/errors.h"

enum ipsvc_kind {
	IPSVC_KIND_SERVICE,
	IPSVC_KIND_POD,
	IPSVC_KIND_COUNT,
};

/* What a kind is called: "Service", "services", "service", {"svc", NULL}. */
struct ipsvc_kind_info {
	const char *kind;
	const char *plural;
	const char *singular;
	const char *const *short_names;
};

const struct ipsvc_kind_info *ipsvc_kind_info(enum ipsvc_kind kind);
/* By "Service" (manifests); -1 when unknown. */
int ipsvc_kind_from_manifest(const char *api_version, const char *kind);
/* By any name a user types: "svc", "service", "services", "pods", "po". */
int ipsvc_kind_from_word(const char *word);

/*
 * An object. Owns all it points to. @doc is the complete object
 * (apiVersion, kind, metadata, spec, status); ns and name are copies out of it.
 */
struct ipsvc_object {
	enum ipsvc_kind kind;
	char *ns;
	char *name;
	json_t *doc;
	char *file;		/* manifest that owns it; NULL: made by the CLI */
	int line;		/* where its document starts there, 1-based; or 0 */
	int64_t revision;	/* of the store at its last write; 0: not stored */
};

struct ipsvc_objects {
	struct ipsvc_object *items;
	size_t n, cap;
};

/* Takes over @doc's reference. Fails (NULL ns/name) never: absent names are "". */
struct ipsvc_object *ipsvc_objects_add(struct ipsvc_objects *objs,
				       enum ipsvc_kind kind, json_t *doc,
				       const char *file, int line);
void ipsvc_object_clear(struct ipsvc_object *obj);
void ipsvc_objects_free(struct ipsvc_objects *objs);

/* ---- typed views -------------------------------------------------------- */

struct ipsvc_label {
	char *key, *value;
};

struct ipsvc_labels {
	struct ipsvc_label *items;	/* sorted by key */
	size_t n;
	bool present;			/* absent and empty differ */
};

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
	bool has_protocol, has_port, has_node_port;
};

struct ipsvc_service {
	char *ns, *name;
	char *type_word;		/* as written; "" when absent */
	enum ipsvc_service_type type;	/* valid after defaulting */
	struct ipsvc_labels labels, selector;
	struct ipsvc_service_port *ports;
	size_t nports;
	char *cluster_ip;		/* "" when absent, "None" when headless */
	char **cluster_ips;
	size_t ncluster_ips;
	bool publish_not_ready;
};

struct ipsvc_container_port {
	char *name;			/* "" when absent */
	char *protocol;			/* "TCP" when absent */
	int64_t port;
};

struct ipsvc_pod {
	char *ns, *name;
	struct ipsvc_labels labels;
	struct ipsvc_container_port *ports;	/* of all containers, in order, … */
	size_t nports;
	size_t nmain_ports;		/* … those of sidecars (init containers) last */
	size_t ncontainers, nready_containers;	/* for "READY 1/1" */
	char *ip;			/* status.podIP; "" when absent */
	char *node;			/* spec.nodeName; "" when absent */
	char *phase;			/* status.phase; "Running" when absent and an IP is there */
	bool ready;			/* condition Ready is "True" */
	bool terminating;		/* metadata.deletionTimestamp is set */
};

/*
 * Decodes the typed view. Wrong types are reported in @errs the way the API
 * server's decoder does (IPSVC_ERR_DECODE); returns false then, and the view
 * is still safe to clear.
 */
bool ipsvc_service_decode(const json_t *doc, struct ipsvc_service *svc,
			  struct ipsvc_errors *errs);
void ipsvc_service_clear(struct ipsvc_service *svc);
bool ipsvc_pod_decode(const json_t *doc, struct ipsvc_pod *pod,
		      struct ipsvc_errors *errs);
void ipsvc_pod_clear(struct ipsvc_pod *pod);

/* Equality-based selector: all pairs match. An absent or empty one matches nothing. */
bool ipsvc_selector_matches(const struct ipsvc_labels *selector,
			    const struct ipsvc_labels *labels);

#endif
