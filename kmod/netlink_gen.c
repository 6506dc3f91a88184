// SPDX-License-Identifier: GPL-2.0
#include <linux/ipsvc.h>

#include "netlink_gen.h"

/* Common nested types */
static const struct nla_policy endpoint_nl_policy[IPSVC_A_ENDPOINT_FLOWS_MAX + 1] = {
	[IPSVC_A_ENDPOINT_ADDRESS] = NLA_POLICY_EXACT_LEN(16),
	[IPSVC_A_ENDPOINT_PORT] = NLA_POLICY_MIN(NLA_BE16, 1),
	[IPSVC_A_ENDPOINT_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x3),
	[IPSVC_A_ENDPOINT_WEIGHT] = { .type = NLA_U16 },
	[IPSVC_A_ENDPOINT_FLOWS_MAX] = { .type = NLA_U32 },
};

static const struct nla_policy endpoints_nl_policy[IPSVC_A_ENDPOINT + 1] = {
	[IPSVC_A_ENDPOINT] = NLA_POLICY_NESTED(endpoint_nl_policy),
};

static const struct nla_policy frontend_nl_policy[IPSVC_A_FRONTEND_FLAGS + 1] = {
	[IPSVC_A_FRONTEND_CLASS] = NLA_POLICY_RANGE(NLA_U8, 1, 4),
	[IPSVC_A_FRONTEND_ADDRESS] = NLA_POLICY_EXACT_LEN(16),
	[IPSVC_A_FRONTEND_PORT] = NLA_POLICY_MIN(NLA_BE16, 1),
	[IPSVC_A_FRONTEND_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x7),
};

static const struct nla_policy frontends_nl_policy[IPSVC_A_FRONTEND + 1] = {
	[IPSVC_A_FRONTEND] = NLA_POLICY_NESTED(frontend_nl_policy),
};

static const struct nla_policy range_nl_policy[IPSVC_A_RANGE_FLAGS + 1] = {
	[IPSVC_A_RANGE_ADDRESS] = NLA_POLICY_EXACT_LEN(16),
	[IPSVC_A_RANGE_PREFIX] = NLA_POLICY_MAX(NLA_U8, 128),
	[IPSVC_A_RANGE_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x1),
};

static const struct nla_policy ranges_nl_policy[IPSVC_A_RANGE + 1] = {
	[IPSVC_A_RANGE] = NLA_POLICY_NESTED(range_nl_policy),
};

static const struct nla_policy service_nl_policy[IPSVC_A_SERVICE_RANGES + 1] = {
	[IPSVC_A_SERVICE_NAME] = {
		.type = NLA_NUL_STRING,
		.len = IPSVC_SERVICE_NAME_MAX,
	},
	[IPSVC_A_SERVICE_FAMILY] = NLA_POLICY_RANGE(NLA_U8, 2, 10),
	[IPSVC_A_SERVICE_PROTOCOL] = NLA_POLICY_RANGE(NLA_U8, 6, 132),
	[IPSVC_A_SERVICE_FRONTENDS] = NLA_POLICY_NESTED(frontends_nl_policy),
	[IPSVC_A_SERVICE_ENDPOINTS] = NLA_POLICY_NESTED(endpoints_nl_policy),
	[IPSVC_A_SERVICE_SCHEDULER] = NLA_POLICY_MAX(NLA_U8, 7),
	[IPSVC_A_SERVICE_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x3),
	[IPSVC_A_SERVICE_HASH_KEY] = NLA_POLICY_EXACT_LEN(16),
	[IPSVC_A_SERVICE_HASH_SIZE] = { .type = NLA_U32 },
	[IPSVC_A_SERVICE_AFFINITY_TIMEOUT] = { .type = NLA_U32 },
	[IPSVC_A_SERVICE_AFFINITY_PREFIX] = NLA_POLICY_MAX(NLA_U8, 128),
	[IPSVC_A_SERVICE_RANGES] = NLA_POLICY_NESTED(ranges_nl_policy),
};

static const struct nla_policy service_key_nl_policy[IPSVC_A_SERVICE_FAMILY + 1] = {
	[IPSVC_A_SERVICE_NAME] = {
		.type = NLA_NUL_STRING,
		.len = IPSVC_SERVICE_NAME_MAX,
	},
	[IPSVC_A_SERVICE_FAMILY] = NLA_POLICY_RANGE(NLA_U8, 2, 10),
};

static const struct nla_policy service_part_nl_policy[IPSVC_A_SERVICE_ENDPOINTS + 1] = {
	[IPSVC_A_SERVICE_NAME] = {
		.type = NLA_NUL_STRING,
		.len = IPSVC_SERVICE_NAME_MAX,
	},
	[IPSVC_A_SERVICE_FAMILY] = NLA_POLICY_RANGE(NLA_U8, 2, 10),
	[IPSVC_A_SERVICE_ENDPOINTS] = NLA_POLICY_NESTED(endpoints_nl_policy),
};

static const struct nla_policy flow_filter_nl_policy[IPSVC_A_FLOW_STATE + 1] = {
	[IPSVC_A_FLOW_SERVICE] = {
		.type = NLA_NUL_STRING,
		.len = IPSVC_SERVICE_NAME_MAX,
	},
	[IPSVC_A_FLOW_FAMILY] = NLA_POLICY_RANGE(NLA_U8, 2, 10),
	[IPSVC_A_FLOW_PROTOCOL] = NLA_POLICY_RANGE(NLA_U8, 6, 132),
	[IPSVC_A_FLOW_CLIENT] = NLA_POLICY_EXACT_LEN(16),
	[IPSVC_A_FLOW_CLIENT_PORT] = { .type = NLA_BE16 },
	[IPSVC_A_FLOW_FRONTEND] = NLA_POLICY_EXACT_LEN(16),
	[IPSVC_A_FLOW_FRONTEND_PORT] = { .type = NLA_BE16 },
	[IPSVC_A_FLOW_ENDPOINT] = NLA_POLICY_EXACT_LEN(16),
	[IPSVC_A_FLOW_ENDPOINT_PORT] = { .type = NLA_BE16 },
	[IPSVC_A_FLOW_MASQUERADE] = NLA_POLICY_EXACT_LEN(16),
	[IPSVC_A_FLOW_MASQUERADE_PORT] = { .type = NLA_BE16 },
	[IPSVC_A_FLOW_STATE] = NLA_POLICY_RANGE(NLA_U8, 1, 6),
};

static const struct nla_policy affinity_nl_policy[IPSVC_A_AFFINITY_EXPIRES + 1] = {
	[IPSVC_A_AFFINITY_SERVICE] = {
		.type = NLA_NUL_STRING,
		.len = IPSVC_SERVICE_NAME_MAX,
	},
	[IPSVC_A_AFFINITY_FAMILY] = NLA_POLICY_RANGE(NLA_U8, 2, 10),
	[IPSVC_A_AFFINITY_CLIENT] = NLA_POLICY_EXACT_LEN(16),
	[IPSVC_A_AFFINITY_ENDPOINT] = NLA_POLICY_EXACT_LEN(16),
	[IPSVC_A_AFFINITY_ENDPOINT_PORT] = NLA_POLICY_MIN(NLA_BE16, 1),
	[IPSVC_A_AFFINITY_EXPIRES] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy affinity_filter_nl_policy[IPSVC_A_AFFINITY_CLIENT + 1] = {
	[IPSVC_A_AFFINITY_SERVICE] = {
		.type = NLA_NUL_STRING,
		.len = IPSVC_SERVICE_NAME_MAX,
	},
	[IPSVC_A_AFFINITY_FAMILY] = NLA_POLICY_RANGE(NLA_U8, 2, 10),
	[IPSVC_A_AFFINITY_CLIENT] = NLA_POLICY_EXACT_LEN(16),
};

static const struct nla_policy explain_query_nl_policy[IPSVC_A_EXPLAIN_MARK + 1] = {
	[IPSVC_A_EXPLAIN_FAMILY] = NLA_POLICY_RANGE(NLA_U8, 2, 10),
	[IPSVC_A_EXPLAIN_PROTOCOL] = NLA_POLICY_RANGE(NLA_U8, 6, 132),
	[IPSVC_A_EXPLAIN_SOURCE] = NLA_POLICY_EXACT_LEN(16),
	[IPSVC_A_EXPLAIN_SOURCE_PORT] = { .type = NLA_BE16 },
	[IPSVC_A_EXPLAIN_DESTINATION] = NLA_POLICY_EXACT_LEN(16),
	[IPSVC_A_EXPLAIN_DESTINATION_PORT] = NLA_POLICY_MIN(NLA_BE16, 1),
	[IPSVC_A_EXPLAIN_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[IPSVC_A_EXPLAIN_MARK] = { .type = NLA_U32 },
};

static const struct nla_policy instance_nl_policy[IPSVC_A_INSTANCE_CLUSTER_LINK + 1] = {
	[IPSVC_A_INSTANCE_CLUSTER_ADDRESS] = NLA_POLICY_EXACT_LEN(16),
	[IPSVC_A_INSTANCE_CLUSTER_PREFIX] = NLA_POLICY_MAX(NLA_U8, 32),
	[IPSVC_A_INSTANCE_CLUSTER6_ADDRESS] = NLA_POLICY_EXACT_LEN(16),
	[IPSVC_A_INSTANCE_CLUSTER6_PREFIX] = NLA_POLICY_MAX(NLA_U8, 128),
	[IPSVC_A_INSTANCE_CLUSTER_LINK] = {
		.type = NLA_NUL_STRING,
		.len = IPSVC_LINK_NAME_MAX,
	},
};

/* IPSVC_CMD_SERVICE_GET */
static const struct nla_policy service_get_nl_policy[IPSVC_A_SERVICE + 1] = {
	[IPSVC_A_SERVICE] = NLA_POLICY_NESTED(service_key_nl_policy),
};

/* IPSVC_CMD_SERVICE_PUT */
static const struct nla_policy service_put_nl_policy[IPSVC_A_CONDITION + 1] = {
	[IPSVC_A_SERVICE] = NLA_POLICY_NESTED(service_nl_policy),
	[IPSVC_A_TXN] = NLA_POLICY_MIN(NLA_U32, 1),
	[IPSVC_A_CONDITION] = NLA_POLICY_RANGE(NLA_U8, 1, 2),
};

/* IPSVC_CMD_SERVICE_DEL */
static const struct nla_policy service_del_nl_policy[IPSVC_A_TXN + 1] = {
	[IPSVC_A_SERVICE] = NLA_POLICY_NESTED(service_key_nl_policy),
	[IPSVC_A_TXN] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* IPSVC_CMD_SERVICE_APPEND */
static const struct nla_policy service_append_nl_policy[IPSVC_A_TXN + 1] = {
	[IPSVC_A_SERVICE] = NLA_POLICY_NESTED(service_part_nl_policy),
	[IPSVC_A_TXN] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* IPSVC_CMD_TXN_BEGIN */
static const struct nla_policy txn_begin_nl_policy[IPSVC_A_GENERATION + 1] = {
	[IPSVC_A_GENERATION] = { .type = NLA_U32 },
};

/* IPSVC_CMD_TXN_COMMIT, IPSVC_CMD_TXN_ABORT */
static const struct nla_policy txn_end_nl_policy[IPSVC_A_TXN + 1] = {
	[IPSVC_A_TXN] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* IPSVC_CMD_FLOW_GET, IPSVC_CMD_FLOW_DEL */
static const struct nla_policy flow_filtered_nl_policy[IPSVC_A_FLOW + 1] = {
	[IPSVC_A_FLOW] = NLA_POLICY_NESTED(flow_filter_nl_policy),
};

/* IPSVC_CMD_INSTANCE_SET */
static const struct nla_policy instance_set_nl_policy[IPSVC_A_INSTANCE + 1] = {
	[IPSVC_A_INSTANCE] = NLA_POLICY_NESTED(instance_nl_policy),
};

/* IPSVC_CMD_AFFINITY_GET, IPSVC_CMD_AFFINITY_DEL */
static const struct nla_policy affinity_filtered_nl_policy[IPSVC_A_AFFINITY + 1] = {
	[IPSVC_A_AFFINITY] = NLA_POLICY_NESTED(affinity_filter_nl_policy),
};

/* IPSVC_CMD_AFFINITY_PUT */
static const struct nla_policy affinity_put_nl_policy[IPSVC_A_AFFINITY + 1] = {
	[IPSVC_A_AFFINITY] = NLA_POLICY_NESTED(affinity_nl_policy),
};

/* IPSVC_CMD_EXPLAIN */
static const struct nla_policy explain_nl_policy[IPSVC_A_EXPLAIN + 1] = {
	[IPSVC_A_EXPLAIN] = NLA_POLICY_NESTED(explain_query_nl_policy),
};

/* IPSVC_CMD_INSTANCE_GET, IPSVC_CMD_STATS_GET: no attributes */
static const struct nla_policy none_nl_policy[IPSVC_A_SERVICE + 1] = {
	[IPSVC_A_SERVICE] = { .type = NLA_REJECT },
};

/* Ops table for ipsvc */
static const struct genl_ops ipsvc_nl_ops[] = {
	{
		.cmd		= IPSVC_CMD_INSTANCE_GET,
		.doit		= ipsvc_nl_instance_get_doit,
		.policy		= none_nl_policy,
		.maxattr	= IPSVC_A_SERVICE,
	},
	{
		.cmd		= IPSVC_CMD_SERVICE_GET,
		.doit		= ipsvc_nl_service_get_doit,
		.start		= ipsvc_nl_service_get_start,
		.dumpit		= ipsvc_nl_service_get_dumpit,
		.done		= ipsvc_nl_dump_done,
		.policy		= service_get_nl_policy,
		.maxattr	= IPSVC_A_SERVICE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= IPSVC_CMD_SERVICE_PUT,
		.doit		= ipsvc_nl_service_put_doit,
		.policy		= service_put_nl_policy,
		.maxattr	= IPSVC_A_CONDITION,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= IPSVC_CMD_SERVICE_DEL,
		.doit		= ipsvc_nl_service_del_doit,
		.policy		= service_del_nl_policy,
		.maxattr	= IPSVC_A_TXN,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= IPSVC_CMD_SERVICE_APPEND,
		.doit		= ipsvc_nl_service_append_doit,
		.policy		= service_append_nl_policy,
		.maxattr	= IPSVC_A_TXN,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= IPSVC_CMD_TXN_BEGIN,
		.doit		= ipsvc_nl_txn_begin_doit,
		.policy		= txn_begin_nl_policy,
		.maxattr	= IPSVC_A_GENERATION,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= IPSVC_CMD_TXN_COMMIT,
		.doit		= ipsvc_nl_txn_commit_doit,
		.policy		= txn_end_nl_policy,
		.maxattr	= IPSVC_A_TXN,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= IPSVC_CMD_TXN_ABORT,
		.doit		= ipsvc_nl_txn_abort_doit,
		.policy		= txn_end_nl_policy,
		.maxattr	= IPSVC_A_TXN,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= IPSVC_CMD_FLOW_GET,
		.start		= ipsvc_nl_flow_get_start,
		.dumpit		= ipsvc_nl_flow_get_dumpit,
		.done		= ipsvc_nl_dump_done,
		.policy		= flow_filtered_nl_policy,
		.maxattr	= IPSVC_A_FLOW,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= IPSVC_CMD_STATS_GET,
		.doit		= ipsvc_nl_stats_get_doit,
		.policy		= none_nl_policy,
		.maxattr	= IPSVC_A_SERVICE,
	},
	{
		.cmd		= IPSVC_CMD_INSTANCE_SET,
		.doit		= ipsvc_nl_instance_set_doit,
		.policy		= instance_set_nl_policy,
		.maxattr	= IPSVC_A_INSTANCE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= IPSVC_CMD_AFFINITY_GET,
		.start		= ipsvc_nl_affinity_get_start,
		.dumpit		= ipsvc_nl_affinity_get_dumpit,
		.done		= ipsvc_nl_dump_done,
		.policy		= affinity_filtered_nl_policy,
		.maxattr	= IPSVC_A_AFFINITY,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= IPSVC_CMD_AFFINITY_PUT,
		.doit		= ipsvc_nl_affinity_put_doit,
		.policy		= affinity_put_nl_policy,
		.maxattr	= IPSVC_A_AFFINITY,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= IPSVC_CMD_AFFINITY_DEL,
		.doit		= ipsvc_nl_affinity_del_doit,
		.policy		= affinity_filtered_nl_policy,
		.maxattr	= IPSVC_A_AFFINITY,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= IPSVC_CMD_FLOW_DEL,
		.doit		= ipsvc_nl_flow_del_doit,
		.policy		= flow_filtered_nl_policy,
		.maxattr	= IPSVC_A_FLOW,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= IPSVC_CMD_EXPLAIN,
		.doit		= ipsvc_nl_explain_doit,
		.policy		= explain_nl_policy,
		.maxattr	= IPSVC_A_EXPLAIN,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
};

static const struct genl_multicast_group ipsvc_nl_mcgrps[] = {
	[IPSVC_NLGRP_CONFIG] = {
		.name	= IPSVC_MCGRP_CONFIG,
		.flags	= GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family ipsvc_nl_family __ro_after_init = {
	.name		= IPSVC_FAMILY_NAME,
	.version	= IPSVC_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= ipsvc_nl_ops,
	.n_ops		= ARRAY_SIZE(ipsvc_nl_ops),
	.resv_start_op	= 0,
	.mcgrps		= ipsvc_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(ipsvc_nl_mcgrps),
};
