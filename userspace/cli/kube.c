// SPDX-License-Identifier: GPL-2.0-or-later
#include "kube.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/validate.h"
#include "base/memory.h"
#include "cli/print/yaml_out.h"

/* ---- messages ----------------------------------------------------------- */

int kube_error(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("error: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return CLI_FAILED;
}

int kube_not_found(const struct ipsvc_kind *kind, const char *name)
{
	char *type = ipsvc_kind_several(kind);

	fflush(stdout);
	fprintf(stderr, "Error from server (NotFound): %s \"%s\" not found\n",
		type, name);
	free(type);
	return CLI_FAILED;
}

/* As kubectl, once, however many objects it is about. */
static void warn(const char *text)
{
	static json_t *said;

	if (!said)
		said = json_object();
	if (!json_object_get(said, text))
		fprintf(stderr, "Warning: %s\n", text);
	json_object_set_new(said, text, json_true());
}

void kube_warnings(const struct ipsvc_errors *errs)
{
	for (size_t i = 0; i < errs->nwarnings; i++)
		warn(errs->warnings[i]);
}

int kube_refused(const char *message, enum ipsvc_store_result result,
		 const struct ipsvc_object *obj, const struct ipsvc_errors *errs)
{
	char *type = ipsvc_kind_several(obj->kind), *text;

	fflush(stdout);
	switch (result) {
	case IPSVC_STORE_NOT_FOUND:
		kube_not_found(obj->kind, obj->name);
		break;
	case IPSVC_STORE_EXISTS:
		fprintf(stderr,
			"Error from server (AlreadyExists): %s \"%s\" already exists\n",
			type, obj->name);
		break;
	case IPSVC_STORE_CONFLICT:
		fprintf(stderr,
			"Error from server (Conflict): Operation cannot be fulfilled on %s \"%s\": the object has been modified; please apply your changes to the latest version and try again\n",
			type, obj->name);
		break;
	case IPSVC_STORE_INVALID:
		if (!errs || !errs->n) {
			kube_error("%s", message);
			break;
		}
		text = ipsvc_invalid_message(obj, errs);
		fprintf(stderr, "%s\n", text);
		free(text);
		break;
	default:
		kube_error("%s", message);
	}
	free(type);
	return CLI_FAILED;
}

/* ---- kinds and names ---------------------------------------------------- */

/* NULL, after kubectl's message, for what there is not. */
static const struct ipsvc_kind *find_kind(const char *word)
{
	const struct ipsvc_kind *kind = ipsvc_kind_from_word(word);

	if (!kind)
		kube_error("the server doesn't have a resource type \"%s\"",
			   word);
	return kind;
}

char *kube_full_name(const struct ipsvc_kind *kind, const char *name)
{
	char *type = ipsvc_kind_one(kind);
	char *full = xasprintf("%s/%s", type, name);

	free(type);
	return full;
}

static void add_ref(struct kube_refs *refs, const struct ipsvc_kind *kind,
		    const char *name)
{
	refs->items = ipsvc_grow(refs->items, refs->n, &refs->cap,
				 sizeof(*refs->items));
	if (refs->n && refs->items[0].kind != kind)
		refs->several_kinds = true;
	refs->items[refs->n++] = (struct kube_ref){ kind, name };
	if (kind->deprecated)
		warn(kind->deprecated);
}

static bool parse_slashed(char **args, int n, struct kube_refs *refs)
{
	for (int i = 0; i < n; i++) {
		char *slash = strchr(args[i], '/'), *word;
		const struct ipsvc_kind *kind;

		if (!slash) {
			kube_error("there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'ipsvc get resource/<resource_name>' instead of 'ipsvc get resource resource/<resource_name>'");
			return false;
		}
		word = xstrndup(args[i], (size_t)(slash - args[i]));
		kind = find_kind(word);
		free(word);
		if (!kind)
			return false;
		if (!slash[1] || strchr(slash + 1, '/')) {
			kube_error("arguments in resource/name form may not have more than one slash");
			return false;
		}
		add_ref(refs, kind, slash + 1);
	}
	return true;
}

/* @kind with all names, or without any. */
static void add_refs(struct kube_refs *refs, const struct ipsvc_kind *kind,
		     char **names, int n)
{
	for (int i = 0; i < n; i++)
		add_ref(refs, kind, names[i]);
	if (!n)
		add_ref(refs, kind, NULL);
}

/* The next kind of "all", in the order of their names; NULL after the last. */
static const struct ipsvc_kind *next_of_all(const struct ipsvc_kind *last)
{
	const struct ipsvc_kind *next = NULL;

	for (const struct ipsvc_kind *const *k = ipsvc_kinds; *k; k++)
		if ((*k)->in_all &&
		    (!last || strcmp((*k)->plural, last->plural) > 0) &&
		    (!next || strcmp((*k)->plural, next->plural) < 0))
			next = *k;
	return next;
}

/* One of "svc,po". */
static bool parse_kind(const char *word, char **names, int n,
		       struct kube_refs *refs)
{
	const struct ipsvc_kind *kind = NULL;

	if (!strcmp(word, "all")) {
		while ((kind = next_of_all(kind)))
			add_refs(refs, kind, names, n);
		return true;
	}
	kind = find_kind(word);
	if (kind)
		add_refs(refs, kind, names, n);
	return kind;
}

/* Whether @word is one of the words, separated by commas, of [@list, @end). */
static bool is_among(const char *word, const char *list, const char *end)
{
	size_t len = strlen(word);

	for (const char *p = list; p < end; p += strcspn(p, ",") + 1)
		if (strcspn(p, ",") == len && !strncmp(p, word, len))
			return true;
	return false;
}

bool kube_refs_parse(char **args, int n, struct kube_refs *refs)
{
	char *words, *rest, *word;
	bool ok = true;

	for (int i = 0; i < n; i++)
		if (strchr(args[i], '/'))
			return parse_slashed(args, n, refs);
	for (int i = 1; i < n; i++)
		if (!*args[i])
			return kube_error("resource name may not be empty"), false;
	/* Each word counts once, and an empty one is a word. */
	words = rest = xstrdup(args[0]);
	while (ok && (word = strsep(&rest, ",")))
		if (!is_among(word, args[0], args[0] + (word - words)))
			ok = parse_kind(word, args + 1, n - 1, refs);
	free(words);
	return ok;
}

void kube_refs_free(struct kube_refs *refs)
{
	free(refs->items);
	*refs = (struct kube_refs){0};
}

/* ---- the rest ----------------------------------------------------------- */

/* Of the manifests of other hosts nothing is known. */
static bool manifest_is_gone(const struct ipsvc_owner *owner)
{
	char *host = ipsvc_owner_host();
	bool ours = !*owner->source || !strcmp(owner->source, host);
	struct stat st;

	free(host);
	return ours && lstat(owner->file, &st) &&
	       (errno == ENOENT || errno == ENOTDIR);
}

struct ipsvc_store *kube_store(const struct cli *cli, bool readonly, int *code)
{
	char *message = NULL;
	struct ipsvc_store *store = ipsvc_store_open(cli->store_url, readonly,
						     &message);

	if (!store && errno == EACCES) {
		kube_error("%s; run " CLI_NAME " as root, as with sudo, or as the owner of the store",
			   message);
		*code = CLI_NO_PERMISSION;
	} else if (!store) {
		*code = kube_error("%s", message);
	}
	free(message);
	if (store)
		ipsvc_store_set_gone(store, manifest_is_gone);
	return store;
}

struct ipsvc_store *kube_store_if_any(const struct cli *cli)
{
	char *message = NULL;
	struct ipsvc_store *store = ipsvc_store_open(cli->store_url, true,
						     &message);

	free(message);
	return store;
}

/* One of @kind, and of @name if that is not NULL. */
static bool is_wanted(const struct ipsvc_object *obj,
		      const struct ipsvc_kind *kind, const char *name)
{
	return obj->kind == kind && (!name || !strcmp(obj->name, name));
}

/* Both are sorted. */
static void merge(const struct ipsvc_kind *kind, const char *name,
		  struct ipsvc_objects *stored, struct ipsvc_objects *computed,
		  struct ipsvc_objects *out)
{
	size_t i = 0, j = 0;

	while (i < stored->n || j < computed->n) {
		int d = i == stored->n ? 1 : j == computed->n ? -1 :
			ipsvc_object_cmp(&stored->items[i], &computed->items[j]);
		bool ours = d < 0 || (!d && !kind->derived->hides);

		if (d <= 0 && ours && is_wanted(&stored->items[i], kind, name))
			ipsvc_objects_take(out, &stored->items[i]);
		else if (d >= 0 && !ours)
			ipsvc_objects_take(out, &computed->items[j]);
		i += d <= 0;
		j += d >= 0;
	}
}

enum ipsvc_store_result kube_list(struct ipsvc_store *store,
				  const struct ipsvc_kind *kind, const char *ns,
				  const char *name, struct ipsvc_objects *out)
{
	struct ipsvc_objects stored = {0}, computed = {0};
	enum ipsvc_store_result result;

	if (!kind->derived)
		return name ? ipsvc_store_get(store, kind, ns, name, out) :
			      ipsvc_store_list(store, kind, ns, out, NULL);
	result = ipsvc_store_list(store, NULL, kind->namespaced ? ns : NULL,
				  &stored, NULL);
	if (result == IPSVC_STORE_OK) {
		kind->derived->derive(&stored, name, &computed);
		ipsvc_objects_sort(&computed);
		merge(kind, name, &stored, &computed, out);
	}
	ipsvc_objects_free(&stored);
	ipsvc_objects_free(&computed);
	return result == IPSVC_STORE_OK && name && !out->n ?
	       IPSVC_STORE_NOT_FOUND : result;
}

bool kube_dry_run(const char *value, enum kube_dry_run *dry_run)
{
	if (!value || !strcmp(value, "none"))
		*dry_run = KUBE_DRY_RUN_NONE;
	else if (!strcmp(value, "client"))
		*dry_run = KUBE_DRY_RUN_CLIENT;
	else if (!strcmp(value, "server"))
		*dry_run = KUBE_DRY_RUN_SERVER;
	else
		return kube_error("Invalid dry-run value (%s). Must be \"none\", \"server\", or \"client\".",
				  value), false;
	return true;
}

const char *kube_dry_run_suffix(enum kube_dry_run dry_run)
{
	switch (dry_run) {
	case KUBE_DRY_RUN_CLIENT:
		return " (dry run)";
	case KUBE_DRY_RUN_SERVER:
		return " (server dry run)";
	default:
		return "";
	}
}

bool kube_prints_documents(const char *format)
{
	return !strcmp(format, "json") || !strcmp(format, "yaml");
}

json_t *kube_one_document(json_t *docs, bool list)
{
	if (list || json_array_size(docs) > 1)
		return json_pack("{s:s, s:s, s:{s:s}, s:O}", "apiVersion", "v1",
				 "kind", "List", "metadata", "resourceVersion",
				 "", "items", docs);
	return json_incref(json_array_get(docs, 0));
}

void kube_print_documents(FILE *fp, const char *format, json_t *docs, bool list)
{
	json_t *doc = kube_one_document(docs, list);

	if (doc && !strcmp(format, "json")) {
		json_dumpf(doc, fp, JSON_INDENT(4) | JSON_SORT_KEYS);
		fputc('\n', fp);
	} else if (doc) {
		yaml_out(fp, doc);
	}
	json_decref(doc);
	json_decref(docs);
}
