// SPDX-License-Identifier: GPL-2.0-or-later
#include "check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "batch.h"
#include "config.h"
#include "impl.h"

/* ---- what the other manifests say --------------------------------------- */

struct check {
	const char *source;
	struct ipsvc_store_file *files;
	size_t n;
	json_t *where;		/* "Kind ns/name": the index of its first file */
};

static char *identity(const struct ipsvc_object *obj)
{
	return xasprintf("%s %s/%s", obj->kind->kind, obj->ns, obj->name);
}

static void find_objects(struct check *c)
{
	c->where = json_object();
	for (size_t i = 0; i < c->n; i++) {
		for (size_t j = 0; j < c->files[i].objs.n; j++) {
			char *key = identity(&c->files[i].objs.items[j]);

			if (!json_object_get(c->where, key))
				json_object_set_new(c->where, key,
						    json_integer((json_int_t)i));
			free(key);
		}
	}
}

/* struct ipsvc_store_beside */
static const char *heir(void *arg, const struct ipsvc_object *obj)
{
	const struct check *c = arg;
	char *key = identity(obj);
	const json_t *index = json_object_get(c->where, key);

	free(key);
	return index ? c->files[json_integer_value(index)].file : NULL;
}

/* struct ipsvc_store_beside */
static bool left(void *arg, const struct ipsvc_object *obj)
{
	const struct check *c = arg;
	const char *now = heir(arg, obj);

	if (*obj->source && strcmp(obj->source, c->source))
		return false;
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->files[i].file, obj->file))
			return !now || strcmp(now, obj->file);
	return false;
}

/* struct ipsvc_store_beside */
static bool keep(void *arg, const struct ipsvc_object *obj)
{
	(void)arg;
	(void)obj;
	return false;
}

/* ---- checking ----------------------------------------------------------- */

/* IPSVC_STORE_INVALID is told in f->errs. */
static enum ipsvc_store_result check_file(struct check *c, struct ipsvc_txn *txn,
					  struct ipsvc_store_file *f)
{
	const struct ipsvc_store_beside beside = { heir, left, keep, c };
	struct batch b = {
		.store = txn->store,
		.txn = *txn,
		.only_check = true,
		.mode = IPSVC_WRITE_STATEMENT,
		.owner = { c->source, f->file },
		.beside = &beside,
		.items = xcalloc(f->objs.n, sizeof(*b.items)),
		.n = f->objs.n,
		.errs = &f->errs,
	};
	enum ipsvc_store_result result;

	for (size_t i = 0; i < b.n; i++)
		b.items[i].obj = &f->objs.items[i];
	result = ipsvc_batch_check_unique(&b);
	if (result == IPSVC_STORE_OK)
		result = ipsvc_batch_plan(&b);
	if (result == IPSVC_STORE_OK && ipsvc_batch_changes(&b))
		result = ipsvc_batch_execute(&b);
	ipsvc_batch_clear(&b);
	free(b.items);
	*txn = b.txn;
	return result == IPSVC_STORE_INVALID ? IPSVC_STORE_OK : result;
}

/* Applies all of them in @order; in *@refused how many could not be. */
static enum ipsvc_store_result check_once(struct check *c, struct ipsvc_txn *txn,
					  const struct ipsvc_cluster_config *cfg,
					  const size_t *order, size_t *refused)
{
	enum ipsvc_store_result result = IPSVC_STORE_OK;

	ipsvc_txn_clear(txn);
	*refused = 0;
	if (cfg)
		result = ipsvc_config_put(txn, cfg);
	for (size_t i = 0; i < c->n && result == IPSVC_STORE_OK; i++) {
		struct ipsvc_store_file *f = &c->files[order[i]];

		ipsvc_errors_free(&f->errs);
		result = check_file(c, txn, f);
		*refused += f->errs.n != 0;
	}
	return result;
}

/* Those that were refused after the others; each in the order they had. */
static void put_off_refused(const struct check *c, size_t *order)
{
	size_t *before = xcalloc(c->n, sizeof(*before)), n = 0;

	memcpy(before, order, c->n * sizeof(*before));
	for (int refused = 0; refused <= 1; refused++)
		for (size_t i = 0; i < c->n; i++)
			if ((c->files[before[i]].errs.n != 0) == refused)
				order[n++] = before[i];
	free(before);
}

/*
 * What is refused is tried again after the others, as by ipsvcd: they may give up
 * what it asks for.
 */
static enum ipsvc_store_result check_all(struct check *c, struct ipsvc_txn *txn,
					 const struct ipsvc_cluster_config *cfg)
{
	size_t *order = xcalloc(c->n, sizeof(*order)), before, refused = SIZE_MAX;
	enum ipsvc_store_result result;

	for (size_t i = 0; i < c->n; i++)
		order[i] = i;
	do {
		before = refused;
		result = check_once(c, txn, cfg, order, &refused);
		put_off_refused(c, order);
	} while (result == IPSVC_STORE_OK && refused && refused < before);
	free(order);
	return result;
}

enum ipsvc_store_result
ipsvc_store_check(struct ipsvc_store *store,
		  const struct ipsvc_cluster_config *cfg, const char *source,
		  struct ipsvc_store_file *files, size_t n, char **message)
{
	struct ipsvc_store empty = { .ops = &ipsvc_store_nothing_ops };
	struct ipsvc_txn txn = { .store = store ? store : &empty };
	struct check c = { .source = source, .files = files, .n = n };
	enum ipsvc_store_result result;

	find_objects(&c);
	result = check_all(&c, &txn, cfg);
	*message = result == IPSVC_STORE_OK ? NULL :
		   xstrdup(ipsvc_store_message(txn.store));
	ipsvc_txn_clear(&txn);
	json_decref(c.where);
	free(empty.message);
	return result;
}
