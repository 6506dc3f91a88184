// SPDX-License-Identifier: GPL-2.0-or-later
#include "cache.h"

#include <stdlib.h>
#include <string.h>

#include "api/endpoints/endpoints.h"
#include "api/endpointslice/endpointslice.h"
#include "api/node/node.h"
#include "base/ip.h"
#include "base/json.h"
#include "base/list.h"
#include "base/memory.h"
#include "label_index.h"
#include "mirror.h"

/* What all that is found by name begins with. */
struct entry {
	struct ipsvc_map_node node;
	char *ns, *name;
};

/*
 * What is known of a name that is that of a Service, or of Endpoints, or in the
 * label of a slice.
 */
struct service {
	struct entry entry;
	struct ipsvc_service svc;
	bool exists;			/* the Service does */
	struct ipsvc_label_entry seeks;
	struct ipsvc_slices mirrored;	/* of the Endpoints of that name */
	struct ipsvc_list by_hand;	/* struct slice */
	struct ipsvc_slices computed;	/* of Pods; none while it is dirty */
	struct in6_addr *addrs;		/* of all endpoints, when it was told */
	size_t naddrs;
	struct ipsvc_list dirty;	/* in the cache's list, or alone */
};

struct pod {
	struct entry entry;
	struct ipsvc_pod pod;
	struct ipsvc_label_entry *labels;
	struct ipsvc_list on_node;
	struct node *host;		/* NULL: it names none */
};

/* A Node, or the name of one that Pods are on. */
struct node {
	struct entry entry;
	char *zone;			/* NULL: it has none */
	struct ipsvc_node_addresses addresses;
	bool exists;
	struct ipsvc_list pods;
};

/* An EndpointSlice that somebody wrote. */
struct slice {
	struct entry entry;
	struct ipsvc_slices views;	/* one, or none of names */
	struct service *service;
	struct ipsvc_list link;
};

/* Who has an address: a ClusterIP can be no endpoint of another Service. */
struct address {
	struct ipsvc_map_node node;
	struct in6_addr addr;
	size_t services, endpoints;
};

struct ipsvc_cache {
	struct ipsvc_map services, pods, nodes, slices;
	struct ipsvc_map labels, addresses;
	size_t nnodes;			/* that exist */
	char *own_node;			/* name of this node, or NULL */
	struct ipsvc_list dirty;	/* struct service */
	struct service *told;		/* last; may be one of nobody any more */
	/* What ipsvc_cache_next() and ipsvc_cache_pods() hand out. */
	const struct ipsvc_slice **handed;
	size_t handed_cap;
	struct ipsvc_slice_pod *selected;
	size_t selected_cap;
};

/* ---- names --------------------------------------------------------------- */

static uint64_t hash_name(const char *ns, const char *name)
{
	return ipsvc_hash_text(ipsvc_hash_text(IPSVC_HASH_START, ns), name);
}

static void *find(const struct ipsvc_map *map, const char *ns, const char *name)
{
	struct ipsvc_map_node *node = ipsvc_map_first(map, hash_name(ns, name));

	for (; node; node = ipsvc_map_next(node)) {
		struct entry *entry = (struct entry *)node;

		if (!strcmp(entry->name, name) && !strcmp(entry->ns, ns))
			return entry;
	}
	return NULL;
}

static void *new_entry(struct ipsvc_map *map, size_t size, const char *ns,
		       const char *name)
{
	struct entry *entry = xcalloc(1, size);

	entry->ns = xstrdup(ns);
	entry->name = xstrdup(name);
	ipsvc_map_add(map, &entry->node, hash_name(ns, name));
	return entry;
}

static void free_entry(struct ipsvc_map *map, struct entry *entry)
{
	ipsvc_map_remove(map, &entry->node);
	free(entry->ns);
	free(entry->name);
	free(entry);
}

/* ---- addresses ----------------------------------------------------------- */

static struct address *find_address(const struct ipsvc_cache *c,
				    const struct in6_addr *addr)
{
	struct ipsvc_map_node *node;

	node = ipsvc_map_first(&c->addresses, ipsvc_hash(IPSVC_HASH_START, addr,
							 sizeof(*addr)));
	for (; node; node = ipsvc_map_next(node)) {
		struct address *a = (struct address *)node;

		if (!ipsvc_ip_cmp(&a->addr, addr))
			return a;
	}
	return NULL;
}

static struct address *get_address(struct ipsvc_cache *c,
				   const struct in6_addr *addr)
{
	struct address *a = find_address(c, addr);

	if (a)
		return a;
	a = xcalloc(1, sizeof(*a));
	a->addr = *addr;
	ipsvc_map_add(&c->addresses, &a->node,
		      ipsvc_hash(IPSVC_HASH_START, addr, sizeof(*addr)));
	return a;
}

static void put_address(struct ipsvc_cache *c, struct address *a)
{
	if (a->services || a->endpoints)
		return;
	ipsvc_map_remove(&c->addresses, &a->node);
	free(a);
}

bool ipsvc_cache_is_cluster_ip(const struct ipsvc_cache *c,
			       const struct in6_addr *addr)
{
	const struct address *a = find_address(c, addr);

	return a && a->services;
}

/* ---- what is to be told -------------------------------------------------- */

static void forget_endpoints(struct ipsvc_cache *c, struct service *s)
{
	ipsvc_slices_free(&s->computed);
	for (size_t i = 0; i < s->naddrs; i++) {
		struct address *a = find_address(c, &s->addrs[i]);

		a->endpoints--;
		put_address(c, a);
	}
	free(s->addrs);
	s->addrs = NULL;
	s->naddrs = 0;
}

/* Its slices may refer to what is about to change. */
static void set_dirty(struct ipsvc_cache *c, struct service *s)
{
	forget_endpoints(c, s);
	if (ipsvc_list_empty(&s->dirty))
		ipsvc_list_add(&c->dirty, &s->dirty);
}

static void set_all_dirty(struct ipsvc_cache *c)
{
	struct ipsvc_map_node *node = NULL;

	while ((node = ipsvc_map_walk(&c->services, node)))
		set_dirty(c, (struct service *)node);
}

static struct service *get_service(struct ipsvc_cache *c, const char *ns,
				   const char *name)
{
	struct service *s = find(&c->services, ns, name);

	if (s)
		return s;
	s = new_entry(&c->services, sizeof(*s), ns, name);
	ipsvc_list_init(&s->by_hand);
	ipsvc_list_init(&s->dirty);
	return s;
}

/* Once nothing is known of it, and that was told. */
static void put_service(struct ipsvc_cache *c, struct service *s)
{
	if (s->exists || s->mirrored.n || !ipsvc_list_empty(&s->by_hand) ||
	    !ipsvc_list_empty(&s->dirty) || s == c->told)
		return;
	free_entry(&c->services, &s->entry);
}

/* ---- Services ------------------------------------------------------------ */

static void count_cluster_ips(struct ipsvc_cache *c,
			      const struct ipsvc_service *svc, bool there)
{
	bool clash = false;

	for (size_t i = 0; i < svc->ncluster_ips; i++) {
		struct in6_addr addr;
		struct address *a;

		if (!ipsvc_ip_parse(svc->cluster_ips[i], &addr, NULL))
			continue;
		a = get_address(c, &addr);
		a->services += there ? 1 : -1;
		/* It is an endpoint of some, and now it is not, or is again. */
		clash = clash || (a->endpoints && a->services == there);
		put_address(c, a);
	}
	if (clash)
		set_all_dirty(c);
}

static void clear_service(struct ipsvc_cache *c, struct service *s)
{
	set_dirty(c, s);
	if (!s->exists)
		return;
	ipsvc_label_index_unseek(&c->labels, &s->seeks);
	count_cluster_ips(c, &s->svc, false);
	ipsvc_service_clear(&s->svc);
	s->exists = false;
}

static void change_service(struct ipsvc_cache *c, const struct ipsvc_object *obj,
			   bool deleted)
{
	struct service *s = get_service(c, obj->ns, obj->name);

	clear_service(c, s);
	if (deleted)
		return;
	ipsvc_service_view(obj->doc, &s->svc);
	s->exists = true;
	ipsvc_label_index_seek(&c->labels, s->entry.ns, &s->svc.selector,
			       &s->seeks, s);
	count_cluster_ips(c, &s->svc, true);
}

/* ---- Pods and Nodes ------------------------------------------------------ */

/* The Services that select @p. */
static void set_selecting_dirty(struct ipsvc_cache *c, const struct pod *p)
{
	for (size_t i = 0; i < p->pod.labels.n; i++) {
		const struct ipsvc_label_bucket *bucket = p->labels[i].bucket;
		struct ipsvc_list *at;

		ipsvc_list_foreach(&bucket->seekers, at) {
			struct service *s = ((struct ipsvc_label_entry *)at)->object;

			if (!strcmp(s->entry.ns, p->entry.ns) &&
			    ipsvc_selector_matches(&s->svc.selector,
						   &p->pod.labels))
				set_dirty(c, s);
		}
	}
}

static struct node *get_node(struct ipsvc_cache *c, const char *name)
{
	struct node *n = find(&c->nodes, "", name);

	if (n)
		return n;
	n = new_entry(&c->nodes, sizeof(*n), "", name);
	ipsvc_list_init(&n->pods);
	return n;
}

static void put_node(struct ipsvc_cache *c, struct node *n)
{
	if (n->exists || !ipsvc_list_empty(&n->pods))
		return;
	free(n->zone);
	free_entry(&c->nodes, &n->entry);
}

static void clear_pod(struct ipsvc_cache *c, struct pod *p)
{
	set_selecting_dirty(c, p);
	ipsvc_label_index_remove(&c->labels, p->labels, p->pod.labels.n);
	if (p->host) {
		ipsvc_list_remove(&p->on_node);
		put_node(c, p->host);
	}
	ipsvc_pod_clear(&p->pod);
}

static void change_pod(struct ipsvc_cache *c, const struct ipsvc_object *obj,
		       bool deleted)
{
	struct pod *p = find(&c->pods, obj->ns, obj->name);

	if (p)
		clear_pod(c, p);
	if (deleted) {
		if (p)
			free_entry(&c->pods, &p->entry);
		return;
	}
	if (!p)
		p = new_entry(&c->pods, sizeof(*p), obj->ns, obj->name);
	ipsvc_pod_view(obj->doc, &p->pod);
	p->labels = ipsvc_label_index_add(&c->labels, p->entry.ns,
					  &p->pod.labels, p);
	p->host = *p->pod.node ? get_node(c, p->pod.node) : NULL;
	if (p->host)
		ipsvc_list_add(&p->host->pods, &p->on_node);
	set_selecting_dirty(c, p);
}

static void change_node(struct ipsvc_cache *c, const struct ipsvc_object *obj,
			bool deleted)
{
	struct node *n = get_node(c, obj->name);
	const char *zone = deleted ? "" : ipsvc_node_zone(obj->doc);
	bool moved = strcmp(n->zone ? n->zone : "", zone) != 0;
	struct ipsvc_node_addresses addresses =
		ipsvc_node_addresses_of(deleted ? NULL : obj->doc);
	bool readdressed = memcmp(&addresses, &n->addresses,
				  sizeof(addresses)) != 0;
	bool own = c->own_node && !strcmp(obj->name, c->own_node);
	bool first = !c->nnodes;
	struct ipsvc_list *at;

	c->nnodes += (size_t)!deleted - n->exists;
	/*
	 * Whether Nodes are known at all matters to each Pod, and the zone and
	 * the addresses of this one to each Service.
	 */
	if (first != !c->nnodes || (own && (moved || readdressed)))
		set_all_dirty(c);
	else if (n->exists == deleted || moved)
		ipsvc_list_foreach(&n->pods, at)
			set_selecting_dirty(c, IPSVC_CONTAINER(at, struct pod,
							       on_node));
	n->exists = !deleted;
	n->addresses = addresses;
	free(n->zone);
	n->zone = *zone ? xstrdup(zone) : NULL;
	put_node(c, n);
}

/* ---- slices and Endpoints by hand ---------------------------------------- */

/* Those of the controllers that ipsvc stands in for are computed here. */
static const char *service_of(const json_t *doc)
{
	const json_t *labels = ipsvc_json_member(doc, "metadata", "labels");
	const char *by = ipsvc_json_text(labels, IPSVC_LABEL_MANAGED_BY);

	if (!strcmp(by, IPSVC_SLICE_CONTROLLER) ||
	    !strcmp(by, IPSVC_MIRROR_CONTROLLER))
		return "";
	return ipsvc_json_text(labels, IPSVC_LABEL_SERVICE_NAME);
}

static void remove_slice(struct ipsvc_cache *c, struct slice *slice)
{
	struct service *s = slice->service;

	set_dirty(c, s);
	ipsvc_list_remove(&slice->link);
	ipsvc_slices_free(&slice->views);
	free_entry(&c->slices, &slice->entry);
}

static void change_slice(struct ipsvc_cache *c, const struct ipsvc_object *obj,
			 bool deleted)
{
	const char *name = deleted ? "" : service_of(obj->doc);
	struct slice *slice = find(&c->slices, obj->ns, obj->name);

	if (slice)
		remove_slice(c, slice);
	if (!*name)
		return;
	slice = new_entry(&c->slices, sizeof(*slice), obj->ns, obj->name);
	ipsvc_slices_add(&slice->views, obj->doc);
	slice->service = get_service(c, obj->ns, name);
	ipsvc_list_add(&slice->service->by_hand, &slice->link);
	set_dirty(c, slice->service);
}

static void change_endpoints(struct ipsvc_cache *c,
			     const struct ipsvc_object *obj, bool deleted)
{
	struct service *s = get_service(c, obj->ns, obj->name);
	json_t *docs, *doc;
	size_t i;

	set_dirty(c, s);
	ipsvc_slices_free(&s->mirrored);
	if (deleted)
		return;
	docs = ipsvc_mirror_slices(obj->doc);
	json_array_foreach(docs, i, doc)
		ipsvc_slices_add(&s->mirrored, doc);
	json_decref(docs);
}

/* ---- changes ------------------------------------------------------------- */

static const struct {
	const struct ipsvc_kind *kind;
	void (*change)(struct ipsvc_cache *c, const struct ipsvc_object *obj,
		       bool deleted);
} kinds[] = {
	{ &ipsvc_service_kind, change_service },
	{ &ipsvc_pod_kind, change_pod },
	{ &ipsvc_node_kind, change_node },
	{ &ipsvc_endpointslice_kind, change_slice },
	{ &ipsvc_endpoints_kind, change_endpoints },
};

void ipsvc_cache_change(const struct ipsvc_change *change, void *arg)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].kind == change->obj->kind)
			kinds[i].change(arg, change->obj, change->deleted);
}

void ipsvc_cache_put_all(struct ipsvc_cache *c, const struct ipsvc_objects *objs)
{
	for (size_t i = 0; i < objs->n; i++) {
		const struct ipsvc_change change = { .obj = &objs->items[i] };

		ipsvc_cache_change(&change, c);
	}
}

/* ---- telling ------------------------------------------------------------- */

static bool has_pods(const struct ipsvc_service *svc)
{
	return svc->selector.n && svc->type != IPSVC_TYPE_EXTERNAL_NAME;
}

const struct ipsvc_slice_pod *
ipsvc_cache_pods(struct ipsvc_cache *c, const struct ipsvc_service *svc,
		 size_t *n)
{
	const struct ipsvc_label_bucket *bucket =
		ipsvc_label_index_find(&c->labels, svc->ns, &svc->selector);
	struct ipsvc_list *at;

	*n = 0;
	if (!bucket)
		return NULL;
	ipsvc_list_foreach(&bucket->bearers, at) {
		const struct pod *p = ((struct ipsvc_label_entry *)at)->object;
		bool lost = c->nnodes && !(p->host && p->host->exists);

		if (strcmp(p->entry.ns, svc->ns) ||
		    !ipsvc_selector_matches(&svc->selector, &p->pod.labels))
			continue;
		c->selected = ipsvc_grow(c->selected, *n, &c->selected_cap,
					 sizeof(*c->selected));
		c->selected[(*n)++] = (struct ipsvc_slice_pod){
			&p->pod, p->host ? p->host->zone : NULL, lost,
		};
	}
	return c->selected;
}

static void compute(struct ipsvc_cache *c, struct service *s)
{
	const struct ipsvc_slice_pod *pods;
	size_t n;

	pods = ipsvc_cache_pods(c, &s->svc, &n);
	ipsvc_slices_compute(&s->svc, pods, n, &s->computed);
}

static void hand_out(struct ipsvc_cache *c, const struct ipsvc_slices *slices,
		     struct ipsvc_cluster_service *out)
{
	for (size_t i = 0; i < slices->n; i++) {
		c->handed = ipsvc_grow(c->handed, out->n, &c->handed_cap,
				       sizeof(*c->handed));
		c->handed[out->n++] = &slices->items[i];
	}
}

/* That a ClusterIP is among them may matter later. */
static void remember_addresses(struct ipsvc_cache *c, struct service *s,
			       const struct ipsvc_cluster_service *out)
{
	size_t n = 0;

	for (size_t i = 0; i < out->n; i++)
		n += c->handed[i]->n;
	s->addrs = xcalloc(n ? n : 1, sizeof(*s->addrs));
	for (size_t i = 0; i < out->n; i++)
		for (size_t j = 0; j < c->handed[i]->n; j++) {
			s->addrs[s->naddrs] = c->handed[i]->endpoints[j].addr;
			get_address(c, &s->addrs[s->naddrs++])->endpoints++;
		}
}

static void tell(struct ipsvc_cache *c, struct service *s,
		 struct ipsvc_cluster_service *out)
{
	struct ipsvc_list *at;

	*out = (struct ipsvc_cluster_service){
		.ns = s->entry.ns, .name = s->entry.name,
	};
	if (!s->exists)
		return;
	out->svc = &s->svc;
	if (has_pods(&s->svc)) {
		compute(c, s);
		out->computed = &s->computed;
		hand_out(c, &s->computed, out);
	} else if (!s->svc.selector.n) {
		hand_out(c, &s->mirrored, out);
	}
	ipsvc_list_foreach(&s->by_hand, at)
		hand_out(c, &IPSVC_CONTAINER(at, struct slice, link)->views, out);
	remember_addresses(c, s, out);
	out->slices = c->handed;
}

bool ipsvc_cache_next(struct ipsvc_cache *c, struct ipsvc_cluster_service *out)
{
	struct service *last = c->told;

	c->told = NULL;
	if (last)
		put_service(c, last);
	if (ipsvc_list_empty(&c->dirty))
		return false;
	c->told = IPSVC_CONTAINER(c->dirty.next, struct service, dirty);
	ipsvc_list_remove(&c->told->dirty);
	tell(c, c->told, out);
	return true;
}

/* ---- beginning and end --------------------------------------------------- */

void ipsvc_cache_set_node(struct ipsvc_cache *c, const char *name)
{
	free(c->own_node);
	c->own_node = xstrdup(name);
}

const char *ipsvc_cache_node(const struct ipsvc_cache *c)
{
	return c->own_node;
}

static const struct node *own_node(const struct ipsvc_cache *c)
{
	return c->own_node ? find(&c->nodes, "", c->own_node) : NULL;
}

const char *ipsvc_cache_zone(const struct ipsvc_cache *c)
{
	const struct node *n = own_node(c);

	return n ? n->zone : NULL;
}

const struct in6_addr *ipsvc_cache_address(const struct ipsvc_cache *c,
					   uint8_t family)
{
	const struct node *n = own_node(c);
	const struct in6_addr *addr;

	if (!n)
		return NULL;
	addr = family == AF_INET ? &n->addresses.ip4 : &n->addresses.ip6;
	return IN6_IS_ADDR_UNSPECIFIED(addr) ? NULL : addr;
}

struct ipsvc_cache *ipsvc_cache_new(void)
{
	struct ipsvc_cache *c = xcalloc(1, sizeof(*c));

	ipsvc_list_init(&c->dirty);
	return c;
}

/* Takes out all entries of @map, by what takes one out. */
static void empty(struct ipsvc_cache *c, struct ipsvc_map *map,
		  void (*change)(struct ipsvc_cache *c,
				 const struct ipsvc_object *obj, bool deleted))
{
	struct ipsvc_map_node *node, *next;

	for (node = ipsvc_map_walk(map, NULL); node; node = next) {
		const struct entry *entry = (struct entry *)node;
		const struct ipsvc_object obj = {
			.ns = entry->ns, .name = entry->name,
		};

		next = ipsvc_map_walk(map, node);
		change(c, &obj, true);
	}
}

void ipsvc_cache_free(struct ipsvc_cache *c)
{
	struct ipsvc_cluster_service last;

	if (!c)
		return;
	empty(c, &c->pods, change_pod);
	empty(c, &c->nodes, change_node);
	empty(c, &c->slices, change_slice);
	empty(c, &c->services, change_service);
	empty(c, &c->services, change_endpoints);
	while (ipsvc_cache_next(c, &last))
		;
	ipsvc_map_free(&c->services);
	ipsvc_map_free(&c->pods);
	ipsvc_map_free(&c->nodes);
	ipsvc_map_free(&c->slices);
	ipsvc_map_free(&c->labels);
	ipsvc_map_free(&c->addresses);
	free(c->handed);
	free(c->selected);
	free(c->own_node);
	free(c);
}
