/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IP families of a cluster. */
#ifndef IPSVC_FAMILIES_H
#define IPSVC_FAMILIES_H

#include <stddef.h>

/* One or two; also of a Service: its ipFamilies, clusterIPs. */
#define IPSVC_FAMILIES_MAX	2

/*
 * Those of which there are ClusterIPs, the main one first: "IPv4", "IPv6". Where
 * NULL is passed they are not known, and nothing is refused because of them.
 */
struct ipsvc_families {
	const char *names[IPSVC_FAMILIES_MAX];
	size_t n;
};

#endif
