/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of validation, a kind of object each; see validate.h. */
#ifndef IPSVC_VALIDATE_IMPL_H
#define IPSVC_VALIDATE_IMPL_H

#include "validate.h"

#define IPSVC_PATH_MAX	96	/* of a field path, which has no user's text */

/* @written: see ipsvc_object_validate_written(). */
void ipsvc_validate_service(const json_t *doc, const struct ipsvc_service *svc,
			    bool written, struct ipsvc_errors *errs);
/* clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy. */
void ipsvc_validate_service_ips(const json_t *spec,
				const struct ipsvc_service *svc,
				struct ipsvc_errors *errs);
void ipsvc_validate_pod(const json_t *doc, struct ipsvc_errors *errs);

/* Keys and values of labels, all at @path. */
void ipsvc_validate_labels(const struct ipsvc_labels *labels, const char *path,
			   struct ipsvc_errors *errs);

/* object.@field, "" when it is absent or no string. */
const char *ipsvc_json_text(const json_t *object, const char *field);
/* An Invalid error whose value is any JSON, printed as compact JSON. */
void ipsvc_invalid_json(struct ipsvc_errors *errs, const char *path,
			const json_t *value, const char *detail);
void ipsvc_duplicate_string(struct ipsvc_errors *errs, const char *path,
			    const char *value);
bool ipsvc_is_headless(const struct ipsvc_service *svc);
/* Clients from outside of the cluster can reach it. */
bool ipsvc_is_external(const json_t *spec, const struct ipsvc_service *svc);

extern const char *const ipsvc_protocols[];	/* for ipsvc_check_one_of() */

#endif
