/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EndpointSlices: those that come of a Service and its Pods, by the rules of
 * k8s.io/endpointslice, and views of those that somebody wrote.
 */
#ifndef IPSVC_SLICES_H
#define IPSVC_SLICES_H

#include <jansson.h>

#include "api/pod/pod.h"
#include "api/service/service.h"

struct ipsvc_slice_port {
	char *name, *protocol;
	char *app_protocol;		/* NULL: none */
	uint16_t port;			/* 0: none, and then not used */
};

struct ipsvc_slice_endpoint {
	struct in6_addr addr;		/* the first: nobody uses others */
	const struct ipsvc_pod *pod;	/* that it is; NULL: written by hand */
	const char *zone;		/* of its Node; NULL: none, or by hand */
	char *node;			/* that it is on; NULL: not known */
	char *hostname;			/* by hand; NULL: of a Pod */
	json_t *hints;			/* whom it is for; NULL: everybody */
	bool ready, serving, terminating;
	struct ipsvc_share share;
};

struct ipsvc_slice {
	uint8_t family;			/* AF_INET, AF_INET6 */
	bool headless;			/* not for proxies, by its label */
	struct ipsvc_slice_port *ports;	/* strings are a Service's, or owned */
	size_t nports;
	bool owned;
	struct ipsvc_slice_endpoint *endpoints;
	size_t n;
};

/* Zero-initialise ({0}) before use. */
struct ipsvc_slices {
	struct ipsvc_slice *items;
	size_t n, cap;
};

/* A Pod that a Service selects. */
struct ipsvc_slice_pod {
	const struct ipsvc_pod *pod;
	const char *zone;		/* of its Node, or NULL */
	bool lost;			/* its Node is not there */
};

#define IPSVC_SLICE_ENDPOINTS	100	/* most in a computed one */

/*
 * Adds to @out the slices of @svc, which has a selector and is no ExternalName:
 * for each family those of each set of port numbers, sorted by address, or an
 * empty one. They refer to @svc and the Pods.
 */
void ipsvc_slices_compute(const struct ipsvc_service *svc,
			  const struct ipsvc_slice_pod *pods, size_t n,
			  struct ipsvc_slices *out);
/* Adds that of a document to @out, unless its addresses are names. */
void ipsvc_slices_add(struct ipsvc_slices *out, const json_t *doc);
void ipsvc_slices_free(struct ipsvc_slices *slices);

/*
 * The document of the @i-th of the computed slices of @svc. Its name is that of
 * the Service and five letters that depend on what it is for.
 */
json_t *ipsvc_slice_document(const struct ipsvc_service *svc,
			     const struct ipsvc_slice *slice, size_t i);
/* Its name, for others that are made of Services: "web-x2b7k"; the caller frees it. */
char *ipsvc_slice_name(const char *service, uint64_t hash);

/* Whether @ep has hints of a kind, "forZones" or "forNodes", and one of @name. */
bool ipsvc_slice_has_hints(const struct ipsvc_slice_endpoint *ep,
			   const char *kind);
bool ipsvc_slice_is_for(const struct ipsvc_slice_endpoint *ep,
			const char *kind, const char *name);
/* What @port is at @pod; 0 when the Pod has no port of that name. */
uint16_t ipsvc_slice_port_number(const struct ipsvc_service_port *port,
				 const struct ipsvc_pod *pod);
/* Whether @pod can be an endpoint at all; terminating ones only if @terminating. */
bool ipsvc_slice_takes(const struct ipsvc_pod *pod, bool terminating);
/* Whether the Service publishes the hostname of @pod. */
bool ipsvc_slice_names(const struct ipsvc_service *svc,
		       const struct ipsvc_pod *pod);

#endif
