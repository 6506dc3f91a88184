// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc describe: what there is to know of objects, for people. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/describe.h"
#include "base/json.h"
#include "cli.h"
#include "kube.h"
#include "selector.h"

struct describe {
	struct cli *cli;
	struct ipsvc_store *store;
	const char *selector;
	bool all_namespaces;
	size_t n;		/* of those described */
};

const struct cli_option cmd_describe_options[] = {
	CLI_OPTION_BOOL(struct describe, all_namespaces, 'A', "all-namespaces",
			"of all namespaces"),
	CLI_OPTION_STRING(struct describe, selector, 'l', "selector", "SELECTOR",
			  "with these labels: k=v,k!=v,k,!k"),
	{ 0 },
};

static void print_object(struct describe *d, const struct ipsvc_object *obj,
			 const struct ipsvc_objects *others)
{
	struct ipsvc_buf lines = {0};
	char *text;

	obj->kind->describer->describe(obj->doc, others, time(NULL), &lines);
	text = ipsvc_describe_align(lines.data);
	printf("%s%s", d->n++ ? "\n\n" : "", text);
	free(text);
	ipsvc_buf_free(&lines);
}

static bool is_asked_for(const struct describe *d, const struct kube_ref *ref,
			 const struct ipsvc_object *obj)
{
	if (ref->name)
		return !strncmp(obj->name, ref->name, strlen(ref->name));
	return !d->selector ||
	       selector_matches(d->selector, ipsvc_json_member(obj->doc,
						"metadata", "labels"));
}

/* Those of the name, or else those whose names begin so. */
static enum ipsvc_store_result find(struct describe *d,
				    const struct kube_ref *ref, const char *ns,
				    struct ipsvc_objects *found)
{
	enum ipsvc_store_result result = IPSVC_STORE_NOT_FOUND;

	if (ref->name)
		result = kube_list(d->store, ref->kind, ns ? ns : "", ref->name,
				   found);
	return result == IPSVC_STORE_NOT_FOUND ?
	       kube_list(d->store, ref->kind, ns, NULL, found) : result;
}

static int describe_ref(struct describe *d, const struct kube_ref *ref)
{
	const struct ipsvc_kind *with = ref->kind->describer->with;
	const char *ns = ref->kind->namespaced && !d->all_namespaces ?
			 cli_namespace(d->cli) : NULL;
	struct ipsvc_objects found = {0}, others = {0};
	enum ipsvc_store_result result = find(d, ref, ns, &found);
	size_t before = d->n;

	if (result == IPSVC_STORE_OK && with && found.n)
		result = kube_list(d->store, with, ns, NULL, &others);
	for (size_t i = 0; result == IPSVC_STORE_OK && i < found.n; i++)
		if (is_asked_for(d, ref, &found.items[i]))
			print_object(d, &found.items[i], &others);
	ipsvc_objects_free(&found);
	ipsvc_objects_free(&others);
	if (result != IPSVC_STORE_OK)
		return kube_error("%s", ipsvc_store_message(d->store));
	return ref->name && d->n == before ? kube_not_found(ref->kind, ref->name) :
					     CLI_OK;
}

static int check_request(const struct describe *d, const struct kube_refs *refs)
{
	if (d->selector && !selector_is_valid(d->selector))
		return kube_error("unable to parse requirement: invalid selector '%s'",
				  d->selector);
	for (size_t i = 0; i < refs->n; i++) {
		if (!refs->items[i].name)
			continue;
		if (d->all_namespaces)
			return kube_error("a resource cannot be retrieved by name across all namespaces");
		if (d->selector)
			return kube_error("name cannot be provided when a selector is specified");
	}
	return CLI_OK;
}

static int run(struct describe *d, const struct kube_refs *refs)
{
	int code = CLI_OK;

	for (size_t i = 0; i < refs->n; i++)
		if (describe_ref(d, &refs->items[i]) != CLI_OK)
			code = CLI_FAILED;
	if (d->n || code != CLI_OK)
		return code;
	if (d->all_namespaces || !refs->items[0].kind->namespaced)
		fputs("No resources found\n", stderr);
	else
		fprintf(stderr, "No resources found in %s namespace.\n",
			cli_namespace(d->cli));
	return CLI_OK;
}

int cmd_describe(struct cli *cli, int argc, char **argv)
{
	struct describe d = { .cli = cli };
	struct kube_refs refs = {0};
	int code = CLI_FAILED;

	if (!cli_parse(cli, &argc, &argv, &d))
		return CLI_USAGE;
	if (kube_refs_parse(argv, argc, &refs) &&
	    check_request(&d, &refs) == CLI_OK &&
	    (d.store = kube_store(cli, true, &code))) {
		code = run(&d, &refs);
		ipsvc_store_close(d.store);
	}
	kube_refs_free(&refs);
	return code;
}
