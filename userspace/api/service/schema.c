// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/schema_def.h"
#include "impl.h"

static const struct ipsvc_schema service_port = {
	"ServicePort", true, (const struct ipsvc_field[]){
		STRING("name"), STRING_OF("protocol", "v1.Protocol"),
		KEPT_STRING("appProtocol"), KEPT_INT32("port"),
		INT_OR_STRING("targetPort"), INT32("nodePort"), END,
	},
};

static const struct ipsvc_schema client_ip_config = {
	"ClientIPConfig", true, (const struct ipsvc_field[]){
		KEPT_INT32("timeoutSeconds"), END,
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
		KEPT_STRING_OF("ipFamilyPolicy", "v1.IPFamilyPolicy"),
		KEPT_BOOL("allocateLoadBalancerNodePorts"),
		KEPT_STRING("loadBalancerClass"),
		KEPT_STRING_OF("internalTrafficPolicy",
			       "v1.ServiceInternalTrafficPolicy"),
		KEPT_STRING("trafficDistribution"), END,
	},
};

static const struct ipsvc_schema port_status = {
	"PortStatus", true, (const struct ipsvc_field[]){
		KEPT_INT32("port"), KEPT_STRING_OF("protocol", "v1.Protocol"),
		KEPT_STRING("error"), END,
	},
};

static const struct ipsvc_schema load_balancer_ingress = {
	"LoadBalancerIngress", true, (const struct ipsvc_field[]){
		STRING("ip"), STRING("hostname"),
		KEPT_STRING_OF("ipMode", "v1.LoadBalancerIPMode"),
		OBJECT_LIST("ports", "v1.PortStatus", port_status), END,
	},
};

static const struct ipsvc_schema load_balancer_status = {
	"LoadBalancerStatus", true, (const struct ipsvc_field[]){
		OBJECT_LIST("ingress", "v1.LoadBalancerIngress",
			    load_balancer_ingress), END,
	},
};

static const struct ipsvc_schema service_status = {
	"ServiceStatus", true, (const struct ipsvc_field[]){
		OBJECT("loadBalancer", "v1.LoadBalancerStatus",
		       load_balancer_status),
		OBJECT_LIST("conditions", "v1.Condition",
			    ipsvc_condition_schema), END,
	},
};

const struct ipsvc_schema ipsvc_service_schema = {
	"Service", true, (const struct ipsvc_field[]){
		STRING("apiVersion"), STRING("kind"),
		OBJECT("metadata", "v1.ObjectMeta", ipsvc_object_meta_schema),
		OBJECT("spec", "v1.ServiceSpec", service_spec),
		OBJECT("status", "v1.ServiceStatus", service_status), END,
	},
};
