// SPDX-License-Identifier: GPL-2.0-or-later
/* What the store makes of its backends: the same of each. */
#include "source/source.h"
#include "store/records.h"
#include "contract_env.h"

#define PLAIN	"{'type':'ClusterIP','ports':[{'port':80,'protocol':'TCP'}]}"
#define NODE	"{'type':'NodePort','ports':[{'port':80,'protocol':'TCP'}]}"
#define NODE_AT(n) "{'type':'NodePort','ports':[{'port':80,'protocol':'TCP','nodePort':" #n "}]}"

/* ---- objects and claims ------------------------------------------------- */

/* ipsvc_record_fn: in @arg, by key: whose it is. */
static bool note_claim(const struct ipsvc_record *record, void *arg)
{
	if (strncmp(record->value, "kept/", 5))
		json_object_set_new(arg, record->key, json_string(record->value));
	return true;
}

static void take_claim(json_t *claimed, const char *key, const char *owner)
{
	const json_t *got = json_object_get(claimed, key);

	if (!got || strcmp(json_string_value(got), owner))
		fail_msg("%s names %s, which is %s's", owner, key,
			 got ? json_string_value(got) : "nobody");
	json_object_del(claimed, key);
}

static void take_claims(json_t *claimed, const struct ipsvc_object *obj)
{
	char *owner = ipsvc_object_key(obj->kind, obj->ns, obj->name);
	const json_t *spec = json_object_get(obj->doc, "spec"), *port;
	const char *ip = json_string_value(json_object_get(spec, "clusterIP"));
	char key[IPSVC_CLAIM_KEY_SIZE];
	struct in6_addr addr;
	size_t i;

	if (ip && ipsvc_ip_parse(ip, &addr, NULL))
		take_claim(claimed, ipsvc_ip_key(&addr, key), owner);
	json_array_foreach(json_object_get(spec, "ports"), i, port) {
		json_int_t n = json_integer_value(json_object_get(port, "nodePort"));

		if (n)
			take_claim(claimed, ipsvc_port_key(n, key), owner);
	}
	free(owner);
}

/*
 * Whoever has a claim names it, and nobody has one that another has. Returns how
 * many services there are.
 */
static size_t assert_claims(void)
{
	json_t *claimed = json_object();
	struct ipsvc_objects objs = {0};
	size_t n;

	assert_int_equal(store->ops->range(store, "ips/", "ips0", note_claim,
					   claimed, NULL), IPSVC_STORE_OK);
	assert_int_equal(store->ops->range(store, "ports/", "ports0", note_claim,
					   claimed, NULL), IPSVC_STORE_OK);
	assert_int_equal(ipsvc_store_list(store, &ipsvc_service_kind, NULL, &objs,
					  NULL), IPSVC_STORE_OK);
	n = objs.n;
	for (size_t i = 0; i < n; i++)
		take_claims(claimed, &objs.items[i]);
	assert_int_equal(json_object_size(claimed), 0);
	json_decref(claimed);
	ipsvc_objects_free(&objs);
	return n;
}

static void test_objects(void **state)
{
	struct ipsvc_objects objs = {0};
	int64_t revision;
	char *ip;

	(void)state;
	assert_int_equal(apply("web", NODE), IPSVC_WROTE_CREATED);
	assert_int_equal(apply("web", NODE), IPSVC_WROTE_UNCHANGED);
	assert_int_equal(ipsvc_store_revision(store), 1);
	assert_field("web", "metadata.resourceVersion", "'1'");
	ip = string_field("web", "spec.clusterIP");
	assert_int_equal(apply("web", PLAIN), IPSVC_WROTE_CONFIGURED);
	assert_field("web", "metadata.resourceVersion", "'2'");
	add_service_in(&objs, "a-b", "x", PLAIN);
	add_service_in(&objs, "a", "x", PLAIN);
	for (size_t i = 0; i < 2; i++) {
		struct ipsvc_errors errs = {0};
		enum ipsvc_write_outcome outcome;

		assert_int_equal(ipsvc_store_write(store, &objs.items[i],
						   IPSVC_WRITE_CREATE, false,
						   &outcome, &errs),
				 IPSVC_STORE_OK);
	}
	ipsvc_objects_free(&objs);
	assert_int_equal(ipsvc_store_list(store, NULL, NULL, &objs, &revision),
			 IPSVC_STORE_OK);
	assert_int_equal(revision, 4);
	assert_int_equal(objs.n, 3);
	/* By namespace and name, which is not the order of keys. */
	assert_string_equal(objs.items[0].ns, "a");
	assert_string_equal(objs.items[1].ns, "a-b");
	ipsvc_objects_free(&objs);
	assert_int_equal(ipsvc_store_list(store, &ipsvc_service_kind, "a-b", &objs,
					  NULL), IPSVC_STORE_OK);
	assert_int_equal(objs.n, 1);
	ipsvc_objects_free(&objs);
	assert_int_equal(assert_claims(), 3);
	free(ip);
}

static void put_record(const char *key, const char *value)
{
	const struct ipsvc_put put = { key, value, 0 };
	const struct ipsvc_commit c = { .puts = &put, .nputs = 1 };
	int64_t revision;

	assert_int_equal(backend->ops->commit(store, &c, &revision),
			 IPSVC_STORE_OK);
}

static void test_scarce_ports(void **state)
{
	(void)state;
	set_config("10.0.0.0/24", 30000, 30001);
	apply("a", NODE);
	apply("b", NODE);
	refuse("c", NODE, "spec.ports[0].nodePort: Internal error: failed to allocate a nodePort: range is full");
	refuse("c", NODE_AT(30001), "spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated");
	/* What is kept for b is better than nothing. */
	delete("b");
	apply("c", NODE);
	assert_int_equal(assert_claims(), 2);
}

/* Takes the port that was just found to be free. */
static enum ipsvc_store_result
range_and_take(struct ipsvc_store *s, const char *from, const char *to,
	       ipsvc_record_fn *fn, void *arg, int64_t *revision)
{
	enum ipsvc_store_result result;

	result = backend->ops->range(s, from, to, fn, arg, revision);
	if (!strncmp(from, IPSVC_KEY_PORTS, strlen(IPSVC_KEY_PORTS)))
		put_record("ports/30000", "objects/Service/default/other");
	return result;
}

/* Who loses a race for the last port gets none, rather than one of another's. */
static void test_taken_meanwhile(void **state)
{
	struct ipsvc_store_ops ops = *backend->ops;
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	enum ipsvc_write_outcome outcome;
	char *text;

	(void)state;
	set_config("10.0.0.0/24", 30000, 30000);
	ops.range = range_and_take;
	store->ops = &ops;
	assert_int_equal(ipsvc_store_write(store, add_service(&objs, "a", NODE),
					   IPSVC_WRITE_CREATE, false, &outcome,
					   &errs), IPSVC_STORE_INVALID);
	text = errors_text(&errs);
	assert_string_equal(text, "spec.ports[0].nodePort: Internal error: failed to allocate a nodePort: range is full");
	store->ops = backend->ops;
	free(text);
	ipsvc_errors_free(&errs);
	ipsvc_objects_free(&objs);
}

/* What a deleted Service had is nobody's for a while, then anybody's. */
static void test_quarantine(void **state)
{
	int a, a_again;

	(void)state;
	set_config("10.0.0.0/24", 30000, 30003);
	apply("a", NODE);
	a = node_port("a", 0);
	delete("a");
	apply("b", NODE);
	apply("c", NODE);
	apply("a", NODE);
	a_again = node_port("a", 0);
	assert_int_equal(a, a_again);
	delete("a");
	backend->pass(3000);
	apply("d", NODE);
	assert_int_not_equal(node_port("d", 0), a);
	backend->pass(601);
	apply("e", NODE);
	assert_int_equal(node_port("e", 0), a);
	assert_int_equal(assert_claims(), 4);
}

/* Ranges change when nothing is of the old ones, and what is kept is given up. */
static void test_ranges(void **state)
{
	const struct ipsvc_cluster_config cfg = { "10.1.0.0/24", 31000, 31100 };

	(void)state;
	apply("a", NODE);
	assert_int_equal(ipsvc_store_set_config(store, &cfg),
			 IPSVC_STORE_CONFLICT);
	delete("a");
	assert_int_equal(ipsvc_store_set_config(store, &cfg), IPSVC_STORE_OK);
	apply("a", NODE);
	assert_in_range(node_port("a", 0), 31000, 31100);
	assert_int_equal(assert_claims(), 1);
}

static enum ipsvc_store_result apply_objects(struct ipsvc_store *s,
					     const char *file,
					     struct ipsvc_objects *objs,
					     bool *changed)
{
	struct ipsvc_errors errs = {0};
	enum ipsvc_store_result result;

	result = ipsvc_store_apply_file(s, OWNER(file), objs, NULL, changed,
					&errs);
	ipsvc_errors_free(&errs);
	ipsvc_objects_free(objs);
	return result;
}

static void test_owners(void **state)
{
	struct ipsvc_objects objs = {0};
	char **files;
	bool changed;
	size_t n;

	(void)state;
	add_service(&objs, "a", PLAIN);
	add_service(&objs, "b", NODE);
	assert_int_equal(apply_objects(store, "/m/\xc3\xa9\tx%.yaml", &objs,
				       &changed), IPSVC_STORE_OK);
	add_service(&objs, "c", NODE);
	assert_int_equal(apply_objects(store, "/m/\xff.yaml", &objs, &changed),
			 IPSVC_STORE_OK);
	assert_int_equal(ipsvc_store_files(store, "host", &files, &n),
			 IPSVC_STORE_OK);
	assert_int_equal(n, 2);
	assert_string_equal(files[0], "/m/\xff.yaml");
	assert_string_equal(files[1], "/m/\xc3\xa9\tx%.yaml");
	for (size_t i = 0; i < n; i++)
		free(files[i]);
	free(files);
	assert_int_equal(ipsvc_store_files(store, "hos", &files, &n),
			 IPSVC_STORE_OK);
	assert_int_equal(n, 0);
	assert_int_equal(ipsvc_store_delete(store, &ipsvc_service_kind, "default",
					    "b", false, NULL), IPSVC_STORE_OWNED);
	add_service(&objs, "b", PLAIN);
	assert_int_equal(apply_objects(store, "/m/\xc3\xa9\tx%.yaml", &objs,
				       &changed), IPSVC_STORE_OK);
	assert_int_equal(assert_claims(), 2);
	assert_int_equal(apply_objects(store, "/m/\xff.yaml", &objs, &changed),
			 IPSVC_STORE_OK);
	assert_int_equal(assert_claims(), 1);
}

/* More than a backend takes at once: all of it, and each object as a whole. */
static void test_large(void **state)
{
	const int count = 150;
	struct ipsvc_objects objs = {0};
	bool changed;
	char name[16];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < count; i++) {
			snprintf(name, sizeof(name), "s-%d", i);
			add_service(&objs, name, NODE);
		}
		assert_int_equal(apply_objects(store, "/m/a.yaml", &objs, &changed),
				 IPSVC_STORE_OK);
		assert_int_equal(changed, round == 0);
		assert_int_equal(assert_claims(), count);
	}
	if (!backend->ops->commit_max)
		assert_int_equal(ipsvc_store_revision(store), 1);
	else
		assert_in_range(ipsvc_store_revision(store), 5, 10);
	/* They go the same way. */
	assert_int_equal(apply_objects(store, "/m/a.yaml", &objs, &changed),
			 IPSVC_STORE_OK);
	assert_int_equal(assert_claims(), 0);
}

/* The objects of the CLI, of which some are refused. */
static void test_large_cli(void **state)
{
	enum { COUNT_ALL = 120 };
	struct ipsvc_write writes[COUNT_ALL] = {0};
	struct ipsvc_objects objs = {0};
	char name[16];

	(void)state;
	for (int i = 0; i < COUNT_ALL; i++) {
		snprintf(name, sizeof(name), "s-%d", i);
		add_service(&objs, name, i % 10 == 5 ? NODE_AT(80) : NODE);
	}
	for (int i = 0; i < COUNT_ALL; i++)
		writes[i].obj = &objs.items[i];
	ipsvc_store_write_all(store, writes, COUNT_ALL, IPSVC_WRITE_CREATE, false);
	for (int i = 0; i < COUNT_ALL; i++) {
		assert_int_equal(writes[i].result, i % 10 == 5 ?
				 IPSVC_STORE_INVALID : IPSVC_STORE_OK);
		if (i % 10 != 5) {
			assert_int_equal(writes[i].outcome, IPSVC_WROTE_CREATED);
			assert_true(objs.items[i].revision > 0);
		}
		ipsvc_write_clear(&writes[i]);
	}
	ipsvc_objects_free(&objs);
	assert_int_equal(assert_claims(), COUNT_ALL - COUNT_ALL / 10);
}

/* ---- spec and status ---------------------------------------------------- */

/* Of a Service without one, and with one. */
#define NO_LB	"{'loadBalancer':{}}"
#define LB(ip)	"{'loadBalancer':{'ingress':[{'ip':'" ip "','ipMode':'VIP'}]}}"

static enum ipsvc_store_result write_status(const char *name, const char *uid,
					    const char *seen, const char *status)
{
	json_t *was = seen ? json(seen) : NULL;
	json_t *now = status ? json(status) : NULL;
	const struct ipsvc_status_write w = {
		&ipsvc_service_kind, "default", name, uid, was, now,
	};
	struct ipsvc_errors errs = {0};
	enum ipsvc_store_result result;

	result = ipsvc_store_write_status(store, &w, &errs);
	assert_int_equal(errs.n, result == IPSVC_STORE_INVALID);
	ipsvc_errors_free(&errs);
	json_decref(was);
	json_decref(now);
	return result;
}

static void assert_revisions(const char *name, int64_t revision, int64_t spec)
{
	struct ipsvc_objects objs = {0};

	assert_int_equal(ipsvc_store_get(store, &ipsvc_service_kind, "default",
					 name, &objs), IPSVC_STORE_OK);
	assert_int_equal(objs.items[0].revision, revision);
	assert_int_equal(objs.items[0].spec_revision, spec);
	ipsvc_objects_free(&objs);
}

static void test_status(void **state)
{
	char *uid;

	(void)state;
	assert_int_equal(write_status("web", NULL, NULL, LB("1.2.3.4")),
			 IPSVC_STORE_NOT_FOUND);
	apply("web", NODE);
	assert_field("web", "status", NO_LB);
	assert_revisions("web", 1, 1);
	assert_int_equal(write_status("web", NULL, NO_LB, LB("1.2.3.4")),
			 IPSVC_STORE_OK);
	assert_field("web", "status", LB("1.2.3.4"));
	assert_revisions("web", 2, 1);
	/* The same again is no write, and no reason to write the object. */
	assert_int_equal(write_status("web", NULL, LB("1.2.3.4"), LB("1.2.3.4")),
			 IPSVC_STORE_OK);
	assert_int_equal(apply("web", NODE), IPSVC_WROTE_UNCHANGED);
	assert_revisions("web", 2, 1);
	/* Other writes keep it. */
	apply("web", PLAIN);
	assert_field("web", "status", LB("1.2.3.4"));
	assert_revisions("web", 3, 3);
	assert_int_equal(assert_claims(), 1);
	/* What was written since it was seen is not written over. */
	assert_int_equal(write_status("web", NULL, NULL, LB("1.2.3.5")),
			 IPSVC_STORE_CONFLICT);
	assert_int_equal(write_status("web", NULL, LB("1.2.3.5"), LB("1.2.3.6")),
			 IPSVC_STORE_CONFLICT);
	assert_non_null(strstr(ipsvc_store_message(store), "has been modified"));
	assert_field("web", "status", LB("1.2.3.4"));
	/* But other changes of the object do not matter. */
	apply("web", NODE);
	assert_int_equal(write_status("web", NULL, LB("1.2.3.4"), LB("1.2.3.5")),
			 IPSVC_STORE_OK);
	assert_revisions("web", 5, 4);
	assert_int_equal(write_status("web", NULL, LB("1.2.3.5"),
				      "{'loadBalancer':7}"), IPSVC_STORE_INVALID);
	assert_int_equal(write_status("web", NULL, LB("1.2.3.5"), NULL),
			 IPSVC_STORE_OK);
	assert_field("web", "status", NULL);
	assert_revisions("web", 6, 4);
	/* Another object of the name is not meant. */
	uid = string_field("web", "metadata.uid");
	assert_int_equal(write_status("web", uid, NULL, LB("1.2.3.4")),
			 IPSVC_STORE_OK);
	delete("web");
	apply("web", NODE);
	assert_field("web", "status", NO_LB);
	assert_int_equal(write_status("web", uid, NULL, LB("1.2.3.4")),
			 IPSVC_STORE_CONFLICT);
	free(uid);
}

/* A manifest owns the object, not its status. */
static void test_status_of_a_manifest(void **state)
{
	struct ipsvc_objects objs = {0};
	bool changed;

	(void)state;
	add_service(&objs, "web", PLAIN);
	assert_int_equal(apply_objects(store, "/m/a.yaml", &objs, &changed),
			 IPSVC_STORE_OK);
	assert_int_equal(write_status("web", NULL, NO_LB, LB("1.2.3.4")),
			 IPSVC_STORE_OK);
	add_service(&objs, "web", PLAIN);
	assert_int_equal(apply_objects(store, "/m/a.yaml", &objs, &changed),
			 IPSVC_STORE_OK);
	assert_false(changed);
	add_service(&objs, "web", NODE);
	json_object_set_new(objs.items[0].doc, "status", json(LB("9.9.9.9")));
	assert_int_equal(apply_objects(store, "/m/a.yaml", &objs, &changed),
			 IPSVC_STORE_OK);
	assert_true(changed);
	assert_field("web", "status", LB("1.2.3.4"));
}

/* The spec is written while the status is being written. */
static enum ipsvc_store_result
get_and_apply(struct ipsvc_store *s, const char *key, char **value,
	      int64_t *revision)
{
	enum ipsvc_store_result result = backend->ops->get(s, key, value,
							   revision);

	store->ops = backend->ops;
	apply("web", PLAIN);
	return result;
}

static void test_status_meanwhile(void **state)
{
	struct ipsvc_store_ops ops = *backend->ops;

	(void)state;
	apply("web", NODE);
	ops.get = get_and_apply;
	store->ops = &ops;
	assert_int_equal(write_status("web", NULL, NO_LB, LB("1.2.3.4")),
			 IPSVC_STORE_OK);
	assert_field("web", "status", LB("1.2.3.4"));
	assert_field("web", "spec.type", "'ClusterIP'");
	assert_revisions("web", 3, 2);
}

static struct ipsvc_object *add_pod_with(struct ipsvc_objects *objs,
					 const char *status)
{
	struct ipsvc_object *pod = add_pod(objs, "web-1");

	if (status)
		json_object_set_new(pod->doc, "status", json(status));
	return pod;
}

static void assert_pod_ip(const char *want)
{
	struct ipsvc_objects objs = {0};

	assert_int_equal(ipsvc_store_get(store, &ipsvc_pod_kind, "default",
					 "web-1", &objs), IPSVC_STORE_OK);
	assert_string_equal(json_string_value(json_object_get(json_object_get(
				objs.items[0].doc, "status"), "podIP")), want);
	ipsvc_objects_free(&objs);
}

/* What a manifest says of a Pod's status is a statement. */
static void test_status_of_pods(void **state)
{
	json_t *seen = json("{'podIP':'10.1.0.1'}"), *now = json("{'podIP':'10.1.0.3'}");
	const struct ipsvc_status_write w = {
		&ipsvc_pod_kind, "default", "web-1", NULL, seen, now,
	};
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	bool changed;

	(void)state;
	add_pod_with(&objs, "{'podIP':'10.1.0.1'}");
	apply_objects(store, "/m/a.yaml", &objs, &changed);
	assert_pod_ip("10.1.0.1");
	assert_int_equal(ipsvc_store_write_status(store, &w, &errs),
			 IPSVC_STORE_OK);
	assert_pod_ip("10.1.0.3");
	add_pod_with(&objs, "{'podIP':'10.1.0.1'}");
	apply_objects(store, "/m/a.yaml", &objs, &changed);
	assert_true(changed);
	assert_pod_ip("10.1.0.1");
	/* Without one it says nothing of it. */
	assert_int_equal(ipsvc_store_write_status(store, &w, &errs),
			 IPSVC_STORE_OK);
	add_pod_with(&objs, NULL);
	apply_objects(store, "/m/a.yaml", &objs, &changed);
	assert_false(changed);
	assert_pod_ip("10.1.0.3");
	json_decref(seen);
	json_decref(now);
}

/* ---- several at once ---------------------------------------------------- */

static int turn(int *seed)
{
	*seed = (int)(*seed * 1103515245u + 12345u) & 0x7fffffff;
	return *seed >> 8;
}

/* Makes, changes and deletes services of few names that want few ports. */
static void *fight(void *arg)
{
	struct ipsvc_store *s = another();
	int seed = (int)((uintptr_t)arg / sizeof(int));
	int *failed = arg;

	for (int i = 0; i < 80 && !*failed; i++) {
		struct ipsvc_objects objs = {0};
		struct ipsvc_errors errs = {0};
		enum ipsvc_write_outcome outcome;
		enum ipsvc_store_result result;
		char name[16];

		snprintf(name, sizeof(name), "s-%d", turn(&seed) % 6);
		if (turn(&seed) % 3)
			result = ipsvc_store_write(s, add_service(&objs, name,
						turn(&seed) % 2 ? NODE : PLAIN),
						   IPSVC_WRITE_CHANGE, false,
						   &outcome, &errs);
		else
			result = ipsvc_store_delete(s, &ipsvc_service_kind,
						    "default", name, false, NULL);
		*failed = result != IPSVC_STORE_OK &&
			  result != IPSVC_STORE_NOT_FOUND &&
			  result != IPSVC_STORE_INVALID;
		if (*failed)
			print_message("# %d %s\n", result,
				      ipsvc_store_message(s));
		ipsvc_objects_free(&objs);
		ipsvc_errors_free(&errs);
	}
	ipsvc_store_close(s);
	return NULL;
}

static void test_fight(void **state)
{
	(void)state;
	set_config("10.0.0.0/24", 30000, 30003);
	run_threads(fight);
	assert_claims();
}

/* All have the same directory: as if one had been alone. */
static void *apply_files(void *arg)
{
	struct ipsvc_store *s = another();
	struct ipsvc_objects objs = {0};
	bool changed;
	char name[32];

	for (int i = 0; i < 20; i++) {
		for (int j = 0; j < 3; j++) {
			snprintf(name, sizeof(name), "s-%d-%d", i, j);
			add_service(&objs, name, NODE);
		}
		snprintf(name, sizeof(name), "/m/%d.yaml", i);
		if (apply_objects(s, name, &objs, &changed) != IPSVC_STORE_OK)
			*(int *)arg = 1;
	}
	ipsvc_store_close(s);
	return NULL;
}

static void test_same_files(void **state)
{
	(void)state;
	run_threads(apply_files);
	assert_int_equal(assert_claims(), 60);
	assert_int_equal(ipsvc_store_revision(store), 20);
}

/* ---- a cache that follows ----------------------------------------------- */

/* What the source told, by name: the document. */
static void follow(const struct ipsvc_change *change, void *arg)
{
	if (change->deleted)
		assert_int_equal(json_object_del(arg, change->obj->name), 0);
	else
		json_object_set(arg, change->obj->name, change->obj->doc);
}

static void assert_follows(struct ipsvc_source *source, json_t *cache)
{
	struct ipsvc_objects objs = {0};

	assert_true(ipsvc_source_read(source, follow, cache) >= 0);
	assert_int_equal(ipsvc_store_list(store, NULL, NULL, &objs, NULL),
			 IPSVC_STORE_OK);
	assert_int_equal(json_object_size(cache), objs.n);
	for (size_t i = 0; i < objs.n; i++)
		assert_true(json_equal(json_object_get(cache, objs.items[i].name),
				       objs.items[i].doc));
	ipsvc_objects_free(&objs);
}

static void test_follow(void **state)
{
	struct ipsvc_source *source = ipsvc_source_of_store(store);
	json_t *cache = json_object();
	int seed = 7;

	(void)state;
	for (int i = 0; i < 150; i++) {
		char name[16];

		snprintf(name, sizeof(name), "s-%d", turn(&seed) % 8);
		if (turn(&seed) % 3)
			apply(name, turn(&seed) % 2 ? NODE : PLAIN);
		else
			ipsvc_store_delete(store, &ipsvc_service_kind, "default",
					   name, false, NULL);
		if (turn(&seed) % 10 == 0)
			backend->compact();
		if (turn(&seed) % 3 == 0)
			assert_follows(source, cache);
	}
	assert_follows(source, cache);
	json_decref(cache);
	ipsvc_source_free(source);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_objects),
		TEST(test_scarce_ports),
		TEST(test_taken_meanwhile),
		TEST(test_quarantine),
		TEST(test_ranges),
		TEST(test_owners),
		TEST(test_large),
		TEST(test_large_cli),
		TEST(test_status),
		TEST(test_status_of_a_manifest),
		TEST(test_status_meanwhile),
		TEST(test_status_of_pods),
		TEST(test_fight),
		TEST(test_same_files),
		TEST(test_follow),
	};

	return run_on_backends(tests, COUNT(tests));
}
