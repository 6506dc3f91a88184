/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where servers are: an address and a port. */
#ifndef IPSVC_DNS_ADDRESS_H
#define IPSVC_DNS_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Reads "10.0.0.1", "10.0.0.1:53", "fd00::1", "[fd00::1]" or "[fd00::1]:53"; @port
 * where there is none. False for anything else.
 */
bool dns_address_parse(const char *text, uint16_t port,
		       struct sockaddr_storage *to);
/* The address, mapped when it is an IPv4 one. */
struct in6_addr dns_address_ip(const struct sockaddr_storage *from);
/* The port in the byte order of the host. */
uint16_t dns_address_port(const struct sockaddr_storage *from);
/* What bind() and connect() want to know. */
socklen_t dns_address_size(const struct sockaddr_storage *from);

#endif
