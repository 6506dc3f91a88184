// SPDX-License-Identifier: GPL-2.0-or-later
#include "kube_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "kube.h"
#include "manifest/manifest.h"

/* ---- which files -------------------------------------------------------- */

static void add_path(struct kube_files *files, char *path)
{
	files->paths = ipsvc_grow(files->paths, files->n, &files->cap,
				  sizeof(*files->paths));
	files->paths[files->n++] = path;
}

static int is_manifest(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml") ||
		       !strcmp(dot, ".json"));
}

static bool add_directory(struct kube_files *files, const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_manifest, alphasort);

	if (n < 0) {
		kube_error("cannot read the directory %s: %s", path,
			   strerror(errno));
		return false;
	}
	for (int i = 0; i < n; i++) {
		add_path(files, xasprintf("%s/%s", path, entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
	if (!n)
		kube_error("error reading [%s]: recognized file extensions are [.json .yaml .yml]",
			   path);
	return n;
}

static bool add_name(struct kube_files *files, const char *path)
{
	struct stat st;

	if (strcmp(path, "-") != 0) {
		if (stat(path, &st) < 0 && errno == ENOENT) {
			kube_error("the path \"%s\" does not exist", path);
			return false;
		}
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			return add_directory(files, path);
	}
	add_path(files, xstrdup(path));
	return true;
}

bool kube_files_find(struct kube_files *files, const struct cli_words *names)
{
	for (size_t i = 0; i < names->n; i++)
		if (!add_name(files, names->items[i]))
			return false;
	return true;
}

void kube_files_free(struct kube_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		free(files->paths[i]);
	free(files->paths);
	*files = (struct kube_files){0};
}

/* ---- what is in them ---------------------------------------------------- */

/* As kubectl calls it. */
static const char *shown(const char *path)
{
	return strcmp(path, "-") ? path : "STDIN";
}

/* Of the object that @err is about; NULL when it is about none. */
static const struct ipsvc_kind *kind_of(const struct ipsvc_error *err)
{
	const struct ipsvc_kind *kind;
	char *word;

	if (!err->object)
		return NULL;
	word = xstrndup(err->object, strcspn(err->object, " "));
	kind = ipsvc_kind_by_name(word);
	free(word);
	return kind;
}

/* Of the text, or of the types of an object. */
static void say_unreadable(const char *path, const struct ipsvc_error *err)
{
	const struct ipsvc_kind *kind = kind_of(err);
	char *text = ipsvc_error_format(err);

	if (kind)
		fprintf(stderr,
			"Error from server (BadRequest): error when creating \"%s\": %s in version \"%s\" cannot be handled as a %s: %s\n",
			shown(path), kind->kind, kind->version, kind->kind, text);
	else if (err->line)
		kube_error("error parsing %s: line %d: %s", shown(path),
			   err->line, text);
	else
		kube_error("error reading %s: %s", shown(path), text);
	free(text);
}

static void say_errors(const char *path, const struct ipsvc_errors *errs)
{
	for (size_t i = 0; i < errs->n; i++)
		say_unreadable(path, &errs->items[i]);
}

static bool check_namespaces(const char *ns, const struct ipsvc_objects *objs,
			     size_t from)
{
	for (size_t i = from; i < objs->n; i++) {
		const char *own = objs->items[i].ns;

		if (!objs->items[i].kind->namespaced || strcmp(own, ns) == 0)
			continue;
		kube_error("the namespace from the provided object \"%s\" does not match the namespace \"%s\". You must pass '--namespace=%s' to perform this operation.",
			   own, ns, own);
		return false;
	}
	return true;
}

static int read_one(const struct cli *cli, const char *path,
		    struct ipsvc_objects *objs)
{
	struct ipsvc_errors errs = {0};
	size_t before = objs->n;
	int code = CLI_OK;

	if (!ipsvc_manifest_read_written(path, cli_namespace(cli), objs, &errs)) {
		fflush(stdout);
		say_errors(path, &errs);
		code = CLI_FAILED;
	}
	kube_warnings(&errs);
	ipsvc_errors_free(&errs);
	if (cli->ns && !check_namespaces(cli->ns, objs, before)) {
		while (objs->n > before)
			ipsvc_object_clear(&objs->items[--objs->n]);
		code = CLI_FAILED;
	}
	return code;
}

int kube_files_read(const struct cli *cli, const struct kube_files *files,
		    struct ipsvc_objects *objs)
{
	int code = CLI_OK;

	for (size_t i = 0; i < files->n; i++)
		if (read_one(cli, files->paths[i], objs) != CLI_OK)
			code = CLI_FAILED;
	return code;
}
