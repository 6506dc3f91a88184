// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/schema_def.h"
#include "impl.h"

static const struct ipsvc_schema service_port = {
	"ServicePort", true, (const struct ipsvc_field[]){
		STRING("name"), STRING_OF("protocol", "v1.Protocol"),
		STRING("appProtocol"), INT32("port"),
		INT_OR_STRING("targetPort"), INT32("nodePort"), END,
	},
};

static const struct ipsvc_schema client_ip_config = {
	"ClientIPConfig", true, (const struct ipsvc_field[]){
		INT32("timeoutSeconds"), END,
	},
};

static const struct ipsvc_schema session_affinity_config = {
	"SessionAffinityConfig", true, (const struct ipsvc_field[]){
		OBJECT("clientIP", "v1.ClientIPConfig", client_ip_config), END,
	},
};

static const struct ipsvc_schema service_spec = {
	"ServiceSpec", true, (const struct ipsvc_field[]){
		OBJECT_LIST("ports", "v1.ServicePort", service_port),
		STRING_MAP("selector"), STRING("clusterIP"),
		STRING_LIST("clusterIPs"), STRING_OF("type", "v1.ServiceType"),
		STRING_LIST("externalIPs"),
		STRING_OF("sessionAffinity", "v1.ServiceAffinity"),
		STRING("loadBalancerIP"), STRING_LIST("loadBalancerSourceRanges"),
		STRING("externalName"),
		STRING_OF("externalTrafficPolicy",
			  "v1.ServiceExternalTrafficPolicy"),
		INT32("healthCheckNodePort"), BOOL("publishNotReadyAddresses"),
		OBJECT("sessionAffinityConfig", "v1.SessionAffinityConfig",
		       session_affinity_config),
		STRING_LIST_OF("ipFamilies", "v1.IPFamily"),
		STRING_OF("ipFamilyPolicy", "v1.IPFamilyPolicy"),
		BOOL("allocateLoadBalancerNodePorts"),
		STRING("loadBalancerClass"),
		STRING_OF("internalTrafficPolicy",
			  "v1.ServiceInternalTrafficPolicy"),
		STRING("trafficDistribution"), END,
	},
};

const struct ipsvc_schema ipsvc_service_schema = {
	"Service", true, (const struct ipsvc_field[]){
		STRING("apiVersion"), STRING("kind"),
		OBJECT("metadata", "v1.ObjectMeta", ipsvc_object_meta_schema),
		OBJECT("spec", "v1.ServiceSpec", service_spec), ANY("status"),
		END,
	},
};
