// SPDX-License-Identifier: GPL-2.0-or-later
#include "stats.h"

#include <libknot/consts.h>
#include <libknot/descriptor.h>

static const struct {
	uint16_t type;
	const char *name;
} types[STATS_TYPES - 1] = {
	{ KNOT_RRTYPE_A, "A" }, { KNOT_RRTYPE_AAAA, "AAAA" },
	{ KNOT_RRTYPE_SRV, "SRV" }, { KNOT_RRTYPE_PTR, "PTR" },
	{ KNOT_RRTYPE_CNAME, "CNAME" }, { KNOT_RRTYPE_TXT, "TXT" },
	{ KNOT_RRTYPE_SOA, "SOA" }, { KNOT_RRTYPE_NS, "NS" },
	{ KNOT_RRTYPE_HTTPS, "HTTPS" }, { KNOT_RRTYPE_ANY, "ANY" },
};

static const char *const rcodes[STATS_RCODES - 1] = {
	"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
};

static size_t type_index(uint16_t type)
{
	size_t i = 0;

	while (i < STATS_TYPES - 1 && types[i].type != type)
		i++;
	return i;
}

void stats_answer(struct stats *stats, const struct dns_response *response)
{
	unsigned int rcode = response->rcode;

	if (response->query.question)
		stats_add(&stats->type[type_index(response->query.type)], 1);
	stats_add(&stats->rcode[rcode < STATS_RCODES ? rcode :
				STATS_RCODES - 1], 1);
	if (response->truncated)
		stats_add(&stats->truncated, 1);
}

static size_t bucket_of(uint64_t us)
{
	size_t bucket = 0;

	while (bucket < STATS_BUCKETS - 1 && us > UINT64_C(1) << bucket)
		bucket++;
	return bucket;
}

void stats_latency(struct stats *stats, uint64_t us, uint64_t n)
{
	stats_add(&stats->latency[bucket_of(us)], n);
	stats_add(&stats->latency_us, us * n);
}

void stats_upstream(struct stats *stats, uint64_t us)
{
	stats_add(&stats->upstream[bucket_of(us)], 1);
	stats_add(&stats->upstream_us, us);
}

/* The counter at @offset, over all. */
static json_int_t sum(const struct stats *const *stats, size_t n, size_t offset)
{
	uint64_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += atomic_load_explicit(
			(const stats_counter *)((const char *)stats[i] + offset),
			memory_order_relaxed);
	return (json_int_t)total;
}

#define SUM(member) sum(stats, n, offsetof(struct stats, member))

static json_t *types_document(const struct stats *const *stats, size_t n)
{
	json_t *doc = json_object();

	for (size_t i = 0; i < STATS_TYPES; i++)
		json_object_set_new(doc, i < STATS_TYPES - 1 ? types[i].name :
				    "other", json_integer(SUM(type[i])));
	return doc;
}

static json_t *rcodes_document(const struct stats *const *stats, size_t n)
{
	json_t *doc = json_object();

	for (size_t i = 0; i < STATS_RCODES; i++)
		json_object_set_new(doc, i < STATS_RCODES - 1 ? rcodes[i] :
				    "other", json_integer(SUM(rcode[i])));
	return doc;
}

/* Of the buckets at @offset, whose sum is at @total. */
static json_t *latency_document(const struct stats *const *stats, size_t n,
				size_t offset, size_t total)
{
	json_t *buckets = json_array();

	for (size_t i = 0; i < STATS_BUCKETS; i++)
		json_array_append_new(buckets, json_integer(
			sum(stats, n, offset + i * sizeof(stats_counter))));
	return json_pack("{s:o, s:I}", "buckets", buckets, "sumUs",
			 sum(stats, n, total));
}

#define STATS_PACK(name) \
	json_object_set_new(doc, #name, json_integer(SUM(name)));

json_t *stats_document(const struct stats *const *stats, size_t n)
{
	json_t *doc = json_object();

	STATS_COUNTERS(STATS_PACK)
	json_object_set_new(doc, "types", types_document(stats, n));
	json_object_set_new(doc, "rcodes", rcodes_document(stats, n));
	json_object_set_new(doc, "latency", latency_document(stats, n,
			    offsetof(struct stats, latency),
			    offsetof(struct stats, latency_us)));
	json_object_set_new(doc, "upstreamLatency", latency_document(stats, n,
			    offsetof(struct stats, upstream),
			    offsetof(struct stats, upstream_us)));
	return doc;
}
