/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of ipsvc_endpoints_kind, between the files of this folder. */
#ifndef IPSVC_ENDPOINTS_IMPL_H
#define IPSVC_ENDPOINTS_IMPL_H

#include "endpoints.h"

extern const struct ipsvc_schema ipsvc_endpoints_schema;
extern const struct ipsvc_table ipsvc_endpoints_table;
extern const struct ipsvc_describer ipsvc_endpoints_describer;
void ipsvc_endpoints_validate(const json_t *doc, struct ipsvc_errors *errs);

#endif
