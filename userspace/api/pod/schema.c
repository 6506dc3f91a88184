// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/schema_def.h"
#include "impl.h"

static const struct ipsvc_schema container_port = {
	"ContainerPort", true, (const struct ipsvc_field[]){
		STRING("name"), INT32("hostPort"), KEPT_INT32("containerPort"),
		STRING_OF("protocol", "v1.Protocol"), STRING("hostIP"), END,
	},
};

static const struct ipsvc_schema container = {
	"Container", false, (const struct ipsvc_field[]){
		KEPT_STRING("name"), STRING("image"),
		OBJECT_LIST("ports", "v1.ContainerPort", container_port),
		KEPT_STRING_OF("restartPolicy", "v1.ContainerRestartPolicy"), END,
	},
};

static const struct ipsvc_schema pod_spec = {
	"PodSpec", false, (const struct ipsvc_field[]){
		KEPT_OBJECT_LIST("containers", "v1.Container", container),
		OBJECT_LIST("initContainers", "v1.Container", container),
		STRING("nodeName"), STRING("hostname"), STRING("subdomain"),
		BOOL("hostNetwork"), END,
	},
};

static const struct ipsvc_schema pod_ip = {
	"PodIP", false, (const struct ipsvc_field[]){ KEPT_STRING("ip"), END },
};

static const struct ipsvc_schema pod_condition = {
	"PodCondition", false, (const struct ipsvc_field[]){
		KEPT_STRING_OF("type", "v1.PodConditionType"),
		KEPT_STRING_OF("status", "v1.ConditionStatus"), END,
	},
};

static const struct ipsvc_schema container_status = {
	"ContainerStatus", false, (const struct ipsvc_field[]){
		KEPT_STRING("name"), KEPT_BOOL("ready"), END,
	},
};

static const struct ipsvc_schema pod_status = {
	"PodStatus", false, (const struct ipsvc_field[]){
		STRING("podIP"), OBJECT_LIST("podIPs", "v1.PodIP", pod_ip),
		STRING_OF("phase", "v1.PodPhase"),
		OBJECT_LIST("conditions", "v1.PodCondition", pod_condition),
		OBJECT_LIST("containerStatuses", "v1.ContainerStatus",
			    container_status), END,
	},
};

const struct ipsvc_schema ipsvc_pod_schema = {
	"Pod", true, (const struct ipsvc_field[]){
		STRING("apiVersion"), STRING("kind"),
		OBJECT("metadata", "v1.ObjectMeta", ipsvc_object_meta_schema),
		OBJECT("spec", "v1.PodSpec", pod_spec),
		OBJECT("status", "v1.PodStatus", pod_status), END,
	},
};
