/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions over UDP, many at a time. */
#ifndef IPSVC_DNSD_UDP_H
#define IPSVC_DNSD_UDP_H

#include "worker.h"

struct udp_batch *udp_batch_new(void);
void udp_batch_free(struct udp_batch *batch);
/* Of a listener's socket. */
void udp_ready(struct io *io, uint32_t events);

#endif
