/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of ipsvc_pod_kind, between the files of this folder. */
#ifndef IPSVC_POD_IMPL_H
#define IPSVC_POD_IMPL_H

#include "pod.h"

extern const struct ipsvc_schema ipsvc_pod_schema;
extern const struct ipsvc_table ipsvc_pod_table;
extern const struct ipsvc_describer ipsvc_pod_describer;
void ipsvc_pod_default(json_t *doc);
void ipsvc_pod_validate(const json_t *doc, struct ipsvc_errors *errs);

#endif
