// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "cluster/alloc.h"
#include "impl.h"
#include "keep.h"
#include "records.h"

/* NULL, or what is wrong with @cfg; the caller frees it. */
static char *refusal(const struct ipsvc_cluster_config *cfg)
{
	struct ipsvc_cidrs cidrs;
	const char *why;

	if (!ipsvc_alloc_cidrs_parse(cfg->service_cidr, &cidrs, &why))
		return xasprintf("service-cidr: Invalid value: \"%s\": %s",
				 cfg->service_cidr, why);
	if (cfg->node_port_min < 1 || cfg->node_port_max > 65535 ||
	    cfg->node_port_min > cfg->node_port_max)
		return xasprintf("node-port-range: Invalid value: \"%d-%d\": must be two ports between 1 and 65535, the lower one first",
				 cfg->node_port_min, cfg->node_port_max);
	return NULL;
}

/* The caller frees it. */
static char *encode(const struct ipsvc_cluster_config *cfg)
{
	json_t *value = json_pack("{s:s, s:i, s:i}", "serviceCidr",
				  cfg->service_cidr, "nodePortMin",
				  cfg->node_port_min, "nodePortMax",
				  cfg->node_port_max);
	char *text = json_dumps(value, JSON_COMPACT);

	json_decref(value);
	return text;
}

static void decode(const char *text, struct ipsvc_cluster_config *cfg)
{
	json_t *value = json_loads(text, 0, NULL);

	snprintf(cfg->service_cidr, sizeof(cfg->service_cidr), "%s",
		 ipsvc_json_text(value, "serviceCidr"));
	cfg->node_port_min = (int)ipsvc_json_int(value, "nodePortMin");
	cfg->node_port_max = (int)ipsvc_json_int(value, "nodePortMax");
	json_decref(value);
}

/* @set says whether it is in the store, rather than defaults. */
static enum ipsvc_store_result read_config(struct ipsvc_txn *txn,
					   struct ipsvc_cluster_config *cfg,
					   bool *set)
{
	enum ipsvc_store_result result;
	const char *text;

	*cfg = (struct ipsvc_cluster_config){
		.service_cidr = IPSVC_DEFAULT_SERVICE_CIDR,
		.node_port_min = IPSVC_DEFAULT_NODE_PORT_MIN,
		.node_port_max = IPSVC_DEFAULT_NODE_PORT_MAX,
	};
	result = ipsvc_txn_get(txn, IPSVC_KEY_CONFIG, &text);
	*set = result == IPSVC_STORE_OK && text;
	if (*set)
		decode(text, cfg);
	return result;
}

enum ipsvc_store_result ipsvc_config_read(struct ipsvc_txn *txn,
					  struct ipsvc_cluster_config *cfg)
{
	enum ipsvc_store_result result;
	char *why;
	bool set;

	result = read_config(txn, cfg, &set);
	if (result != IPSVC_STORE_OK)
		return result;
	/* Written by something else, or by hand. */
	why = refusal(cfg);
	if (why) {
		result = ipsvc_store_fail(txn->store, "the store's configuration cannot be used: %s",
					  why);
		free(why);
	}
	return result;
}

enum ipsvc_store_result
ipsvc_store_config(struct ipsvc_store *store, struct ipsvc_cluster_config *cfg)
{
	struct ipsvc_txn txn = { .store = store };
	enum ipsvc_store_result result = ipsvc_config_read(&txn, cfg);

	ipsvc_txn_clear(&txn);
	return result;
}

/* ---- setting ------------------------------------------------------------ */

static bool same_config(const struct ipsvc_cluster_config *a,
			const struct ipsvc_cluster_config *b)
{
	return !strcmp(a->service_cidr, b->service_cidr) &&
	       a->node_port_min == b->node_port_min &&
	       a->node_port_max == b->node_port_max;
}

/* Whether all that is allocated out of @old's ranges is out of @now's too. */
static bool extends(const struct ipsvc_cluster_config *old,
		    const struct ipsvc_cluster_config *now)
{
	struct ipsvc_cidrs had, has;
	const char *why;

	if (!ipsvc_cidrs_parse(old->service_cidr, &had, &why) ||
	    !ipsvc_cidrs_parse(now->service_cidr, &has, &why) || had.n > has.n)
		return false;
	for (size_t i = 0; i < had.n; i++)
		if (had.items[i].prefix != has.items[i].prefix ||
		    ipsvc_ip_cmp(&had.items[i].net, &has.items[i].net))
			return false;
	return old->node_port_min == now->node_port_min &&
	       old->node_port_max == now->node_port_max;
}

/* What there is of claims: one of an object, else all that are kept. */
struct claims_found {
	bool any;
	struct ipsvc_claim_keys kept;	/* keys of kept records */
};

/* ipsvc_record_fn */
static bool find_claim(const struct ipsvc_record *record, void *arg)
{
	struct claims_found *found = arg;

	found->any = !ipsvc_is_kept(record->value);
	return !found->any;
}

/* ipsvc_record_fn */
static bool find_kept(const struct ipsvc_record *record, void *arg)
{
	struct claims_found *found = arg;

	found->kept.items = ipsvc_grow(found->kept.items, found->kept.n,
				       &found->kept.cap,
				       sizeof(*found->kept.items));
	found->kept.items[found->kept.n++] = xstrdup(record->key);
	return true;
}

static enum ipsvc_store_result range(struct ipsvc_store *store,
				     const char *prefix, ipsvc_record_fn *fn,
				     struct claims_found *found)
{
	char *end = ipsvc_key_end(prefix);
	enum ipsvc_store_result result;

	result = store->ops->range(store, prefix, end, fn, found, NULL);
	free(end);
	return result;
}

/* What is kept may not be of other ranges: it is given up. */
static enum ipsvc_store_result give_up_kept(struct ipsvc_store *store,
					    struct claims_found *found)
{
	enum ipsvc_store_result result;
	struct ipsvc_txn txn = { .store = store };

	result = range(store, IPSVC_KEY_KEPT, find_kept, found);
	for (size_t i = 0; i < found->kept.n && result == IPSVC_STORE_OK; i++) {
		txn.part = i + 1;
		result = ipsvc_keep_lose(&txn, found->kept.items[i]);
	}
	if (result == IPSVC_STORE_OK)
		result = ipsvc_txn_commit(&txn);
	ipsvc_txn_clear(&txn);
	return result;
}

/* If nothing is claimed, and @txn's configuration is still that of the store. */
static enum ipsvc_store_result put_config(struct ipsvc_txn *txn,
					  const struct ipsvc_cluster_config *cfg,
					  bool unclaimed)
{
	const struct ipsvc_compare compares[] = {
		{ IPSVC_KEY_CONFIG, ipsvc_txn_revision(txn, IPSVC_KEY_CONFIG), NULL },
		{ IPSVC_KEY_IPS, 0, "ips0" }, { IPSVC_KEY_PORTS, 0, "ports0" },
	};
	char *text = encode(cfg);
	const struct ipsvc_put put = { IPSVC_KEY_CONFIG, text, 0 };
	const struct ipsvc_commit commit = {
		compares, unclaimed ? 3 : 1, &put, 1,
	};
	enum ipsvc_store_result result;
	int64_t revision;

	result = txn->store->ops->commit(txn->store, &commit, &revision);
	free(text);
	return result;
}

/* Whether the configuration may become another one, and what there is of it. */
struct change {
	bool same, extended;
	bool refused;
	struct claims_found found;
};

/* CONFLICT, with a message, when it may not. */
static enum ipsvc_store_result judge(struct ipsvc_txn *txn,
				     const struct ipsvc_cluster_config *cfg,
				     struct change *c)
{
	struct ipsvc_store *store = txn->store;
	struct ipsvc_cluster_config old;
	enum ipsvc_store_result result;
	bool set;

	*c = (struct change){0};
	result = read_config(txn, &old, &set);
	if (result != IPSVC_STORE_OK)
		return result;
	c->same = set && same_config(&old, cfg);
	c->extended = extends(&old, cfg);
	if (!c->extended)
		result = range(store, IPSVC_KEY_IPS, find_claim, &c->found);
	if (!c->extended && result == IPSVC_STORE_OK && !c->found.any)
		result = range(store, IPSVC_KEY_PORTS, find_claim, &c->found);
	c->refused = result == IPSVC_STORE_OK && c->found.any;
	if (!c->refused)
		return result;
	ipsvc_store_say(store, "services already have addresses or ports out of %s and %d-%d: delete them before changing these ranges to %s and %d-%d",
			old.service_cidr, old.node_port_min, old.node_port_max,
			cfg->service_cidr, cfg->node_port_min,
			cfg->node_port_max);
	return IPSVC_STORE_CONFLICT;
}

/* CONFLICT without @refused: somebody else was faster. */
static enum ipsvc_store_result change_config(struct ipsvc_txn *txn,
					     const struct ipsvc_cluster_config *cfg,
					     bool *refused)
{
	struct ipsvc_store *store = txn->store;
	struct change c;
	enum ipsvc_store_result result = judge(txn, cfg, &c);

	*refused = c.refused;
	if (result != IPSVC_STORE_OK || c.same)
		return result;
	if (store->readonly)
		return ipsvc_store_fail(store, IPSVC_STORE_READONLY);
	if (!c.extended)
		result = give_up_kept(store, &c.found);
	ipsvc_claim_keys_free(&c.found.kept);
	return result == IPSVC_STORE_OK ? put_config(txn, cfg, !c.extended) :
					  result;
}

static enum ipsvc_store_result check_config(struct ipsvc_store *store,
					    const struct ipsvc_cluster_config *cfg)
{
	char *why = refusal(cfg);

	if (!why)
		return IPSVC_STORE_OK;
	ipsvc_store_say(store, "%s", why);
	free(why);
	return IPSVC_STORE_INVALID;
}

enum ipsvc_store_result ipsvc_config_put(struct ipsvc_txn *txn,
					 const struct ipsvc_cluster_config *cfg)
{
	enum ipsvc_store_result result = check_config(txn->store, cfg);
	struct change c;
	char *text;

	if (result == IPSVC_STORE_OK)
		result = judge(txn, cfg, &c);
	if (result != IPSVC_STORE_OK)
		return result;
	text = encode(cfg);
	result = ipsvc_txn_put(txn, IPSVC_KEY_CONFIG, text, 0);
	free(text);
	return result;
}

enum ipsvc_store_result
ipsvc_store_set_config(struct ipsvc_store *store,
		       const struct ipsvc_cluster_config *cfg)
{
	enum ipsvc_store_result result = check_config(store, cfg);
	struct ipsvc_txn txn = { .store = store };
	bool refused = false;

	if (result != IPSVC_STORE_OK)
		return result;
	result = IPSVC_STORE_CONFLICT;
	for (int i = 0; result == IPSVC_STORE_CONFLICT && !refused &&
	     i < IPSVC_STORE_ATTEMPTS; i++) {
		ipsvc_txn_clear(&txn);
		result = change_config(&txn, cfg, &refused);
	}
	ipsvc_txn_clear(&txn);
	return result == IPSVC_STORE_CONFLICT && !refused ?
	       ipsvc_store_fail(store, IPSVC_STORE_RESTLESS) : result;
}
