/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Endpoints object of a Service, computed as Kubernetes' controller does. */
#ifndef IPSVC_CLI_ENDPOINTS_OBJECT_H
#define IPSVC_CLI_ENDPOINTS_OBJECT_H

#include "api/object.h"

/*
 * The Endpoints document of @service, or NULL when it has none: without a
 * selector nobody computes it.
 */
json_t *endpoints_object(const struct ipsvc_object *service,
			 const struct ipsvc_pod *pods, size_t npods);

#endif
