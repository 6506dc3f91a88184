/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EndpointSlices (discovery.k8s.io/v1), as they are written. */
#ifndef IPSVC_ENDPOINTSLICE_H
#define IPSVC_ENDPOINTSLICE_H

#include "api/kind.h"

extern const struct ipsvc_kind ipsvc_endpointslice_kind;

/* Labels: whose endpoints they are, who looks after it, not for proxies. */
#define IPSVC_LABEL_SERVICE_NAME "kubernetes.io/service-name"
#define IPSVC_LABEL_MANAGED_BY	"endpointslice.kubernetes.io/managed-by"
#define IPSVC_LABEL_HEADLESS	"service.kubernetes.io/headless"

/* Who looks after those of Pods, and those of Endpoints: here ipsvc does. */
#define IPSVC_SLICE_CONTROLLER	"endpointslice-controller.k8s.io"
#define IPSVC_MIRROR_CONTROLLER	"endpointslicemirroring-controller.k8s.io"

#endif
