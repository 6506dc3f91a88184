/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Endpoints of Services with a selector, by the rules of pkg/controller/endpoint. */
#ifndef IPSVC_CLUSTER_ENDPOINTS_H
#define IPSVC_CLUSTER_ENDPOINTS_H

#include "slices.h"

/*
 * The Endpoints document of @svc, which has a selector and is no ExternalName, and
 * the Pods it selects: addresses of the Service's first family only, and 1000 of
 * them at most.
 */
json_t *ipsvc_endpoints_document(const struct ipsvc_service *svc,
				 const struct ipsvc_slice_pod *pods, size_t n);

#endif
