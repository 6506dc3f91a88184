// SPDX-License-Identifier: GPL-2.0-or-later
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "manifest/manifest.h"
#include "source/scan.h"
#include "store/check.h"

struct check {
	const struct options *opts;
	struct scan scan;
	struct ipsvc_store *store;	/* or NULL */
	struct ipsvc_store_file *files;
	size_t n, cap;
	size_t objects, errors;
};

static void say(const char *file, int line, const char *text)
{
	if (line)
		fprintf(stderr, "%s:%d: %s\n", file, line, text);
	else
		fprintf(stderr, "%s: %s\n", file, text);
}

static void say_errors(struct check *c, const char *file,
		       const struct ipsvc_errors *errs)
{
	for (size_t i = 0; i < errs->n; i++) {
		char *text = ipsvc_error_format(&errs->items[i]);

		say(file, errs->items[i].line, text);
		free(text);
	}
	for (size_t i = 0; i < errs->nwarnings; i++)
		fprintf(stderr, "Warning: %s\n", errs->warnings[i]);
	c->errors += errs->n;
}

/* Takes over @file. */
static struct ipsvc_store_file *add_file(struct check *c, char *file)
{
	struct ipsvc_store_file *f;

	c->files = ipsvc_grow(c->files, c->n, &c->cap, sizeof(*c->files));
	f = &c->files[c->n++];
	*f = (struct ipsvc_store_file){ .file = file };
	return f;
}

/* One file of the directory; if it is good, it is to be applied. */
static void read_file(struct check *c, const struct scan_file *entry)
{
	char *path = xasprintf("%s/%s", c->opts->manifests, entry->name);
	const char *hint, *why = scan_refusal(entry, &hint);
	struct ipsvc_store_file *f;
	char *text;

	if (why) {
		text = xasprintf("%s; %s", why, hint);
		say(path, 0, text);
		free(text);
		free(path);
		c->errors++;
		return;
	}
	f = add_file(c, path);
	ipsvc_manifest_read_file(path, "default", &f->objs, &f->errs);
	say_errors(c, path, &f->errs);
	c->objects += f->objs.n;
	if (f->errs.n)	/* what it has is not known */
		free((char *)c->files[--c->n].file);
	ipsvc_errors_free(&f->errs);
}

/* What there was in files that are gone is anybody's. */
static void add_gone(struct check *c)
{
	char **files;
	size_t n;

	if (ipsvc_store_files(c->store, c->opts->source, &files, &n) !=
	    IPSVC_STORE_OK)
		return;
	for (size_t i = 0; i < n; i++) {
		const char *name = scan_name_in(c->opts->manifests, files[i]);

		if (name && !scan_find(&c->scan, name))
			add_file(c, xstrdup(files[i]));
		free(files[i]);
	}
	free(files);
}

/* One that is not there yet has nothing that could be in the way. */
static void open_store(struct check *c)
{
	char *message;

	c->store = ipsvc_store_open(c->opts->store, true, &message);
	if (!c->store && errno != ENOENT)
		fprintf(stderr, "Warning: checked without what is stored: %s\n",
			message);
	free(message);
}

static void check_against_store(struct check *c)
{
	struct ipsvc_cluster_config cfg = {
		.service_cidr = IPSVC_DEFAULT_SERVICE_CIDR,
		.node_port_min = IPSVC_DEFAULT_NODE_PORT_MIN,
		.node_port_max = IPSVC_DEFAULT_NODE_PORT_MAX,
	};
	char *message;
	bool given;

	if (c->store)
		ipsvc_store_config(c->store, &cfg);
	given = options_config(c->opts, &cfg);
	if (ipsvc_store_check(c->store, given ? &cfg : NULL, c->opts->source,
			      c->files, c->n, &message) != IPSVC_STORE_OK) {
		say(c->opts->store, 0, message);
		c->errors++;
	}
	free(message);
	for (size_t i = 0; i < c->n; i++)
		say_errors(c, c->files[i].file, &c->files[i].errs);
}

int check_manifests(const struct options *opts)
{
	struct check c = { .opts = opts };
	int err = scan_dir(opts->manifests, &c.scan);

	if (err) {
		say(opts->manifests, 0, strerror(-err));
		return 1;
	}
	open_store(&c);
	if (c.store)
		add_gone(&c);
	for (size_t i = 0; i < c.scan.n; i++)
		read_file(&c, &c.scan.items[i]);
	check_against_store(&c);
	printf("%zu files, %zu objects, %zu errors\n", c.scan.n, c.objects,
	       c.errors);
	for (size_t i = 0; i < c.n; i++) {
		ipsvc_objects_free(&c.files[i].objs);
		ipsvc_errors_free(&c.files[i].errs);
		free((char *)c.files[i].file);
	}
	free(c.files);
	scan_free(&c.scan);
	ipsvc_store_close(c.store);
	return c.errors ? 1 : 0;
}
