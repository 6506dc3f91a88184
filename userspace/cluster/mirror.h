/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From Endpoints that somebody wrote to EndpointSlices, by the rules of
 * pkg/controller/endpointslicemirroring.
 */
#ifndef IPSVC_MIRROR_H
#define IPSVC_MIRROR_H

#include <jansson.h>

/* Addresses of a subset, and of a slice: --mirroring-max-endpoints-per-subset. */
#define IPSVC_MIRROR_MAX	1000

/*
 * The EndpointSlices of the Endpoints @doc, an array of documents: one for each
 * family and set of ports, of IPSVC_MIRROR_MAX addresses at most. The Service of that name is
 * there and has no selector. Empty where a label or annotation says that they are
 * not to be mirrored.
 */
json_t *ipsvc_mirror_slices(const json_t *doc);

#endif
