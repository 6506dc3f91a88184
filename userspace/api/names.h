/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What names, labels, ports and addresses may look like: the rules of
 * k8s.io/apimachinery/pkg/util/validation, in its words.
 */
#ifndef IPSVC_VALIDATE_NAMES_H
#define IPSVC_VALIDATE_NAMES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/errors.h"

/* A kind of name: adds an Invalid error at @path for each rule @value breaks. */
typedef void ipsvc_name_rule(struct ipsvc_errors *errs, const char *path,
			     const char *value);

ipsvc_name_rule ipsvc_check_dns1123_label;
ipsvc_name_rule ipsvc_check_dns1123_subdomain;
ipsvc_name_rule ipsvc_check_qualified_name;	/* keys of labels */
ipsvc_name_rule ipsvc_check_label_value;
ipsvc_name_rule ipsvc_check_port_name;		/* IANA service names */
ipsvc_name_rule ipsvc_check_ip;
ipsvc_name_rule ipsvc_check_canonical_ip;	/* "fd00::1", not "FD00:0::1" */
/* A prefix, "10.0.0.0/8". */
ipsvc_name_rule ipsvc_check_cidr;
/* A valid IP that an endpoint can have: not loopback and the like. */
ipsvc_name_rule ipsvc_check_endpoint_ip;
/* The same, and an address that a host can have, which Kubernetes does not ask. */
ipsvc_name_rule ipsvc_check_host_ip;
bool ipsvc_is_host_ip(const struct in6_addr *ip);

/*
 * Warn of what is not written as everybody writes it, as GetWarningsForIP and
 * GetWarningsForCIDR do.
 */
void ipsvc_warn_ip(struct ipsvc_errors *errs, const char *path,
		   const char *text);
void ipsvc_warn_cidr(struct ipsvc_errors *errs, const char *path,
		     const char *text);

void ipsvc_check_port_number(struct ipsvc_errors *errs, const char *path,
			     int64_t value);

/*
 * When @value is not among @words (up to NULL; sorted, as they are listed so):
 * adds an Unsupported value error and returns false.
 */
bool ipsvc_check_one_of(struct ipsvc_errors *errs, const char *path,
			const char *value, const char *const *words);

extern const char *const ipsvc_protocols[];	/* for ipsvc_check_one_of() */

#endif
