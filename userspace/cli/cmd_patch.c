// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc patch: single fields of objects. */
#include <stdlib.h>
#include <string.h>

#include "api/patch.h"
#include "base/errors.h"
#include "cli.h"
#include "kube_change.h"
#include "manifest/yaml.h"

struct patch {
	struct kube_change change;
	const char *text, *file, *type;
	json_t *value;
};

const struct cli_option cmd_patch_options[] = {
	CLI_OPTION_STRING(struct patch, text, 'p', "patch", "PATCH",
			  "what to change, as JSON or YAML"),
	{ .name = "patch-file", .type = CLI_STRING,
	  .at = offsetof(struct patch, file), .value = "FILE",
	  .complete = CLI_COMPLETE_FILE, .help = "the same in a file" },
	{ .name = "type", .type = CLI_STRING,
	  .at = offsetof(struct patch, type), .value = "TYPE",
	  .words = "json merge strategic",
	  .help = "what the patch is: json, merge or strategic (strategic)" },
	KUBE_CHANGE_OPTIONS(struct patch, change),
	{ 0 },
};

static json_t *patched(const struct patch *p, const struct ipsvc_object *obj,
		       char **why)
{
	if (!strcmp(p->type, "json"))
		return ipsvc_patch_json(obj->doc, p->value, why);
	if (!strcmp(p->type, "merge"))
		return ipsvc_patch_merge(obj->doc, p->value, why);
	return ipsvc_patch_strategic(obj->kind, obj->doc, p->value, why);
}

/* struct kube_change */
static json_t *change(struct kube_change *c, const struct ipsvc_object *obj,
		      const char **word)
{
	const struct patch *p = (const struct patch *)c;
	char *why = NULL;
	json_t *next = patched(p, obj, &why);

	if (!next) {
		fflush(stdout);
		fprintf(stderr, "The request is invalid: %s\n", why);
		free(why);
		return NULL;
	}
	*word = json_equal(next, obj->doc) ? "patched (no change)" : "patched";
	return next;
}

/* CLI_OK, or CLI_FAILED after a message. */
static int parse_text(struct patch *p, const char *text, size_t size)
{
	struct ipsvc_errors errs = {0};
	struct ipsvc_yaml yaml;
	char *why;

	if (ipsvc_yaml_read(text, size, 1, &yaml, &errs) && yaml.n == 1)
		p->value = json_incref(yaml.docs[0].root);
	if (!p->value) {
		why = errs.n ? ipsvc_error_format(&errs.items[0]) : NULL;
		kube_error("unable to parse \"%s\": %s", text,
			   why ? why : "it must be one document");
		free(why);
	}
	ipsvc_yaml_free(&yaml);
	ipsvc_errors_free(&errs);
	return p->value ? CLI_OK : CLI_FAILED;
}

static int read_patch(struct patch *p)
{
	char *text = NULL;
	size_t size = 0;
	int code;
	FILE *f;

	if (!p->text == !p->file)
		return kube_error(p->text ?
			"cannot specify --patch and --patch-file together" :
			"must specify --patch or --patch-file containing the contents of the patch");
	if (p->text)
		return parse_text(p, p->text, strlen(p->text));
	f = fopen(p->file, "r");
	if (!f || getdelim(&text, &size, '\0', f) < 0)
		code = kube_error("unable to read patch file: open %s: cannot be read",
				  p->file);
	else
		code = parse_text(p, text, strlen(text));
	if (f)
		fclose(f);
	free(text);
	return code;
}

static int check_type(struct patch *p)
{
	if (!p->type)
		p->type = "strategic";
	if (!strcmp(p->type, "json") || !strcmp(p->type, "merge") ||
	    !strcmp(p->type, "strategic"))
		return CLI_OK;
	return kube_error("--type must be one of [json merge strategic], not \"%s\"",
			  p->type);
}

int cmd_patch(struct cli *cli, int argc, char **argv)
{
	struct patch p = { .change = { .cli = cli, .change = change } };
	int code = CLI_USAGE;

	if (cli_parse(cli, &argc, &argv, &p)) {
		code = check_type(&p);
		if (code == CLI_OK)
			code = read_patch(&p);
		if (code == CLI_OK)
			code = kube_change_run(&p.change, argv, argc);
	}
	json_decref(p.value);
	cli_words_free(&p.change.names);
	return code;
}
