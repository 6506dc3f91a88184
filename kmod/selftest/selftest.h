/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Self tests of a debug build: they run when the module is loaded, and loading
 * fails when one of them does. Each is included at the end of the file it tests.
 */
#ifndef IPSVC_SELFTEST_H
#define IPSVC_SELFTEST_H

#include <linux/init.h>
#include <linux/printk.h>
#include <linux/types.h>

#ifdef DEBUG
bool ipsvc_affinity_selftest(void);
bool ipsvc_frontend_selftest(void);
bool ipsvc_flow_selftest(void);
bool ipsvc_nat_selftest(void);
bool ipsvc_parse_selftest(void);
bool ipsvc_proto_selftest(void);
bool ipsvc_ranges_selftest(void);
bool ipsvc_sched_selftest(void);
bool ipsvc_sched_hash_selftest(void);
bool ipsvc_sctp_selftest(void);

static inline bool __init ipsvc_selftest(void)
{
	bool ok = ipsvc_frontend_selftest();

	ok &= ipsvc_affinity_selftest();
	ok &= ipsvc_flow_selftest();
	ok &= ipsvc_nat_selftest();
	ok &= ipsvc_parse_selftest();
	ok &= ipsvc_proto_selftest();
	ok &= ipsvc_ranges_selftest();
	ok &= ipsvc_sched_selftest();
	ok &= ipsvc_sched_hash_selftest();
	ok &= ipsvc_sctp_selftest();
	return ok;
}
#else
static inline bool __init ipsvc_selftest(void)
{
	return true;
}
#endif

#endif /* IPSVC_SELFTEST_H */
