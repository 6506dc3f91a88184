/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EndpointSlices (discovery.k8s.io/v1), as they are written. */
#ifndef IPSVC_ENDPOINTSLICE_H
#define IPSVC_ENDPOINTSLICE_H

#include "api/kind.h"

extern const struct ipsvc_kind ipsvc_endpointslice_kind;

/* The label that says whose endpoints they are. */
#define IPSVC_LABEL_SERVICE_NAME "kubernetes.io/service-name"
#define IPSVC_LABEL_MANAGED_BY	"endpointslice.kubernetes.io/managed-by"

#endif
