/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces: objects need none, so most are those that objects are in. */
#ifndef IPSVC_NAMESPACE_H
#define IPSVC_NAMESPACE_H

#include "api/kind.h"

extern const struct ipsvc_kind ipsvc_namespace_kind;

#endif
