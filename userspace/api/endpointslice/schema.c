// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/schema_def.h"
#include "impl.h"

static const struct ipsvc_schema conditions = {
	"EndpointConditions", true, (const struct ipsvc_field[]){
		KEPT_BOOL("ready"), KEPT_BOOL("serving"),
		KEPT_BOOL("terminating"), END,
	},
};

static const struct ipsvc_schema for_zone = {
	"ForZone", true, (const struct ipsvc_field[]){ KEPT_STRING("name"), END },
};

static const struct ipsvc_schema for_node = {
	"ForNode", true, (const struct ipsvc_field[]){ KEPT_STRING("name"), END },
};

static const struct ipsvc_schema hints = {
	"EndpointHints", true, (const struct ipsvc_field[]){
		OBJECT_LIST("forZones", "v1.ForZone", for_zone),
		OBJECT_LIST("forNodes", "v1.ForNode", for_node), END,
	},
};

static const struct ipsvc_schema endpoint = {
	"Endpoint", true, (const struct ipsvc_field[]){
		FIELD("addresses", STRING_LIST, "string", NULL, true),
		OBJECT("conditions", "v1.EndpointConditions", conditions),
		KEPT_STRING("hostname"),
		OBJECT("targetRef", "v1.ObjectReference",
		       ipsvc_object_reference_schema),
		STRING_MAP("deprecatedTopology"), KEPT_STRING("nodeName"),
		KEPT_STRING("zone"), OBJECT("hints", "v1.EndpointHints", hints),
		END,
	},
};

static const struct ipsvc_schema port = {
	"EndpointPort", true, (const struct ipsvc_field[]){
		KEPT_STRING("name"), KEPT_STRING_OF("protocol", "v1.Protocol"),
		KEPT_INT32("port"), KEPT_STRING("appProtocol"), END,
	},
};

const struct ipsvc_schema ipsvc_endpointslice_schema = {
	"EndpointSlice", true, (const struct ipsvc_field[]){
		STRING("apiVersion"), STRING("kind"),
		OBJECT("metadata", "v1.ObjectMeta", ipsvc_object_meta_schema),
		KEPT_STRING_OF("addressType", "v1.AddressType"),
		KEPT_OBJECT_LIST("endpoints", "v1.Endpoint", endpoint),
		KEPT_OBJECT_LIST("ports", "v1.EndpointPort", port), END,
	},
};
