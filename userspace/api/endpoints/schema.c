// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/schema_def.h"
#include "impl.h"

static const struct ipsvc_schema address = {
	"EndpointAddress", true, (const struct ipsvc_field[]){
		KEPT_STRING("ip"), STRING("hostname"), KEPT_STRING("nodeName"),
		OBJECT("targetRef", "v1.ObjectReference",
		       ipsvc_object_reference_schema), END,
	},
};

static const struct ipsvc_schema port = {
	"EndpointPort", true, (const struct ipsvc_field[]){
		STRING("name"), KEPT_INT32("port"),
		STRING_OF("protocol", "v1.Protocol"), KEPT_STRING("appProtocol"),
		END,
	},
};

static const struct ipsvc_schema subset = {
	"EndpointSubset", true, (const struct ipsvc_field[]){
		OBJECT_LIST("addresses", "v1.EndpointAddress", address),
		OBJECT_LIST("notReadyAddresses", "v1.EndpointAddress", address),
		OBJECT_LIST("ports", "v1.EndpointPort", port), END,
	},
};

const struct ipsvc_schema ipsvc_endpoints_schema = {
	"Endpoints", true, (const struct ipsvc_field[]){
		STRING("apiVersion"), STRING("kind"),
		OBJECT("metadata", "v1.ObjectMeta", ipsvc_object_meta_schema),
		OBJECT_LIST("subsets", "v1.EndpointSubset", subset), END,
	},
};
