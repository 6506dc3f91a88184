/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Endpoints: of a Service with a selector they are computed of its Pods, as
 * Kubernetes' controller does; of one without they are written by hand.
 */
#ifndef IPSVC_API_ENDPOINTS_H
#define IPSVC_API_ENDPOINTS_H

#include "api/kind.h"

extern const struct ipsvc_kind ipsvc_endpoints_kind;

#endif
