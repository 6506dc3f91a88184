// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What many objects cost in userspace, without a kernel (selftests/bench):
 *
 *	bench_objects DIRECTORY SERVICES
 *
 * makes SERVICES Services and ten Pods for each, as a manifest and in a store, in
 * DIRECTORY. Prints a line for each figure: name, value, unit, and the bar that it
 * is to stay below, "-" for none. Exit status 1 when one does not.
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <yaml.h>

#include "api/pod/pod.h"
#include "api/validate.h"
#include "base/memory.h"
#include "cluster/cache.h"
#include "daemon/sync.h"
#include "kernel/nl.h"
#include "manifest/manifest.h"

#define PODS		10	/* of a Service */
#define ROUNDS		3	/* of what is measured once and again */
#define CHANGES		300
#define BATCH		10000	/* objects that are written at once */

static bool over;		/* a bar */

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

/* @bar 0: none. */
static void tell(const char *name, double value, const char *unit, double bar)
{
	char text[24] = "-";

	if (bar > 0)
		snprintf(text, sizeof(text), "%g", bar);
	over = over || (bar > 0 && value > bar);
	printf("%-28s %10.3f %-8s %s%s\n", name, value, unit, text,
	       bar > 0 && value > bar ? " OVER" : "");
	fflush(stdout);
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "bench_objects: %s: %s\n", what, why);
	exit(2);
}

/* ---- the kernel, made of paper ------------------------------------------- */

struct ipsvc_nl {
	int unused;
};

static struct ipsvc_nl the_nl;
static uint32_t generation = 1;
static size_t committed;

struct ipsvc_nl *ipsvc_nl_open(int *err)
{
	*err = 0;
	return &the_nl;
}

struct ipsvc_nl *ipsvc_nl_listen(int *err)
{
	return ipsvc_nl_open(err);
}

void ipsvc_nl_close(struct ipsvc_nl *nl)
{
	(void)nl;
}

const char *ipsvc_nl_message(const struct ipsvc_nl *nl)
{
	(void)nl;
	return "";
}

const char *ipsvc_nl_strerror(int err)
{
	return strerror(-err);
}

int ipsvc_nl_fd(const struct ipsvc_nl *nl)
{
	static int pipes[2];

	(void)nl;
	if (!pipes[1] && pipe(pipes))
		die("pipe", strerror(errno));
	return pipes[0];
}

int ipsvc_nl_events(struct ipsvc_nl *nl,
		    void (*cb)(const struct ipsvc_nl_event *ev, void *arg),
		    void *arg)
{
	(void)nl;
	(void)cb;
	(void)arg;
	return 0;
}

int ipsvc_nl_ensure_device(const char *ifname, const char *cidr, char **message)
{
	(void)ifname;
	(void)cidr;
	(void)message;
	return 0;
}

int ipsvc_nl_set_cluster(struct ipsvc_nl *nl, const struct ipsvc_cidrs *cluster,
			 const char *link)
{
	(void)nl;
	(void)link;
	(void)cluster;
	return 0;
}

int ipsvc_nl_services(struct ipsvc_nl *nl, struct ipsvc_state *out)
{
	(void)nl;
	out->generation = generation;
	return 0;
}

int ipsvc_nl_commit(struct ipsvc_nl *nl, const struct ipsvc_ops *ops,
		    uint32_t expect, uint32_t *out)
{
	(void)nl;
	(void)expect;
	committed += ops->n;
	*out = ++generation;
	return 0;
}

/* ---- objects ------------------------------------------------------------- */

static void write_service(FILE *fp, int i)
{
	fprintf(fp,
		"---\napiVersion: v1\nkind: Service\nmetadata:\n"
		"  name: svc-%d\n  labels:\n    app: app-%d\n    team: t%d\n"
		"spec:\n  selector:\n    app: app-%d\n  ports:\n"
		"  - name: http\n    port: 80\n    targetPort: 8080\n",
		i, i, i % 20, i);
}

static void write_pod(FILE *fp, int i)
{
	fprintf(fp,
		"---\napiVersion: v1\nkind: Pod\nmetadata:\n"
		"  name: pod-%d\n  labels:\n    app: app-%d\n    tier: web\n"
		"spec:\n  nodeName: node-%d\n  containers:\n  - name: c\n"
		"    image: web\nstatus:\n  phase: Running\n"
		"  podIP: 10.%d.%d.%d\n"
		"  conditions:\n  - type: Ready\n    status: \"True\"\n",
		i, i / PODS, i % 100, 128 + i / 62500, i / 250 % 250,
		1 + i % 250);
}

static void write_manifest(const char *path, int services)
{
	FILE *fp = fopen(path, "w");

	if (!fp)
		die(path, strerror(errno));
	for (int i = 0; i < services; i++)
		write_service(fp, i);
	for (int i = 0; i < services * PODS; i++)
		write_pod(fp, i);
	fclose(fp);
}

/* ---- reading ------------------------------------------------------------- */

/* The yardstick: libyaml's tokens, which nobody looks at. */
static double scan(const char *path)
{
	FILE *fp = fopen(path, "r");
	double start = cpu();
	yaml_parser_t parser;
	yaml_token_t token;
	bool more = true;

	yaml_parser_initialize(&parser);
	yaml_parser_set_input_file(&parser, fp);
	while (more) {
		if (!yaml_parser_scan(&parser, &token))
			die(path, parser.problem);
		more = token.type != YAML_STREAM_END_TOKEN;
		yaml_token_delete(&token);
	}
	yaml_parser_delete(&parser);
	fclose(fp);
	return cpu() - start;
}

static void read_manifest(const char *path, struct ipsvc_objects *objs)
{
	struct ipsvc_errors errs = {0};

	if (!ipsvc_manifest_read_file(path, "default", objs, &errs))
		die(path, errs.items[0].detail);
	ipsvc_errors_free(&errs);
}

/* From the file to Services with their slices; reading alone in *@alone. */
static double read_into_cache(const char *path, double *alone)
{
	struct ipsvc_cache *cache = ipsvc_cache_new();
	struct ipsvc_cluster_service service;
	struct ipsvc_objects objs = {0};
	double start = cpu(), took;

	read_manifest(path, &objs);
	*alone = cpu() - start;
	ipsvc_cache_put_all(cache, &objs);
	while (ipsvc_cache_next(cache, &service))
		;
	took = cpu() - start;
	ipsvc_cache_free(cache);
	ipsvc_objects_free(&objs);
	return took;
}

static void measure_reading(const char *path)
{
	double best_scan = 1e9, best_read = 1e9, alone, best_alone = 1e9;
	struct stat st;

	stat(path, &st);
	for (int i = 0; i < ROUNDS; i++) {
		double s = scan(path), r = read_into_cache(path, &alone);

		best_scan = s < best_scan ? s : best_scan;
		best_read = r < best_read ? r : best_read;
		best_alone = alone < best_alone ? alone : best_alone;
	}
	tell("manifest", (double)st.st_size / 1e6, "MB", 0);
	tell("scanned by libyaml", best_scan, "s", 0);
	tell("read and validated", best_alone, "s", 0);
	tell("and in the cache", best_read, "s", 0);
	tell("as often as scanned", best_read / best_scan, "times", 3);
}

/* ---- the store ----------------------------------------------------------- */

static struct ipsvc_store *open_store(const char *path)
{
	char *message = NULL;
	struct ipsvc_store *store = ipsvc_store_open_checked(path, &message);

	if (!store)
		die(path, message);
	return store;
}

static void write_some(struct ipsvc_store *store, struct ipsvc_object *objs,
		       size_t n)
{
	struct ipsvc_write *writes = xcalloc(n, sizeof(*writes));

	for (size_t i = 0; i < n; i++)
		writes[i].obj = &objs[i];
	ipsvc_store_write_all(store, writes, n, IPSVC_WRITE_STATEMENT, false);
	for (size_t i = 0; i < n; i++) {
		if (writes[i].result != IPSVC_STORE_OK)
			die(objs[i].name, writes[i].message ?
			    writes[i].message : "refused");
		ipsvc_write_clear(&writes[i]);
	}
	free(writes);
}

static size_t fill_store(const char *path, const char *manifest)
{
	struct ipsvc_store *store = open_store(path);
	struct ipsvc_objects objs = {0};
	double start;
	size_t n;

	read_manifest(manifest, &objs);
	start = seconds(CLOCK_MONOTONIC);
	for (size_t i = 0; i < objs.n; i += BATCH)
		write_some(store, &objs.items[i],
			   objs.n - i < BATCH ? objs.n - i : BATCH);
	tell("written to the store", seconds(CLOCK_MONOTONIC) - start, "s", 0);
	n = objs.n;
	ipsvc_objects_free(&objs);
	ipsvc_store_close(store);
	return n;
}

/* ---- the daemon ---------------------------------------------------------- */

static void nothing(void *arg)
{
	(void)arg;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Pod @i becomes ready, or is not any more. */
static void change_pod(struct ipsvc_store *store, int i, bool ready)
{
	struct ipsvc_objects objs = {0};
	char name[24];
	json_t *condition;

	snprintf(name, sizeof(name), "pod-%d", i);
	if (ipsvc_store_get(store, &ipsvc_pod_kind, "default", name, &objs) !=
	    IPSVC_STORE_OK)
		die(name, ipsvc_store_message(store));
	condition = json_array_get(json_object_get(json_object_get(
		objs.items[0].doc, "status"), "conditions"), 0);
	json_object_set_new(condition, "status",
			    json_string(ready ? "True" : "False"));
	write_some(store, objs.items, 1);
	ipsvc_objects_free(&objs);
}

static void measure_changes(struct ipsvc_store *store, struct sync *sync,
			    int pods)
{
	double took[CHANGES];

	for (int i = 0; i < CHANGES; i++) {
		size_t before = committed;
		double start;

		change_pod(store, (int)((i * 7919L) % pods), false);
		start = seconds(CLOCK_MONOTONIC);
		sync_now(sync);
		took[i] = 1000 * (seconds(CLOCK_MONOTONIC) - start);
		if (committed != before + 1)
			die("a changed Pod", "is not just one change");
	}
	qsort(took, CHANGES, sizeof(*took), by_value);
	tell("a changed Pod, median", took[CHANGES / 2], "ms", 5);
	tell("a changed Pod, p99", took[CHANGES * 99 / 100], "ms", 20);
}

static size_t heap(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static void measure_daemon(const char *path, size_t nobjects, int services)
{
	struct ipsvc_store *store;
	const struct sync_config plain = { .device = "ipsvc0", .node = "n" };
	size_t before = heap();
	struct sync *sync;
	sd_event *event;
	double start;

	malloc_trim(0);
	if (sd_event_new(&event) < 0)
		die("sd_event", "cannot be made");
	start = seconds(CLOCK_MONOTONIC);
	store = open_store(path);
	sync = sync_new(event, store, &plain, nothing, NULL);
	sync_now(sync);
	tell("start with all stored", seconds(CLOCK_MONOTONIC) - start, "s",
	     1.5);
	if (!sync_last(sync)->ok || committed != (size_t)services)
		die("the first synchronisation", "is not complete");
	tell("memory for an object", (double)(heap() - before) /
	     (double)nobjects, "bytes", nobjects < 10000 ? 0 : 2048);
	measure_changes(store, sync, services * PODS);
	sync_free(sync);
	ipsvc_store_close(store);
	sd_event_unref(event);
}

int main(int argc, char **argv)
{
	char *manifest, *store;
	int services;
	size_t n;

	if (argc != 3 || (services = atoi(argv[2])) < 1)
		die("usage", "bench_objects DIRECTORY SERVICES");
	manifest = xasprintf("%s/all.yaml", argv[1]);
	store = xasprintf("%s/store.db", argv[1]);
	write_manifest(manifest, services);
	tell("objects", services * (1 + PODS), "", 0);
	measure_reading(manifest);
	n = fill_store(store, manifest);
	measure_daemon(store, n, services);
	free(manifest);
	free(store);
	return over;
}
