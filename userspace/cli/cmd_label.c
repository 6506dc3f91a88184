// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc label, ipsvc annotate: what the metadata of objects says. */
#include <stdlib.h>
#include <string.h>

#include "api/names.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli.h"
#include "kube_change.h"

struct label {
	struct kube_change change;
	bool annotations, overwrite, list;
	char **pairs;		/* "k=v", "k-" */
	int npairs;
};

const struct cli_option cmd_label_options[] = {
	CLI_OPTION_BOOL(struct label, overwrite, 0, "overwrite",
			"also where there is another value"),
	CLI_OPTION_BOOL(struct label, list, 0, "list",
			"print what there is afterwards"),
	KUBE_CHANGE_OPTIONS_MANY(struct label, change),
	{ 0 },
};

static const char *noun(const struct label *l)
{
	return l->annotations ? "annotation" : "label";
}

/* As kubectl tells them from names. */
static bool is_pair(const char *arg)
{
	size_t len = strlen(arg);

	return (strchr(arg, '=') && *arg != '=') ||
	       (len > 1 && arg[len - 1] == '-');
}

/* CLI_OK, or CLI_FAILED after a message; *@n becomes the number of resources. */
static int split_arguments(struct label *l, char **args, int *n)
{
	int first = 0;

	while (first < *n && !is_pair(args[first]))
		first++;
	for (int i = first; i < *n; i++)
		if (!is_pair(args[i]))
			return kube_error("all resources must be specified before %s changes: %s",
					  noun(l), args[i]);
	l->pairs = args + first;
	l->npairs = *n - first;
	*n = first;
	if (!l->npairs && !l->list)
		return kube_error("at least one %s update is required", noun(l));
	return CLI_OK;
}

static int check_pair(const struct label *l, const char *pair)
{
	const char *value = strchr(pair, '=');
	struct ipsvc_errors errs = {0};
	char *quoted;

	if (!value || l->annotations)
		return CLI_OK;
	if (strchr(value + 1, '='))
		return kube_error("invalid label spec: %s", pair);
	ipsvc_check_label_value(&errs, "", value + 1);
	if (!errs.n)
		return CLI_OK;
	quoted = ipsvc_quote(pair);
	kube_error("invalid label value: %s: %s", quoted, errs.items[0].detail);
	free(quoted);
	ipsvc_errors_free(&errs);
	return CLI_FAILED;
}

/* Whether a key is both set and taken away. */
static bool contradicts(const struct label *l, const char *pair)
{
	size_t len = strcspn(pair, "=");

	for (int i = 0; i < l->npairs; i++)
		if (pair[len] && !strchr(l->pairs[i], '=') &&
		    strlen(l->pairs[i]) == len + 1 &&
		    !strncmp(l->pairs[i], pair, len))
			return true;
	return false;
}

static int check_pairs(const struct label *l)
{
	for (int i = 0; i < l->npairs; i++) {
		if (check_pair(l, l->pairs[i]) != CLI_OK)
			return CLI_FAILED;
		if (contradicts(l, l->pairs[i]))
			return kube_error("can not both modify and remove %s in the same command",
					  l->annotations ? "an annotation" : "a label");
	}
	return CLI_OK;
}

/* What keeps @map from being changed, or NULL; to be freed. */
static char *find_values(const struct label *l, const json_t *map)
{
	struct ipsvc_buf buf = {0};

	for (int i = 0; i < l->npairs && !l->overwrite; i++) {
		const char *value = strchr(l->pairs[i], '=');
		char *key = xstrndup(l->pairs[i], value ?
				     (size_t)(value - l->pairs[i]) : 0);
		const json_t *is = value ? json_object_get(map, key) : NULL;

		if (is && strcmp(json_string_value(is), value + 1) != 0)
			ipsvc_buf_printf(&buf, "%s'%s' already has a value (%s)%s",
					 buf.len && l->annotations ? "; " :
					 buf.len ? ", " : "", key,
					 json_string_value(is), l->annotations ?
					 "" : ", and --overwrite is false");
		free(key);
	}
	return buf.len ? ipsvc_buf_take(&buf) : NULL;
}

static void change_map(const struct label *l, json_t *map)
{
	for (int i = 0; i < l->npairs; i++) {
		const char *value = strchr(l->pairs[i], '=');
		size_t len = value ? (size_t)(value - l->pairs[i]) :
				     strlen(l->pairs[i]) - 1;
		char *key = xstrndup(l->pairs[i], len);

		if (value)
			json_object_set_new(map, key, json_string(value + 1));
		else if (json_object_del(map, key) && !l->annotations)
			printf("label \"%s\" not found.\n", key);
		free(key);
	}
}

static void print_map(const json_t *map)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)map, key, value)
		printf("%s=%s\n", key, json_string_value(value));
}

/* As kubectl says it, which goes by the size of the documents. */
static const char *word_for(const struct label *l, const json_t *old,
			    const json_t *now)
{
	if (l->annotations)
		return "annotated";
	if (json_equal(old, now))
		return "not labeled";
	return !l->overwrite && json_object_size(now) < json_object_size(old) ?
	       "unlabeled" : "labeled";
}

/* struct kube_change */
static json_t *change(struct kube_change *c, const struct ipsvc_object *obj,
		      const char **word)
{
	struct label *l = (struct label *)c;
	json_t *doc = json_deep_copy(obj->doc), *map, *old;
	const char *key = l->annotations ? "annotations" : "labels";
	char *found;

	map = ipsvc_json_sub(ipsvc_json_sub(doc, "metadata"), key);
	found = find_values(l, map);
	if (found) {
		kube_error("%s%s", l->annotations ?
			   "--overwrite is false but found the following declared annotation(s): " : "",
			   found);
		free(found);
		json_decref(doc);
		return NULL;
	}
	old = json_deep_copy(map);
	change_map(l, map);
	*word = word_for(l, old, map);
	if (l->list)
		print_map(map);
	if (!json_object_size(map))
		json_object_del(json_object_get(doc, "metadata"), key);
	json_decref(old);
	return doc;
}

static int run(struct label *l, int argc, char **argv)
{
	int code = CLI_USAGE;

	l->change.change = change;
	if (cli_parse(l->change.cli, &argc, &argv, l)) {
		code = split_arguments(l, argv, &argc);
		if (code == CLI_OK)
			code = check_pairs(l);
		if (code == CLI_OK)
			code = kube_change_run(&l->change, argv, argc);
	}
	cli_words_free(&l->change.names);
	return code;
}

int cmd_label(struct cli *cli, int argc, char **argv)
{
	struct label l = { .change.cli = cli };

	return run(&l, argc, argv);
}

int cmd_annotate(struct cli *cli, int argc, char **argv)
{
	struct label l = { .change.cli = cli, .annotations = true };

	return run(&l, argc, argv);
}
