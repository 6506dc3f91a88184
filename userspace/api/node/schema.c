// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/schema_def.h"
#include "impl.h"

static const struct ipsvc_schema taint = {
	"Taint", true, (const struct ipsvc_field[]){
		KEPT_STRING("key"), STRING("value"),
		KEPT_STRING_OF("effect", "v1.TaintEffect"), TIME("timeAdded"),
		END,
	},
};

static const struct ipsvc_schema node_spec = {
	"NodeSpec", true, (const struct ipsvc_field[]){
		STRING("podCIDR"), STRING_LIST("podCIDRs"),
		STRING("providerID"), BOOL("unschedulable"),
		OBJECT_LIST("taints", "v1.Taint", taint), ANY("configSource"),
		STRING("externalID"), END,
	},
};

static const struct ipsvc_schema address = {
	"NodeAddress", true, (const struct ipsvc_field[]){
		KEPT_STRING_OF("type", "v1.NodeAddressType"),
		KEPT_STRING("address"), END,
	},
};

static const struct ipsvc_schema condition = {
	"NodeCondition", true, (const struct ipsvc_field[]){
		KEPT_STRING_OF("type", "v1.NodeConditionType"),
		KEPT_STRING_OF("status", "v1.ConditionStatus"),
		TIME("lastHeartbeatTime"), TIME("lastTransitionTime"),
		STRING("reason"), STRING("message"), END,
	},
};

static const struct ipsvc_schema node_info = {
	"NodeSystemInfo", false, (const struct ipsvc_field[]){
		KEPT_STRING("kernelVersion"), KEPT_STRING("osImage"),
		KEPT_STRING("containerRuntimeVersion"),
		KEPT_STRING("kubeletVersion"), KEPT_STRING("architecture"), END,
	},
};

/* What ipsvc shows of it. */
static const struct ipsvc_schema node_status = {
	"NodeStatus", false, (const struct ipsvc_field[]){
		OBJECT_LIST("addresses", "v1.NodeAddress", address),
		OBJECT_LIST("conditions", "v1.NodeCondition", condition),
		OBJECT("nodeInfo", "v1.NodeSystemInfo", node_info), END,
	},
};

const struct ipsvc_schema ipsvc_node_schema = {
	"Node", true, (const struct ipsvc_field[]){
		STRING("apiVersion"), STRING("kind"),
		OBJECT("metadata", "v1.ObjectMeta", ipsvc_object_meta_schema),
		OBJECT("spec", "v1.NodeSpec", node_spec),
		OBJECT("status", "v1.NodeStatus", node_status), END,
	},
};
