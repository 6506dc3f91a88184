// SPDX-License-Identifier: GPL-2.0-or-later
#include "txn.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- parts -------------------------------------------------------------- */

static size_t part_of(const struct ipsvc_txn *txn, size_t part)
{
	while (txn->joined[part] != part)
		part = txn->joined[part];
	return part;
}

/* Makes room for the parts up to @part. */
static void know_part(struct ipsvc_txn *txn, size_t part)
{
	size_t n = txn->njoined;

	if (part < n)
		return;
	txn->njoined = 2 * (part + 1);
	txn->joined = xreallocarray(txn->joined, txn->njoined,
				    sizeof(*txn->joined));
	txn->committed = xreallocarray(txn->committed, txn->njoined,
				       sizeof(*txn->committed));
	for (; n < txn->njoined; n++) {
		txn->joined[n] = n;
		txn->committed[n] = 0;
	}
}

/* The earlier part stays, so that parts are committed in their order. */
static void join(struct ipsvc_txn *txn, size_t a, size_t b)
{
	a = part_of(txn, a);
	b = part_of(txn, b);
	txn->joined[a > b ? a : b] = a < b ? a : b;
}

/* ---- reading and writing ------------------------------------------------ */

static int cmp_entries(const void *a, const void *b)
{
	return strcmp(((const struct ipsvc_txn_entry *)a)->key,
		      ((const struct ipsvc_txn_entry *)b)->key);
}

static struct ipsvc_txn_entry *find(const struct ipsvc_txn *txn,
				    const char *key)
{
	const struct ipsvc_txn_entry wanted = { .key = (char *)key };
	struct ipsvc_txn_entry **node = tfind(&wanted, &txn->tree, cmp_entries);

	return node ? *node : NULL;
}

static struct ipsvc_txn_entry *add(struct ipsvc_txn *txn, const char *key,
				   char *value, int64_t revision)
{
	struct ipsvc_txn_entry *e = xcalloc(1, sizeof(*e));

	e->key = xstrdup(key);
	e->was = value;
	e->revision = revision;
	e->value = value ? xstrdup(value) : NULL;
	e->part = txn->part;
	if (!tsearch(e, &txn->tree, cmp_entries))
		ipsvc_out_of_memory();
	txn->entries = ipsvc_grow(txn->entries, txn->n, &txn->cap,
				  sizeof(struct ipsvc_txn_entry *));
	txn->entries[txn->n++] = e;
	return e;
}

/* The entry of @key, read when it is asked for first. */
static enum ipsvc_store_result touch(struct ipsvc_txn *txn, const char *key,
				     struct ipsvc_txn_entry **entry)
{
	enum ipsvc_store_result result;
	int64_t revision;
	char *value;

	know_part(txn, txn->part);
	*entry = find(txn, key);
	if (*entry) {
		if (txn->part && (*entry)->part)
			join(txn, txn->part, (*entry)->part);
		return IPSVC_STORE_OK;
	}
	result = txn->store->ops->get(txn->store, key, &value, &revision);
	if (result != IPSVC_STORE_OK && result != IPSVC_STORE_NOT_FOUND)
		return result;
	*entry = add(txn, key, value, revision);
	return IPSVC_STORE_OK;
}

enum ipsvc_store_result ipsvc_txn_get(struct ipsvc_txn *txn, const char *key,
				      const char **value)
{
	struct ipsvc_txn_entry *e;
	enum ipsvc_store_result result = touch(txn, key, &e);

	if (result == IPSVC_STORE_OK)
		*value = e->value;
	return result;
}

int64_t ipsvc_txn_revision(const struct ipsvc_txn *txn, const char *key)
{
	const struct ipsvc_txn_entry *e = find(txn, key);

	return e ? e->revision : 0;
}

size_t ipsvc_txn_part(const struct ipsvc_txn *txn, const char *key)
{
	const struct ipsvc_txn_entry *e = find(txn, key);

	return e ? e->part : 0;
}

enum ipsvc_store_result ipsvc_txn_put(struct ipsvc_txn *txn, const char *key,
				      const char *value, int64_t ttl)
{
	struct ipsvc_txn_entry *e;
	enum ipsvc_store_result result = touch(txn, key, &e);

	if (result != IPSVC_STORE_OK)
		return result;
	free(e->value);
	e->value = value ? xstrdup(value) : NULL;
	e->ttl = ttl;
	return IPSVC_STORE_OK;
}

const char *ipsvc_txn_look(const struct ipsvc_txn *txn,
			   const struct ipsvc_record *record)
{
	const struct ipsvc_txn_entry *e = find(txn, record->key);

	return e ? e->value : record->value;
}

const char *ipsvc_txn_known(const struct ipsvc_txn *txn, const char *key)
{
	const struct ipsvc_txn_entry *e = find(txn, key);

	return e ? e->value : NULL;
}

/* ---- committing --------------------------------------------------------- */

static bool is_changed(const struct ipsvc_txn_entry *e)
{
	if (!e->was || !e->value)
		return e->was || e->value;
	return strcmp(e->was, e->value) != 0;
}

/* What goes into one commit: parts, and the records of part 0. */
struct chunk {
	struct ipsvc_compare *compares;
	struct ipsvc_put *puts;
	size_t ncompares, nputs;
};

static void add_entry(struct chunk *c, const struct ipsvc_txn_entry *e)
{
	c->compares[c->ncompares++] = (struct ipsvc_compare){
		.key = e->key, .revision = e->revision,
	};
	if (is_changed(e))
		c->puts[c->nputs++] = (struct ipsvc_put){
			e->key, e->value, e->ttl,
		};
}

/* By part; those that are one count as the first of them. */
struct part_size {
	size_t compares, puts;
	size_t chunk;		/* that it is in, counted from 1; 0: none */
};

static struct part_size *measure(const struct ipsvc_txn *txn, bool *changes)
{
	struct part_size *sizes = xcalloc(txn->njoined, sizeof(*sizes));

	*changes = false;
	for (size_t i = 0; i < txn->n; i++) {
		const struct ipsvc_txn_entry *e = txn->entries[i];
		struct part_size *size = &sizes[part_of(txn, e->part)];

		size->compares++;
		size->puts += is_changed(e);
		*changes |= is_changed(e);
	}
	return sizes;
}

/* Distributes the parts; returns how many chunks there are, or 0: it cannot be. */
static size_t distribute(const struct ipsvc_txn *txn, struct part_size *sizes)
{
	size_t max = txn->store->ops->commit_max, chunk = 0, compares = 0, puts = 0;

	if (!max)
		max = SIZE_MAX;
	for (size_t p = 1; p < txn->njoined; p++) {
		struct part_size *s = &sizes[p];

		if (!s->puts)
			continue;
		if (!chunk || compares + s->compares > max ||
		    puts + s->puts > max) {
			chunk++;
			compares = sizes[0].compares;
			puts = 0;
		}
		compares += s->compares;
		puts += s->puts;
		if (compares > max || puts > max)
			return 0;
		s->chunk = chunk;
	}
	return chunk;
}

static void note_committed(struct ipsvc_txn *txn, const struct part_size *sizes,
			   size_t chunk, int64_t revision)
{
	for (size_t p = 1; p < txn->njoined; p++)
		if (sizes[part_of(txn, p)].chunk == chunk)
			txn->committed[p] = revision;
}

static enum ipsvc_store_result commit_chunk(struct ipsvc_txn *txn,
					    const struct part_size *sizes,
					    size_t chunk, struct chunk *c)
{
	struct ipsvc_commit commit;
	enum ipsvc_store_result result;
	int64_t revision;

	c->ncompares = c->nputs = 0;
	for (size_t i = 0; i < txn->n; i++) {
		const struct ipsvc_txn_entry *e = txn->entries[i];

		if (!e->part || sizes[part_of(txn, e->part)].chunk == chunk)
			add_entry(c, e);
	}
	commit = (struct ipsvc_commit){
		c->compares, c->ncompares, c->puts, c->nputs,
	};
	result = txn->store->ops->commit(txn->store, &commit, &revision);
	if (result == IPSVC_STORE_OK)
		note_committed(txn, sizes, chunk, revision);
	return result;
}

enum ipsvc_store_result ipsvc_txn_commit(struct ipsvc_txn *txn)
{
	bool changes;
	struct part_size *sizes = measure(txn, &changes);
	size_t chunks = distribute(txn, sizes);
	struct chunk c = {
		.compares = xcalloc(txn->n + 1, sizeof(*c.compares)),
		.puts = xcalloc(txn->n + 1, sizeof(*c.puts)),
	};
	enum ipsvc_store_result result = IPSVC_STORE_OK;

	if (changes && !chunks)
		result = ipsvc_store_fail(txn->store, "a change of more than %zu records is more than this store makes at once",
					  txn->store->ops->commit_max);
	for (size_t i = 1; i <= chunks && result == IPSVC_STORE_OK; i++)
		result = commit_chunk(txn, sizes, i, &c);
	free(c.compares);
	free(c.puts);
	free(sizes);
	return result;
}

int64_t ipsvc_txn_committed(const struct ipsvc_txn *txn, size_t part)
{
	return part < txn->njoined ? txn->committed[part] : 0;
}

static void free_entry(void *entry)
{
	struct ipsvc_txn_entry *e = entry;

	free(e->key);
	free(e->was);
	free(e->value);
	free(e);
}

void ipsvc_txn_clear(struct ipsvc_txn *txn)
{
	tdestroy(txn->tree, free_entry);
	free(txn->entries);
	free(txn->joined);
	free(txn->committed);
	*txn = (struct ipsvc_txn){ .store = txn->store };
}
