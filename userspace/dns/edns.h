/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OPT records (RFC 6891), as they are written. */
#ifndef IPSVC_DNS_EDNS_H
#define IPSVC_DNS_EDNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes a record without options at @start; returns where the first one goes. */
uint8_t *dns_opt_begin(uint8_t *start, uint16_t udp_size, bool dnssec_ok);
/* Writes an option at @p; returns where the next one goes. */
uint8_t *dns_opt_put(uint8_t *p, uint16_t code, const void *data, size_t len);
/* The options of the record at @start end at @end: its length is theirs. */
void dns_opt_end(uint8_t *start, const uint8_t *end);

#endif
