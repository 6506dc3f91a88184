// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsvc diff: what apply would change. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli.h"
#include "kube.h"
#include "kube_files.h"
#include "print/yaml_out.h"

/* As kubectl: 0 and 1 are diff's, and more is a failure. */
#define FAILED	2

struct diff {
	struct cli *cli;
	struct cli_words names;
	struct ipsvc_store *store;
	char *live, *merged;	/* directories */
};

const struct cli_option cmd_diff_options[] = {
	KUBE_OPTION_FILENAME(struct diff, names, "manifests, directories of them, or - for standard input"),
	{ 0 },
};

/* The name of the file of @obj in @dir, as kubectl's; to be freed. */
static char *file_of(const char *dir, const struct ipsvc_object *obj)
{
	char *version = ipsvc_kind_api_version(obj->kind), *name;

	for (char *c = version; *c; c++)
		if (*c == '/')
			*c = '.';
	name = xasprintf("%s/%s.%s.%s.%s", dir, version, obj->kind->kind,
			 obj->ns, obj->name);
	free(version);
	return name;
}

/* What differs each time is left out. */
static bool write_document(const char *dir, const struct ipsvc_object *obj,
			   const json_t *doc)
{
	char *name = file_of(dir, obj);
	FILE *fp = fopen(name, "w");
	json_t *copy = json_deep_copy(doc);
	bool ok = fp;

	json_object_del(json_object_get(copy, "metadata"), "resourceVersion");
	if (fp) {
		yaml_out(fp, copy);
		ok = !fclose(fp);
	}
	json_decref(copy);
	free(name);
	return ok;
}

/* CLI_OK, or FAILED after a message. */
static int write_both(struct diff *d, struct ipsvc_object *obj)
{
	struct ipsvc_objects live = {0};
	struct ipsvc_errors errs = {0};
	enum ipsvc_write_outcome outcome;
	enum ipsvc_store_result result;
	bool ok = true;

	if (ipsvc_store_get(d->store, obj->kind, obj->ns, obj->name, &live) ==
	    IPSVC_STORE_OK)
		ok = write_document(d->live, obj, live.items[0].doc);
	result = ipsvc_store_write(d->store, obj, IPSVC_WRITE_CHANGE, true,
				   &outcome, &errs);
	if (result != IPSVC_STORE_OK) {
		kube_refused(ipsvc_store_message(d->store), result, obj, &errs);
		ok = false;
	} else if (!ok || !write_document(d->merged, obj, obj->doc)) {
		kube_error("cannot write to %s: %s", d->merged, strerror(errno));
		ok = false;
	}
	ipsvc_errors_free(&errs);
	ipsvc_objects_free(&live);
	return ok ? CLI_OK : FAILED;
}

/* The exit code of the program that compares. */
static int compare(const struct diff *d)
{
	const char *program = getenv("KUBECTL_EXTERNAL_DIFF");
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (program && *program)
			execlp(program, program, d->live, d->merged, NULL);
		else
			execlp("diff", "diff", "-u", "-N", d->live, d->merged,
			       NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) > 1) {
		kube_error("cannot run %s", program ? program : "diff");
		return FAILED;
	}
	return WEXITSTATUS(status);
}

static char *make_directory(const char *name)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = xasprintf("%s/%s-XXXXXX", tmp ? tmp : "/tmp", name);

	if (mkdtemp(dir))
		return dir;
	kube_error("cannot make a directory %s: %s", dir, strerror(errno));
	free(dir);
	return NULL;
}

static void remove_directory(char *dir, const struct ipsvc_objects *objs)
{
	if (!dir)
		return;
	for (size_t i = 0; i < objs->n; i++) {
		char *name = file_of(dir, &objs->items[i]);

		unlink(name);
		free(name);
	}
	rmdir(dir);
	free(dir);
}

static int diff_all(struct diff *d, struct ipsvc_objects *objs)
{
	int code = FAILED;

	d->live = make_directory("LIVE");
	d->merged = d->live ? make_directory("MERGED") : NULL;
	if (d->merged) {
		code = CLI_OK;
		for (size_t i = 0; i < objs->n && code == CLI_OK; i++)
			code = write_both(d, &objs->items[i]);
		if (code == CLI_OK)
			code = compare(d);
	}
	remove_directory(d->live, objs);
	remove_directory(d->merged, objs);
	return code;
}

int cmd_diff(struct cli *cli, int argc, char **argv)
{
	struct diff d = { .cli = cli };
	struct ipsvc_objects objs = {0};
	struct kube_files files = {0};
	int code = FAILED;

	if (!cli_parse(cli, &argc, &argv, &d))
		code = CLI_USAGE;
	else if (!d.names.n)
		kube_error("must specify -f");
	else if (kube_files_find(&files, &d.names) &&
		 kube_files_read(cli, &files, &objs) == CLI_OK &&
		 (d.store = kube_store(cli, false, &code)))
		code = diff_all(&d, &objs);
	ipsvc_store_close(d.store);
	ipsvc_objects_free(&objs);
	kube_files_free(&files);
	cli_words_free(&d.names);
	return code;
}
