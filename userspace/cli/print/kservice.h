/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services of the kernel, as text and as JSON. */
#ifndef IPSVC_CLI_KSERVICE_H
#define IPSVC_CLI_KSERVICE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/state.h"

/* "IPv4", "IPv6", as Kubernetes has it. */
const char *kservice_family(uint8_t family);
/* "TCP", "UDP", or the number. Valid until the next call. */
const char *kservice_protocol(uint8_t protocol);
/* "established"; "unknown" of one that there is not. */
const char *kservice_flow_state(uint8_t state);
/* "cluster_ip" and so on, of an enum ipsvc_frontend_class. */
const char *kservice_class(uint8_t class);
/* "10.0.0.1:80"; a node port, which has no address, is "*:30080". */
char *kservice_address(const struct in6_addr *addr, uint16_t port);
/* Joined by commas, "<none>" if there are none; the caller frees it. */
char *kservice_frontends(const struct ipsvc_kservice *svc);
/* The same; of more than @max "a,b,c + 2 more..." as kubectl has it. 0: all. */
char *kservice_endpoints(const struct ipsvc_kservice *svc, size_t max);

/* "10.0.0.0/8,!10.1.0.0/16": what is denied has the mark. */
char *kservice_ranges(const struct ipsvc_kservice *svc);

/* Null for none. */
json_t *kservice_json_address(const struct in6_addr *addr);
json_t *kservice_json_frontends(const struct ipsvc_kservice *svc);
json_t *kservice_json_endpoints(const struct ipsvc_kservice *svc);
json_t *kservice_json_ranges(const struct ipsvc_kservice *svc);

#endif
