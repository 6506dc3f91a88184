/* SPDX-License-Identifier: GPL-2.0 */
/* What the data path asks the kernel's routing, in both families. */
#ifndef IPSVC_ROUTE_H
#define IPSVC_ROUTE_H

#include <linux/types.h>

#include "tuple.h"

struct ipsvc_ctx;
struct net;
struct net_device;

bool ipsvc_is_local(struct net *net, const union ipsvc_addr *addr, u8 family);
int ipsvc_route_again(const struct ipsvc_ctx *ctx);

/**
 * struct ipsvc_path - the way to an endpoint
 * @source: the address of this host that a socket would have
 * @is_local: the endpoint is on this host
 * @ifindex: of the link that packets leave by
 */
struct ipsvc_path {
	union ipsvc_addr source;
	bool is_local;
	int ifindex;
};

int ipsvc_route_to(const struct ipsvc_ctx *ctx, const union ipsvc_addr *addr,
		   __be16 port, struct ipsvc_path *path);
bool ipsvc_route_source(const struct ipsvc_ctx *ctx,
			const union ipsvc_addr *addr,
			union ipsvc_addr *source);

#endif /* IPSVC_ROUTE_H */
