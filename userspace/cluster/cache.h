/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a source told of a cluster, as far as endpoints depend on it: views of
 * Services, Pods, Nodes, EndpointSlices and Endpoints, found by name and by label.
 * It is fed with changes, and tells which Services they are about: a change costs
 * what it changes, however much else there is.
 */
#ifndef IPSVC_CACHE_H
#define IPSVC_CACHE_H

#include "api/change.h"
#include "slices.h"

struct ipsvc_cache;

struct ipsvc_cache *ipsvc_cache_new(void);
void ipsvc_cache_free(struct ipsvc_cache *cache);

/* The name of this node; none at first. Before the first change. */
void ipsvc_cache_set_node(struct ipsvc_cache *cache, const char *name);
/* That, and the zone of the Node of this name; NULL where there is none. */
const char *ipsvc_cache_node(const struct ipsvc_cache *cache);
const char *ipsvc_cache_zone(const struct ipsvc_cache *cache);
/* And its address of a family; NULL where that is not known. */
const struct in6_addr *ipsvc_cache_address(const struct ipsvc_cache *cache,
					   uint8_t family);

/* An ipsvc_change_fn, whose @arg is the cache. Objects are valid. */
void ipsvc_cache_change(const struct ipsvc_change *change, void *arg);
/* Takes all of @objs in, as if they were put. */
void ipsvc_cache_put_all(struct ipsvc_cache *cache,
			 const struct ipsvc_objects *objs);

/* A Service and its endpoints, until the next call of any function here. */
struct ipsvc_cluster_service {
	const char *ns, *name;
	const struct ipsvc_service *svc;	/* NULL: there is none any more */
	/* Those of its Pods, if it has a selector and is no ExternalName. */
	const struct ipsvc_slices *computed;	/* or NULL */
	/* All there are: those, those of Endpoints, and those written by hand. */
	const struct ipsvc_slice **slices;
	size_t n;
};

/*
 * The next Service that changed, or whose endpoints did, since it was told last;
 * false when there is none.
 */
bool ipsvc_cache_next(struct ipsvc_cache *cache,
		      struct ipsvc_cluster_service *out);
/* The Pods that @svc, a Service of the cache, selects; as above. */
const struct ipsvc_slice_pod *
ipsvc_cache_pods(struct ipsvc_cache *cache, const struct ipsvc_service *svc,
		 size_t *n);
/* Whether a Service has @addr as its ClusterIP. */
bool ipsvc_cache_is_cluster_ip(const struct ipsvc_cache *cache,
			       const struct in6_addr *addr);

#endif
