/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of ports, as sysctls and options write them. Pure. */
#ifndef IPSVC_CLI_PORT_SET_H
#define IPSVC_CLI_PORT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PORT_MAX	65535

/* The empty set is {0}. */
struct port_set {
	uint64_t bits[(PORT_MAX + 1) / 64];
};

/* Ports above PORT_MAX are left out. */
void port_set_add(struct port_set *set, unsigned int min, unsigned int max);
/*
 * Adds what @text names: "80,30000-32767" and, as ip_local_port_range has it,
 * "32768 60999". False when it is neither, with @set as far as it was read.
 */
bool port_set_parse(struct port_set *set, const char *text);
/* What is in @set and in @other; what is in @set and not in @other. */
void port_set_intersect(struct port_set *set, const struct port_set *other);
void port_set_subtract(struct port_set *set, const struct port_set *other);
void port_set_union(struct port_set *set, const struct port_set *other);
size_t port_set_count(const struct port_set *set);
/* "80,30000-32767", "" when empty; the caller frees it. */
char *port_set_print(const struct port_set *set);

#endif
