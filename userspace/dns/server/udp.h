/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions over UDP, many at a time. */
#ifndef IPSVC_DNSD_UDP_H
#define IPSVC_DNSD_UDP_H

#include "forward.h"

struct udp_batch *udp_batch_new(void);
void udp_batch_free(struct udp_batch *batch);
/* An answer that comes later. */
void udp_reply(const struct reply_to *to, const uint8_t *data, size_t len);
/* Of a listener's socket. */
void udp_ready(struct io *io, uint32_t events);

#endif
