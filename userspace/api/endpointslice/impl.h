/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of ipsvc_endpointslice_kind, between the files of this folder. */
#ifndef IPSVC_ENDPOINTSLICE_IMPL_H
#define IPSVC_ENDPOINTSLICE_IMPL_H

#include "endpointslice.h"

extern const struct ipsvc_schema ipsvc_endpointslice_schema;
extern const struct ipsvc_table ipsvc_endpointslice_table;
extern const struct ipsvc_describer ipsvc_endpointslice_describer;
void ipsvc_endpointslice_validate(const json_t *doc, struct ipsvc_errors *errs);

#endif
