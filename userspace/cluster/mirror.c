// SPDX-License-Identifier: GPL-2.0-or-later
#include "mirror.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpointslice/endpointslice.h"
#include "base/ip.h"
#include "base/json.h"
#include "base/map.h"
#include "base/memory.h"
#include "slices.h"
#include "subsets.h"

/* Addresses of all slices: more than one subset of the largest document has. */
#define ENDPOINTS_MAX	200000

#define LABEL_SKIP	"endpointslice.kubernetes.io/skip-mirror"
#define NOTE_LEADER	"control-plane.alpha.kubernetes.io/leader"
#define NOTE_CHANGED	"endpoints.kubernetes.io/last-change-trigger-time"
#define NOTE_APPLIED	"kubectl.kubernetes.io/last-applied-configuration"

static bool is_skipped(const json_t *meta)
{
	return !strcmp(ipsvc_json_text(json_object_get(meta, "labels"),
				       LABEL_SKIP), "true") ||
	       json_object_get(json_object_get(meta, "annotations"),
			       NOTE_LEADER);
}

/* ---- canonical subsets --------------------------------------------------- */

static json_t *canonical(const json_t *doc)
{
	struct ipsvc_subsets subsets = {0};
	json_t *subset;
	size_t i;

	json_array_foreach(json_object_get(doc, "subsets"), i, subset) {
		const json_t *ports = json_object_get(subset, "ports");

		ipsvc_subsets_add(&subsets, json_object_get(subset, "addresses"),
				  ports, true);
		ipsvc_subsets_add(&subsets,
				  json_object_get(subset, "notReadyAddresses"),
				  ports, false);
	}
	return ipsvc_subsets_take(&subsets, ENDPOINTS_MAX);
}

/* ---- a slice ------------------------------------------------------------- */

static json_t *notes_of(const json_t *meta)
{
	json_t *notes = json_copy(json_object_get(meta, "annotations"));

	json_object_del(notes, NOTE_CHANGED);
	json_object_del(notes, NOTE_APPLIED);
	if (notes && !json_object_size(notes)) {
		json_decref(notes);
		return NULL;
	}
	return notes;
}

static json_t *labels_of(const json_t *meta)
{
	json_t *labels = json_copy(json_object_get(meta, "labels"));

	if (!labels)
		labels = json_object();
	json_object_set(labels, IPSVC_LABEL_SERVICE_NAME,
			json_object_get(meta, "name"));
	json_object_set_new(labels, IPSVC_LABEL_MANAGED_BY,
			    json_string(IPSVC_MIRROR_CONTROLLER));
	return labels;
}

static json_t *metadata_of(const json_t *meta, const char *type, size_t i)
{
	const char *ns = ipsvc_json_text(meta, "namespace");
	const char *name = ipsvc_json_text(meta, "name");
	uint64_t hash = ipsvc_hash_text(ipsvc_hash_text(IPSVC_HASH_START, ns),
					type);
	char *own = ipsvc_slice_name(name, ipsvc_hash(hash, &i, sizeof(i)));
	char *prefix = xasprintf("%s-", name);
	json_t *made;

	made = json_pack("{s:s, s:s, s:s, s:o, s:o*, s:O*, s:[{s:s, s:s, s:s, s:s, s:b, s:b}]}",
			 "name", own, "generateName", prefix, "namespace", ns,
			 "labels", labels_of(meta), "annotations",
			 notes_of(meta), "creationTimestamp",
			 json_object_get(meta, "creationTimestamp"),
			 "ownerReferences", "apiVersion", "v1", "kind",
			 "Endpoints", "name", name, "uid",
			 ipsvc_json_text(meta, "uid"), "controller", 1,
			 "blockOwnerDeletion", 1);
	free(own);
	free(prefix);
	return made;
}

static json_t *port_of(const json_t *port)
{
	return json_pack("{s:s, s:I, s:s, s:O*}", "name",
			 ipsvc_json_text(port, "name"), "port",
			 ipsvc_json_int(port, "port"), "protocol",
			 ipsvc_json_text(port, "protocol"), "appProtocol",
			 json_object_get(port, "appProtocol"));
}

static json_t *ports_of(const json_t *subset)
{
	json_t *all = json_array(), *port;
	size_t i;

	json_array_foreach(json_object_get(subset, "ports"), i, port)
		json_array_append_new(all, port_of(port));
	return all;
}

static json_t *endpoint_of(const json_t *address, bool ready)
{
	const char *hostname = ipsvc_json_text(address, "hostname");

	return json_pack("{s:[s], s:{s:b}, s:O*, s:O*, s:s*}", "addresses",
			 ipsvc_json_text(address, "ip"), "conditions", "ready",
			 ready, "targetRef", json_object_get(address, "targetRef"),
			 "nodeName", json_object_get(address, "nodeName"),
			 "hostname", *hostname ? hostname : NULL);
}

/* ---- all of them --------------------------------------------------------- */

struct mirror {
	const json_t *meta;
	json_t *slices;
	json_t *places;		/* of each slice, by its type and ports */
	json_t *seen;		/* of each slice: endpoint → its place */
};

/* That of the ports of @subset and @type, made when there is none. */
static size_t slice_for(struct mirror *m, const json_t *subset, const char *type)
{
	json_t *ports = ports_of(subset);
	char *text = json_dumps(ports, JSON_COMPACT | JSON_SORT_KEYS);
	char *key = xasprintf("%s %s", type, text);
	const json_t *at = json_object_get(m->places, key);
	size_t i = at ? (size_t)json_integer_value(at) :
			json_array_size(m->slices);

	if (!at) {
		json_object_set_new(m->places, key, json_integer((json_int_t)i));
		json_array_append_new(m->seen, json_object());
		json_array_append_new(m->slices,
			json_pack("{s:s, s:s, s:o, s:s, s:O, s:[]}",
				  "apiVersion", "discovery.k8s.io/v1", "kind",
				  "EndpointSlice", "metadata",
				  metadata_of(m->meta, type, i), "addressType",
				  type, "ports", ports, "endpoints"));
	}
	json_decref(ports);
	free(text);
	free(key);
	return i;
}

/* The same endpoint of another subset takes the place of the first. */
static void add_to_slice(struct mirror *m, size_t slice, const json_t *address,
			 bool ready)
{
	const json_t *ref = json_object_get(address, "targetRef"), *at;
	json_t *list = json_object_get(json_array_get(m->slices, slice),
				       "endpoints");
	json_t *seen = json_array_get(m->seen, slice);
	char *key = xasprintf("%s %s %s/%s", ipsvc_json_text(address, "ip"),
			      ipsvc_json_text(address, "hostname"),
			      ipsvc_json_text(ref, "namespace"),
			      ipsvc_json_text(ref, "name"));

	at = json_object_get(seen, key);
	if (at) {
		json_array_set_new(list, (size_t)json_integer_value(at),
				   endpoint_of(address, ready));
	} else if (json_array_size(list) < IPSVC_MIRROR_MAX) {
		json_object_set_new(seen, key, json_integer(
				    (json_int_t)json_array_size(list)));
		json_array_append_new(list, endpoint_of(address, ready));
	}
	free(key);
}

static void mirror_subset(struct mirror *m, const json_t *subset)
{
	static const char *const fields[] = { "notReadyAddresses", "addresses" };
	static const char *const types[] = { "IPv4", "IPv6" };
	size_t slices[] = { SIZE_MAX, SIZE_MAX }, room = IPSVC_MIRROR_MAX, i;
	json_t *address;

	for (int ready = 1; ready >= 0; ready--) {
		json_array_foreach(json_object_get(subset, fields[ready]), i,
				   address) {
			bool six = strchr(ipsvc_json_text(address, "ip"), ':');

			if (!room--)
				return;
			if (slices[six] == SIZE_MAX)
				slices[six] = slice_for(m, subset, types[six]);
			add_to_slice(m, slices[six], address, ready);
		}
	}
}

json_t *ipsvc_mirror_slices(const json_t *doc)
{
	struct mirror m = {
		.meta = json_object_get(doc, "metadata"),
		.slices = json_array(),
		.places = json_object(),
		.seen = json_array(),
	};
	json_t *subsets, *subset;
	size_t i;

	if (!is_skipped(m.meta)) {
		subsets = canonical(doc);
		json_array_foreach(subsets, i, subset)
			mirror_subset(&m, subset);
		json_decref(subsets);
	}
	json_decref(m.places);
	json_decref(m.seen);
	return m.slices;
}
