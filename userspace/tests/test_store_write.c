// SPDX-License-Identifier: GPL-2.0-or-later
/* Who may write what to the store, whole manifest files, and reading back. */
#include "api/pod/pod.h"
#include "api/service/service.h"
#include "base/buf.h"
#include "base/memory.h"
#include "base/progress.h"
#include "store_env.h"

#include <time.h>

#define PLAIN	"{'type':'ClusterIP','ports':[{'port':80,'protocol':'TCP'}]}"
#define NODE(n)	"{'type':'NodePort','ports':[{'port':80,'protocol':'TCP','nodePort':" #n "}]}"
#define ANY_NODE "{'type':'NodePort','ports':[{'port':80,'protocol':'TCP'}]}"

/* Writes doc with ' for "; the result must be @want. */
static void write_doc(const char *text, enum ipsvc_write_mode mode,
		      enum ipsvc_store_result want)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	enum ipsvc_write_outcome outcome;
	enum ipsvc_store_result got;
	struct ipsvc_object *obj;

	obj = ipsvc_objects_add(&objs, &ipsvc_service_kind, json(text), NULL, 0);
	ipsvc_object_default(obj);
	got = ipsvc_store_write(store, obj, mode, false, &outcome, &errs);
	if (got != want)
		fail_msg("%s: %d %s %s", text, got, errors_text(&errs),
			 ipsvc_store_message(store));
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
}

static void assert_message(const char *want)
{
	assert_string_equal(ipsvc_store_message(store), want);
}

static void test_create_mode(void **state)
{
	(void)state;
	apply("web", PLAIN);
	write_doc("{'metadata':{'name':'web','namespace':'default'},'spec':" PLAIN "}",
		  IPSVC_WRITE_CREATE, IPSVC_STORE_EXISTS);
	assert_message("services \"web\" already exists");
	write_doc("{'metadata':{'name':'web','namespace':'other'},'spec':" PLAIN "}",
		  IPSVC_WRITE_CREATE, IPSVC_STORE_OK);
	assert_int_equal(ipsvc_store_delete(store, &ipsvc_service_kind, "default",
					    "nope", false, NULL),
			 IPSVC_STORE_NOT_FOUND);
	assert_message("services \"nope\" not found");
	assert_int_equal(ipsvc_store_revision(store), 2);
}

/* A document that names the version it was made from. */
static void test_resource_version(void **state)
{
	(void)state;
	write_doc("{'metadata':{'name':'web','namespace':'default','resourceVersion':'1'},'spec':" PLAIN "}",
		  IPSVC_WRITE_CHANGE, IPSVC_STORE_INVALID);
	apply("web", PLAIN);
	write_doc("{'metadata':{'name':'web','namespace':'default','resourceVersion':'1'},'spec':{'type':'ClusterIP','ports':[{'port':81,'protocol':'TCP'}]}}",
		  IPSVC_WRITE_CHANGE, IPSVC_STORE_OK);
	write_doc("{'metadata':{'name':'web','namespace':'default','resourceVersion':'1'},'spec':" PLAIN "}",
		  IPSVC_WRITE_CHANGE, IPSVC_STORE_CONFLICT);
	assert_message("Operation cannot be fulfilled on services \"web\": the object has been modified; please apply your changes to the latest version and try again");
	assert_field("web", "spec.ports.0.port", "81");
}

/* Metadata of the store cannot be made up. */
static void test_server_metadata(void **state)
{
	char *uid;

	(void)state;
	write_doc("{'metadata':{'name':'web','namespace':'default','uid':'mine','creationTimestamp':'1970-01-01T00:00:00Z'},'spec':" PLAIN "}",
		  IPSVC_WRITE_CHANGE, IPSVC_STORE_OK);
	uid = string_field("web", "metadata.uid");
	assert_int_equal(strlen(uid), 36);
	free(uid);
	write_doc("{'metadata':{'name':'web','namespace':'default','uid':'mine'},'spec':" PLAIN "}",
		  IPSVC_WRITE_CHANGE, IPSVC_STORE_INVALID);
	write_doc("{'metadata':{'name':'web','namespace':'default','creationTimestamp':'1970-01-01T00:00:00Z'},'spec':" PLAIN "}",
		  IPSVC_WRITE_CHANGE, IPSVC_STORE_OK);
	assert_int_equal(ipsvc_store_revision(store), 1);
}

static void test_immutable_ip(void **state)
{
	(void)state;
	apply("web", "{'type':'ClusterIP','clusterIP':'10.96.0.9','ports':[{'port':80,'protocol':'TCP'}]}");
	refuse("web", "{'type':'ClusterIP','clusterIP':'10.96.0.10','ports':[{'port':80,'protocol':'TCP'}]}",
	       "spec.clusterIPs[0]: Invalid value: [\"10.96.0.10\"]: may not change once set");
	refuse("web", "{'type':'ClusterIP','clusterIP':'None','ports':[{'port':80,'protocol':'TCP'}]}",
	       "spec.clusterIPs[0]: Invalid value: [\"None\"]: may not change once set");
	assert_consistent();
}

static void test_dry_run(void **state)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	struct ipsvc_object *obj = add_service(&objs, "web", ANY_NODE);
	enum ipsvc_write_outcome outcome;
	const json_t *spec;

	(void)state;
	assert_int_equal(ipsvc_store_write(store, obj, IPSVC_WRITE_CHANGE, true,
					   &outcome, &errs), IPSVC_STORE_OK);
	assert_int_equal(outcome, IPSVC_WROTE_CREATED);
	spec = json_object_get(obj->doc, "spec");
	assert_non_null(json_object_get(spec, "clusterIP"));
	assert_int_equal(ipsvc_store_revision(store), 0);
	assert_query("SELECT (SELECT count(*) FROM objects) + "
		     "(SELECT count(*) FROM cluster_ips) + "
		     "(SELECT count(*) FROM node_ports)", "0");
	ipsvc_objects_free(&objs);
}

/* ---- files -------------------------------------------------------------- */

struct file {
	const char *path;
	struct ipsvc_objects objs;
};

/* Applies and empties @f; @errors is what is to be said, NULL when it is OK. */
static bool apply_file(struct file *f, const char *errors)
{
	struct ipsvc_errors errs = {0};
	enum ipsvc_store_result result;
	bool changed;
	char *text;

	result = ipsvc_store_apply_file(store, OWNER(f->path), &f->objs, NULL, &changed,
					&errs);
	text = errors_text(&errs);
	assert_string_equal(text, errors ? errors : "");
	if (result == IPSVC_STORE_ERROR)
		fail_msg("%s", ipsvc_store_message(store));
	assert_int_equal(result, errors ? IPSVC_STORE_INVALID : IPSVC_STORE_OK);
	free(text);
	ipsvc_objects_free(&f->objs);
	f->objs = (struct ipsvc_objects){0};
	ipsvc_errors_free(&errs);
	return changed;
}

static void test_file(void **state)
{
	struct file f = { .path = "/etc/ipsvc/manifests/a.yaml" };
	json_t *ip;
	char **files;
	size_t n;

	(void)state;
	assert_false(apply_file(&f, NULL));
	for (int i = 0; i < 2; i++) {
		add_service(&f.objs, "web", ANY_NODE);
		add_service(&f.objs, "db", PLAIN);
		add_pod(&f.objs, "web-1");
		assert_int_equal(apply_file(&f, NULL), i == 0);
		/* One transaction, one revision. */
		assert_int_equal(ipsvc_store_revision(store), 1);
	}
	assert_field("db", "metadata.resourceVersion", "'1'");
	ip = field("web", "spec.clusterIP");
	assert_int_equal(ipsvc_store_files(store, "host", &files, &n), IPSVC_STORE_OK);
	assert_int_equal(n, 1);
	assert_string_equal(files[0], f.path);
	free(files[0]);
	free(files);

	/* One goes, one changes, one comes. */
	add_service(&f.objs, "web", NODE(30080));
	add_service(&f.objs, "new", PLAIN);
	assert_true(apply_file(&f, NULL));
	assert_int_equal(ipsvc_store_revision(store), 2);
	assert_query("SELECT group_concat(kind || ' ' || name || ' ' || revision) FROM objects",
		     "Service new 2,Service web 2");
	json_t *now = field("web", "spec.clusterIP");
	assert_true(json_equal(ip, now));
	json_decref(now);
	json_decref(ip);

	/* Nothing is left when the file is gone. */
	assert_true(apply_file(&f, NULL));
	assert_query("SELECT (SELECT count(*) FROM objects) + "
		     "(SELECT count(*) FROM cluster_ips)", "0");
	assert_false(apply_file(&f, NULL));
	assert_int_equal(ipsvc_store_revision(store), 3);
	assert_consistent();
}

/* Metadata copied from the store into a file is no reason to change anything. */
static void test_file_with_server_metadata(void **state)
{
	struct file f = { .path = "/m/a.yaml" };
	json_t *doc;

	(void)state;
	add_service(&f.objs, "web", PLAIN);
	apply_file(&f, NULL);
	doc = stored("web");
	json_object_set_new(json_object_get(doc, "metadata"), "resourceVersion",
			    json_string("77"));
	json_object_set_new(json_object_get(doc, "metadata"), "uid",
			    json_string("of another cluster"));
	ipsvc_objects_add(&f.objs, &ipsvc_service_kind, doc, NULL, 0);
	assert_false(apply_file(&f, NULL));
}

static void test_file_all_or_nothing(void **state)
{
	struct file f = { .path = "/m/a.yaml" };
	struct ipsvc_errors errs = {0};
	bool changed;

	(void)state;
	apply("mine", NODE(30080));
	add_service(&f.objs, "fine", PLAIN);
	add_service(&f.objs, "one", NODE(30080))->line = 10;
	add_service(&f.objs, "two", NODE(80))->line = 20;
	assert_int_equal(ipsvc_store_apply_file(store, OWNER(f.path), &f.objs, NULL,
						&changed, &errs),
			 IPSVC_STORE_INVALID);
	assert_false(changed);
	/* All errors at once, each with its place. */
	assert_int_equal(errs.n, 2);
	assert_int_equal(errs.items[0].line, 10);
	assert_string_equal(errs.items[0].object, "Service \"one\"");
	assert_string_equal(errs.items[0].detail, "provided port is already allocated");
	assert_int_equal(errs.items[1].line, 20);
	assert_string_equal(errs.items[1].object, "Service \"two\"");
	assert_query("SELECT group_concat(name) FROM objects", "mine");
	assert_int_equal(ipsvc_store_revision(store), 1);
	ipsvc_errors_free(&errs);
	ipsvc_objects_free(&f.objs);
	assert_consistent();
}

static void test_file_duplicate(void **state)
{
	struct file f = { .path = "/m/a.yaml" };

	(void)state;
	add_service(&f.objs, "b", PLAIN);
	add_service(&f.objs, "a", PLAIN);
	add_service(&f.objs, "b", PLAIN);
	apply_file(&f, "metadata.name: Duplicate value: \"b\"");
}

/* Objects of a file may exchange what they have, and are not in each other's way. */
static void test_file_exchange(void **state)
{
	struct file f = { .path = "/m/a.yaml" };

	(void)state;
	set_config("10.0.0.0/24", 30000, 30001);
	add_service(&f.objs, "a", NODE(30000));
	add_service(&f.objs, "b", NODE(30001));
	apply_file(&f, NULL);
	add_service(&f.objs, "a", NODE(30001));
	add_service(&f.objs, "b", NODE(30000));
	assert_true(apply_file(&f, NULL));
	assert_int_equal(node_port("a", 0), 30001);
	assert_int_equal(node_port("b", 0), 30000);
	/* The name changes, the number does not; a pick does not take it. */
	for (int i = 0; i < 8; i++) {
		add_service(&f.objs, "a", ANY_NODE);
		add_service(&f.objs, "d", NODE(30000));
		assert_true(apply_file(&f, NULL));
		add_service(&f.objs, "c", ANY_NODE);
		add_service(&f.objs, "z", NODE(30000));
		assert_true(apply_file(&f, NULL));
		assert_int_equal(node_port("c", 0), 30001);
	}
	assert_consistent();
}

static void test_owners(void **state)
{
	static const char managed[] = "service \"web\" in namespace \"default\" is managed by the manifest /m/a.yaml of host; edit or remove that file instead";
	struct file a = { .path = "/m/a.yaml" };
	struct file b = { .path = "/m/b.yaml" };

	(void)state;
	apply("mine", PLAIN);
	add_service(&a.objs, "web", PLAIN);
	apply_file(&a, NULL);

	/* The CLI and objects of files. */
	write_doc("{'metadata':{'name':'web','namespace':'default'},'spec':" PLAIN "}",
		  IPSVC_WRITE_CHANGE, IPSVC_STORE_OWNED);
	assert_message(managed);
	assert_int_equal(ipsvc_store_delete(store, &ipsvc_service_kind, "default",
					    "web", false, NULL), IPSVC_STORE_OWNED);
	assert_message(managed);

	/* Files, objects of the CLI, and of other files. */
	add_service(&b.objs, "mine", PLAIN);
	apply_file(&b, "services \"mine\" already exists and was not made from a manifest; delete it first");
	add_service(&b.objs, "web", PLAIN);
	apply_file(&b, "services \"web\" is already in the manifest /m/a.yaml of host; remove it from one of the two");

	/* It moves from one file to the other. */
	apply_file(&a, NULL);
	add_service(&b.objs, "web", PLAIN);
	assert_true(apply_file(&b, NULL));
	assert_query("SELECT file FROM objects WHERE name = 'web'", "/m/b.yaml");
	assert_int_equal(ipsvc_store_delete(store, &ipsvc_service_kind, "default",
					    "web", true, NULL), IPSVC_STORE_OWNED);
	assert_consistent();
}

static bool b_is_gone(const struct ipsvc_owner *owner)
{
	return !strcmp(owner->source, "host") &&
	       !strcmp(owner->file, "/m/b.yaml");
}

/* What a file had that is not there any more is not locked for ever. */
static void test_owner_is_gone(void **state)
{
	struct file a = { .path = "/m/a.yaml" };
	struct file b = { .path = "/m/b.yaml" };
	char *before, *after;

	(void)state;
	ipsvc_store_set_gone(store, b_is_gone);
	add_service(&a.objs, "db", PLAIN);
	apply_file(&a, NULL);
	add_service(&b.objs, "web", ANY_NODE);
	add_service(&b.objs, "old", PLAIN);
	apply_file(&b, NULL);
	write_doc("{'metadata':{'name':'web','namespace':'default'},'spec':" PLAIN "}",
		  IPSVC_WRITE_CHANGE, IPSVC_STORE_OWNED);
	assert_message("service \"web\" in namespace \"default\" came from the manifest /m/b.yaml of host, which is gone; delete it first: ipsvc delete service web -n default");
	assert_int_equal(ipsvc_store_delete(store, &ipsvc_service_kind, "default",
					    "db", false, NULL), IPSVC_STORE_OWNED);
	delete("old");

	/* The same document, from another file. */
	before = query("SELECT group_concat(address) || port FROM cluster_ips, node_ports");
	for (int i = 0; i < 2; i++) {
		add_service(&a.objs, "web", ANY_NODE);
		add_service(&a.objs, "db", PLAIN);
		assert_int_equal(apply_file(&a, NULL), i == 0);
	}
	after = query("SELECT group_concat(address) || port FROM cluster_ips, node_ports");
	assert_string_equal(after, before);
	apply_file(&a, NULL);
	assert_query("SELECT count(*) FROM objects", "0");
	assert_consistent();
	free(before);
	free(after);
}

/* Two hosts have the store in common, and a path that is not the same file. */
static void test_sources(void **state)
{
	const struct ipsvc_owner other = { "other", "/m/a.yaml" };
	struct file a = { .path = "/m/a.yaml" };
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	char **files;
	bool changed;
	size_t n;

	(void)state;
	add_service(&a.objs, "web", PLAIN);
	apply_file(&a, NULL);
	add_service(&objs, "db", PLAIN);
	assert_int_equal(ipsvc_store_apply_file(store, &other, &objs, NULL,
						&changed, &errs),
			 IPSVC_STORE_OK);
	ipsvc_objects_free(&objs);
	assert_query("SELECT group_concat(name) FROM (SELECT name FROM objects ORDER BY name)",
		     "db,web");
	add_service(&objs, "web", PLAIN);
	assert_int_equal(ipsvc_store_apply_file(store, &other, &objs, NULL,
						&changed, &errs),
			 IPSVC_STORE_INVALID);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
	apply_file(&a, NULL);
	assert_query("SELECT group_concat(name || ' ' || source) FROM objects",
		     "db other");
	assert_int_equal(ipsvc_store_files(store, "host", &files, &n),
			 IPSVC_STORE_OK);
	assert_int_equal(n, 0);
}

/* Where a manifest came from does not make its file the owner. */
static void test_cli_applies_file(void **state)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	struct ipsvc_object *obj = add_service(&objs, "web", PLAIN);
	enum ipsvc_write_outcome outcome;

	(void)state;
	obj->file = xstrdup("web.yaml");
	assert_int_equal(ipsvc_store_write(store, obj, IPSVC_WRITE_CHANGE, false,
					   &outcome, &errs), IPSVC_STORE_OK);
	assert_query("SELECT file IS NULL FROM objects", "1");
	ipsvc_objects_free(&objs);
}

/* ---- many at once ------------------------------------------------------- */

/* Writes all of @objs; results, outcomes and what is wrong, a line each. */
static char *write_all(struct ipsvc_objects *objs)
{
	struct ipsvc_write *writes = xcalloc(objs->n, sizeof(*writes));
	struct ipsvc_buf buf = {0};

	for (size_t i = 0; i < objs->n; i++)
		writes[i].obj = &objs->items[i];
	ipsvc_store_write_all(store, writes, objs->n, IPSVC_WRITE_CHANGE, false);
	for (size_t i = 0; i < objs->n; i++) {
		char *text = errors_text(&writes[i].errs);

		ipsvc_buf_printf(&buf, "%s %d %d%s%s\n", objs->items[i].name,
				 writes[i].result, writes[i].outcome,
				 *text ? " " : "", text);
		free(text);
		ipsvc_write_clear(&writes[i]);
	}
	free(writes);
	ipsvc_objects_free(objs);
	*objs = (struct ipsvc_objects){0};
	return ipsvc_buf_take(&buf);
}

static void expect_all(struct ipsvc_objects *objs, const char *want)
{
	char *got = write_all(objs);

	assert_string_equal(got, want);
	free(got);
}

static void test_many(void **state)
{
	struct file f = { .path = "/m/a.yaml" };
	struct ipsvc_objects objs = {0};

	(void)state;
	add_service(&f.objs, "owned", PLAIN);
	apply_file(&f, NULL);
	apply("same", PLAIN);
	/* One transaction, whatever is refused; what is named goes before what is picked. */
	add_service(&objs, "picks", ANY_NODE);
	add_service(&objs, "z", NODE(30001));
	add_service(&objs, "taken", NODE(30001));
	add_service(&objs, "owned", NODE(30002));
	add_service(&objs, "range", NODE(80));
	add_service(&objs, "same", PLAIN);
	add_service(&objs, "last", PLAIN);
	expect_all(&objs, "picks 0 0\nz 0 0\n"
		   "taken 4 0 spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated\n"
		   "owned 5 0\n"
		   "range 4 0 spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767\n"
		   "same 0 2\nlast 0 0\n");
	assert_int_equal(ipsvc_store_revision(store), 3);
	assert_query("SELECT group_concat(name || ' ' || revision) FROM objects",
		     "last 3,owned 1,picks 3,same 2,z 3");
	/* The same object twice: one after the other. */
	add_service(&objs, "twice", PLAIN);
	add_service(&objs, "twice", NODE(30003));
	add_service(&objs, "twice", NODE(30003));
	expect_all(&objs, "twice 0 0\ntwice 0 1\ntwice 0 2\n");
	assert_int_equal(ipsvc_store_revision(store), 5);
	assert_consistent();
}

static int told;

static void tell(void)
{
	told++;
}

/* Work that is longer than a watchdog waits says that it goes on. */
static void test_progress(void **state)
{
	const time_t start = time(NULL);
	struct file f = { .path = "/m/a.yaml" };
	int changes = 0;
	char name[16];

	(void)state;
	ipsvc_progress_tell(tell);
	/* In each call, whatever there is around it. */
	while (time(NULL) - start < 3) {
		for (int i = 0; i < 100; i++) {
			snprintf(name, sizeof(name), "s-%d", i);
			add_service(&f.objs, name, changes % 2 ? PLAIN : ANY_NODE);
		}
		apply_file(&f, NULL);
		changes++;
	}
	ipsvc_progress_tell(NULL);
	assert_in_range(told, 2, 10);
	told = 0;
}

/* Nothing is written, and each is told why, where the store itself fails. */
static void test_many_fail(void **state)
{
	struct ipsvc_objects objs = {0};

	(void)state;
	ipsvc_store_close(store);
	store = open_store(true);
	add_service(&objs, "a", PLAIN);
	add_service(&objs, "b", PLAIN);
	expect_all(&objs, "a 6 0\nb 6 0\n");
}

/* ---- reading ------------------------------------------------------------ */

static void assert_list(const struct ipsvc_kind *kind, const char *ns,
			const char *want)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_buf buf = {0};
	int64_t revision;
	char *got;

	assert_int_equal(ipsvc_store_list(store, kind, ns, &objs, &revision),
			 IPSVC_STORE_OK);
	assert_int_equal(revision, ipsvc_store_revision(store));
	for (size_t i = 0; i < objs.n; i++)
		ipsvc_buf_printf(&buf, "%s%s/%s/%s@%d", i ? " " : "",
				 objs.items[i].kind->singular,
				 objs.items[i].ns, objs.items[i].name,
				 (int)objs.items[i].revision);
	got = ipsvc_buf_take(&buf);
	assert_string_equal(got, want);
	free(got);
	ipsvc_objects_free(&objs);
}

static void test_list(void **state)
{
	struct file f = { .path = "/m/a.yaml" };
	struct ipsvc_objects objs = {0};

	(void)state;
	assert_list(NULL, NULL, "");
	apply("b", PLAIN);
	apply("a", PLAIN);
	add_service_in(&f.objs, "aa", "z", PLAIN);
	add_pod(&f.objs, "p");
	apply_file(&f, NULL);
	assert_list(NULL, NULL, "service/aa/z@3 service/default/a@2 service/default/b@1 pod/default/p@3");
	assert_list(NULL, "default", "service/default/a@2 service/default/b@1 pod/default/p@3");
	assert_list(&ipsvc_service_kind, "aa", "service/aa/z@3");
	assert_list(&ipsvc_pod_kind, NULL, "pod/default/p@3");
	assert_list(&ipsvc_pod_kind, "aa", "");

	assert_int_equal(ipsvc_store_get(store, &ipsvc_pod_kind, "default", "p",
					 &objs), IPSVC_STORE_OK);
	assert_string_equal(objs.items[0].file, f.path);
	assert_int_equal(ipsvc_store_get(store, &ipsvc_pod_kind, "default", "a",
					 &objs), IPSVC_STORE_NOT_FOUND);
	assert_message("pods \"a\" not found");
	ipsvc_objects_free(&objs);
}

/* What users write comes back, whatever it is. */
static void test_documents(void **state)
{
	static const char text[] = "{'metadata':{'name':'odd','namespace':'default','annotations':{'a':'\\u0000\\ud83d\\ude00\\n\\\\\\'','b':'x'}},"
		"'spec':{'type':'ClusterIP','sessionAffinity':'None','ports':[{'port':80,'protocol':'TCP','targetPort':80}]},'x':[1,1.5,1e300,true,null,{}]}";
	json_t *want = json_loads("\"\\u0000\\ud83d\\ude00\\n\\\\\\\"\"",
				  JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL), *got;
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	enum ipsvc_write_outcome outcome;
	char *copy = xstrdup(text);
	json_t *doc;

	(void)state;
	for (char *p = copy; (p = strchr(p, '\''));)
		*p = '"';
	doc = json_loads(copy, JSON_ALLOW_NUL, NULL);
	assert_non_null(doc);
	ipsvc_objects_add(&objs, &ipsvc_service_kind, doc, NULL, 0);
	assert_int_equal(ipsvc_store_write(store, &objs.items[0],
					   IPSVC_WRITE_CHANGE, false, &outcome,
					   &errs), IPSVC_STORE_OK);
	got = field("odd", "metadata.annotations.a");
	assert_true(json_equal(got, want));
	json_decref(got);
	json_decref(want);
	assert_field("odd", "x", "[1,1.5,1e300,true,null,{}]");
	assert_int_equal(ipsvc_store_write(store, &objs.items[0],
					   IPSVC_WRITE_CHANGE, false, &outcome,
					   &errs), IPSVC_STORE_OK);
	assert_int_equal(outcome, IPSVC_WROTE_UNCHANGED);
	ipsvc_objects_free(&objs);
	free(copy);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, env_open, env_remove)
	const struct CMUnitTest tests[] = {
		TEST(test_create_mode),
		TEST(test_resource_version),
		TEST(test_server_metadata),
		TEST(test_immutable_ip),
		TEST(test_dry_run),
		TEST(test_file),
		TEST(test_file_with_server_metadata),
		TEST(test_file_all_or_nothing),
		TEST(test_file_duplicate),
		TEST(test_file_exchange),
		TEST(test_owners),
		TEST(test_owner_is_gone),
		TEST(test_sources),
		TEST(test_cli_applies_file),
		TEST(test_many),
		TEST(test_progress),
		TEST(test_many_fail),
		TEST(test_list),
		TEST(test_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
