// SPDX-License-Identifier: GPL-2.0-or-later
#include "manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/schema.h"
#include "api/validate.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "split.h"
#include "yaml.h"

#define TAG_DIRECTIVES_MAX	100

/* One text being read. */
struct reading {
	const char *file;
	const char *default_ns;
	bool written;			/* ipsvc_manifest_read_written() */
	struct ipsvc_objects objs;	/* found so far */
	json_t *seen;			/* "Kind ns/name" to the index in objs */
	struct ipsvc_errors *errs;
	size_t errors_before;		/* in @errs, of other texts */
	size_t errors_dropped;
	size_t warnings, warnings_dropped;
};

/* An error that is about @path below @lines. */
__attribute__((format(printf, 4, 5)))
static void fail_at(struct reading *rd, const struct ipsvc_lines *lines,
		    const char *path, const char *fmt, ...)
{
	struct ipsvc_error *err;
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	ipsvc_errors_add(rd->errs, IPSVC_ERR_DECODE, path, NULL, "%s", text);
	free(text);
	err = &rd->errs->items[rd->errs->n - 1];
	err->line = ipsvc_lines_first(ipsvc_lines_find(lines, path));
}

/* What is beyond the bound is only counted. */
static void limit_errors(struct reading *rd)
{
	struct ipsvc_errors *errs = rd->errs;

	while (errs->n - rd->errors_before > IPSVC_MANIFEST_ERRORS_MAX) {
		ipsvc_error_clear(&errs->items[--errs->n]);
		rd->errors_dropped++;
	}
}

static void tell_dropped(struct reading *rd)
{
	if (rd->errors_dropped)
		ipsvc_errors_add(rd->errs, IPSVC_ERR_DECODE, "", NULL,
				 "and %zu more errors", rd->errors_dropped);
	if (rd->warnings_dropped)
		ipsvc_errors_warn(rd->errs, "and %zu more warnings",
				  rd->warnings_dropped);
}

/* ---- the text ----------------------------------------------------------- */

static int count_lines(const char *from, const char *to)
{
	int n = 1;

	for (; from < to; from++)
		n += *from == '\n';
	return n;
}

/* NULL when @text is text, else where it ceases to be. */
static const char *find_garbage(const char *text, size_t size)
{
	const char *end = text + size;
	uint32_t rune;

	while (text < end) {
		size_t len;

		if (*text >= 0x20 && *text < 0x7f) {
			text++;
			continue;
		}
		len = ipsvc_utf8_decode(text, end - text, &rune);
		if (!len || rune == 0x7f ||
		    (rune < 0x20 && rune != '\n' && rune != '\r' && rune != '\t'))
			return text;
		text += len;
	}
	return NULL;
}

/* libyaml compares each with all before it, which 50,000 make felt. */
static size_t count_tag_directives(const char *text, size_t size)
{
	const char *end = text + size, *line = text;
	size_t n = 0;

	for (; line && end - line >= 4; line = memchr(line, '\n', end - line)) {
		line += *line == '\n';
		n += end - line >= 4 && !memcmp(line, "%TAG", 4);
	}
	return n;
}

static void fail_text(struct reading *rd, int line, const char *text)
{
	ipsvc_errors_add(rd->errs, IPSVC_ERR_DECODE, "", NULL, "%s", text);
	rd->errs->items[rd->errs->n - 1].line = line;
}

static bool check_text(struct reading *rd, const char *text, size_t size,
		       int line)
{
	const char *garbage;
	unsigned int byte;
	char *why;

	if (count_tag_directives(text, size) > TAG_DIRECTIVES_MAX) {
		why = xasprintf("more than %d %%TAG directives",
				TAG_DIRECTIVES_MAX);
		fail_text(rd, line, why);
		free(why);
		return false;
	}
	garbage = find_garbage(text, size);
	if (!garbage)
		return true;
	byte = (unsigned char)*garbage;
	why = xasprintf(byte == 0x7f || byte < 0x20 ?
			"not a text file: control character 0x%02x" :
			"not a text file: byte 0x%02x is not valid UTF-8",
			byte);
	fail_text(rd, line - 1 + count_lines(text, garbage), why);
	free(why);
	return false;
}

/* ---- documents ---------------------------------------------------------- */

/* @rd->errs from @from on are about @obj. */
static void attribute_errors(struct reading *rd, size_t from,
			     const struct ipsvc_object *obj,
			     const struct ipsvc_lines *lines)
{
	char *name;

	if (from == rd->errs->n)
		return;
	name = ipsvc_quote(obj->name);
	limit_errors(rd);
	for (size_t i = from; i < rd->errs->n; i++) {
		struct ipsvc_error *err = &rd->errs->items[i];

		err->line = ipsvc_lines_first(ipsvc_lines_find(lines, err->path));
		err->object = xasprintf("%s %s",
					obj->kind->kind, name);
	}
	free(name);
}

__attribute__((format(printf, 3, 4)))
static void warn_at(struct reading *rd, int line, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (rd->warnings++ >= IPSVC_MANIFEST_ERRORS_MAX) {
		rd->warnings_dropped++;
		return;
	}
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	if (rd->file)
		ipsvc_errors_warn(rd->errs, "%s:%d: %s", rd->file, line, text);
	else
		ipsvc_errors_warn(rd->errs, "line %d: %s", line, text);
	free(text);
}

/* The warnings of @obj, each with the line of the field it begins with. */
static void warn_about(struct reading *rd, const struct ipsvc_object *obj,
		       const struct ipsvc_lines *lines)
{
	struct ipsvc_errors found = {0};

	ipsvc_object_warnings(obj, &found);
	for (size_t i = 0; i < found.nwarnings; i++) {
		const char *text = found.warnings[i];
		char *path = xstrndup(text, strcspn(text, ": "));

		warn_at(rd, ipsvc_lines_first(ipsvc_lines_find(lines, path)),
			"%s", text);
		free(path);
	}
	ipsvc_errors_free(&found);
}

/*
 * False, with an error, when the text had an object of the name of the last one
 * before, or with a warning when it was the same.
 */
static bool check_seen(struct reading *rd, const struct ipsvc_lines *lines)
{
	const struct ipsvc_object *obj = &rd->objs.items[rd->objs.n - 1];
	char *key = xasprintf("%s \"%s/%s\"", obj->kind->kind, obj->ns,
			      obj->name);
	const json_t *index = json_object_get(rd->seen, key);
	const struct ipsvc_object *first =
		&rd->objs.items[index ? json_integer_value(index) : 0];

	if (!index)
		json_object_set_new(rd->seen, key,
				    json_integer((json_int_t)rd->objs.n - 1));
	else if (json_equal(first->doc, obj->doc))
		warn_at(rd, obj->line, "%s is there twice, first in line %d",
			key, first->line);
	else
		fail_at(rd, lines, "metadata.name",
			"%s is defined twice, first in line %d", key,
			first->line);
	free(key);
	return !index;
}

static void read_object(struct reading *rd, const struct ipsvc_kind *kind,
			json_t *doc, const struct ipsvc_lines *lines)
{
	size_t errors = rd->errs->n;
	struct ipsvc_object *obj;
	bool valid;

	obj = ipsvc_objects_add(&rd->objs, kind, json_incref(doc), rd->file,
				ipsvc_lines_first(lines));
	valid = ipsvc_schema_check(kind, doc, true, rd->errs);
	if (valid) {
		if (kind->namespaced)
			ipsvc_json_default(ipsvc_json_sub(doc, "metadata"),
					   "namespace", rd->default_ns);
		else	/* the API server takes it for none, too */
			json_object_del(json_object_get(doc, "metadata"),
					"namespace");
		if (!kind->status_written)
			json_object_del(doc, "status");
		if (rd->written)
			obj->written = json_deep_copy(doc);
		ipsvc_object_default(obj);
		free(obj->ns);
		obj->ns = ipsvc_json_dup(json_object_get(doc, "metadata"),
					 "namespace");
		valid = rd->written ||
			ipsvc_object_validate(obj, NULL, rd->errs);
	}
	attribute_errors(rd, errors, obj, lines);
	if (!valid || !check_seen(rd, lines))
		ipsvc_object_clear(&rd->objs.items[--rd->objs.n]);
	else if (!rd->written)
		warn_about(rd, obj, lines);
}

static void read_document(struct reading *rd, json_t *doc,
			  const struct ipsvc_lines *lines, bool in_list);

/* What the objects of a list are that is not of any kind: "ServiceList". */
static const struct ipsvc_kind *list_kind(const char *version, const char *kind)
{
	size_t len = strlen(kind), suffix = strlen("List");
	const struct ipsvc_kind *of;
	char *name;

	if (len <= suffix || strcmp(kind + len - suffix, "List"))
		return NULL;
	name = xstrndup(kind, len - suffix);
	of = ipsvc_kind_from_manifest(version, name);
	free(name);
	return of;
}

/* @of: what its objects are if they do not say; NULL: they say. */
static void read_list(struct reading *rd, const json_t *list,
		      const struct ipsvc_kind *of,
		      const struct ipsvc_lines *lines)
{
	const json_t *items = json_object_get(list, "items");
	json_t *item;
	size_t i;

	if (items && !json_is_null(items) && !json_is_array(items)) {
		fail_at(rd, lines, "items", "items must be a list");
		return;
	}
	json_array_foreach(items, i, item) {
		char path[32];

		if (of && json_is_object(item)) {
			ipsvc_json_default(item, "kind", of->kind);
			ipsvc_json_default(item, "apiVersion", ipsvc_json_text(
						   list, "apiVersion"));
		}
		snprintf(path, sizeof(path), "items[%zu]", i);
		read_document(rd, item, ipsvc_lines_find(lines, path), true);
	}
}

/* apiVersion or kind; NULL with an error when it is not there. */
static const char *type_field(struct reading *rd, const json_t *doc,
			      const struct ipsvc_lines *lines,
			      const char *field)
{
	const json_t *value = json_object_get(doc, field);
	const char *s = json_string_value(value);

	if (s && *s)
		return s;
	if (value && !json_is_null(value) && !s)
		fail_at(rd, lines, field, "%s must be a string", field);
	else
		fail_at(rd, lines, field, "%s not set", field);
	return NULL;
}

/* "serving.knative.dev/v1" is of another group than "v1". */
static bool is_of_group(const struct ipsvc_kind *kind, const char *version)
{
	const char *slash = strchr(version, '/');
	size_t len = slash ? (size_t)(slash - version) : 0;

	return len == strlen(kind->group) && !strncmp(version, kind->group, len);
}

/* A kind that is not of this world, or not of this version. */
static void refuse_kind(struct reading *rd, const struct ipsvc_lines *lines,
			const char *version, const char *kind)
{
	const struct ipsvc_kind *known = ipsvc_kind_by_name(kind);
	char *k = ipsvc_quote(kind), *v = ipsvc_quote(version);

	if (!strcmp(kind, "List") ||
	    (known && is_of_group(known, version))) {
		fail_at(rd, lines, "apiVersion",
			"no matches for kind %s in version %s; it is in \"%s%s%s\"",
			k, v, known ? known->group : "",
			known && *known->group ? "/" : "",
			known ? known->version : "v1");
	} else {
		/* Without the quotes, but escaped all the same. */
		v[strlen(v) - 1] = '\0';
		warn_at(rd, ipsvc_lines_first(ipsvc_lines_find(lines, "kind")),
			"kind %s (%s) is not handled by ipsvc and is ignored",
			k, v + 1);
	}
	free(k);
	free(v);
}

static void read_document(struct reading *rd, json_t *doc,
			  const struct ipsvc_lines *lines, bool in_list)
{
	const struct ipsvc_kind *known, *of;
	const char *version, *kind;

	if (!json_is_object(doc)) {
		fail_at(rd, lines, "",
			"not an object: a manifest has apiVersion, kind and metadata");
		return;
	}
	version = type_field(rd, doc, lines, "apiVersion");
	kind = type_field(rd, doc, lines, "kind");
	if (!version || !kind)
		return;
	known = ipsvc_kind_from_manifest(version, kind);
	of = list_kind(version, kind);
	if (known)
		read_object(rd, known, doc, lines);
	else if (!of && (strcmp(kind, "List") || strcmp(version, "v1")))
		refuse_kind(rd, lines, version, kind);
	else if (in_list)
		fail_at(rd, lines, "kind", "a List inside of a List");
	else
		read_list(rd, doc, of, lines);
}

/* Moves all objects of @from to the end of @to. */
static void objects_move(struct ipsvc_objects *from, struct ipsvc_objects *to)
{
	for (size_t i = 0; i < from->n; i++)
		ipsvc_objects_take(to, &from->items[i]);
	from->n = 0;
}

/* Takes the errors after the first @n out again. */
static void drop_errors(struct ipsvc_errors *errs, size_t n)
{
	while (errs->n > n)
		ipsvc_error_clear(&errs->items[--errs->n]);
}

/* ipsvc_split_fn */
static enum ipsvc_split_answer read_documents(void *arg, const char *text,
					      size_t size, int line, size_t n)
{
	struct reading *rd = arg;
	size_t errors = rd->errs->n;
	struct ipsvc_yaml yaml;

	ipsvc_progress();
	if (!check_text(rd, text, size, line) ||
	    !ipsvc_yaml_read(text, size, line, &yaml, rd->errs)) {
		/* What is wrong with one, or too much for all. */
		if (n == 1)
			return IPSVC_SPLIT_STOP;
		drop_errors(rd->errs, errors);
		return IPSVC_SPLIT_ONE_BY_ONE;
	}
	for (size_t i = 0; i < yaml.n; i++) {
		read_document(rd, yaml.docs[i].root, yaml.docs[i].lines,
			      false);
		limit_errors(rd);
	}
	ipsvc_yaml_free(&yaml);
	return IPSVC_SPLIT_GO_ON;
}

static bool read_all(struct reading *rd, FILE *in)
{
	char *why = NULL;
	int line;

	switch (ipsvc_split(in, IPSVC_MANIFEST_SIZE_MAX, read_documents, rd,
			    &line)) {
	case IPSVC_SPLIT_OK:
		return true;
	case IPSVC_SPLIT_TOO_LARGE:
		why = xasprintf("a document larger than %d bytes",
				IPSVC_MANIFEST_SIZE_MAX);
		break;
	case IPSVC_SPLIT_FAILED:
		why = xasprintf("cannot be read: %s", strerror(errno));
		line = 0;
		break;
	default:
		break;
	}
	if (why)
		fail_text(rd, line, why);
	free(why);
	return false;
}

static bool read_stream(FILE *in, const char *file, const char *default_ns,
			bool written, struct ipsvc_objects *objs,
			struct ipsvc_errors *errs)
{
	struct reading rd = {
		.file = file,
		.written = written,
		.default_ns = default_ns && *default_ns ? default_ns : "default",
		.errs = errs,
		.errors_before = errs->n,
		.seen = json_object(),
	};
	size_t before = errs->n;
	bool whole = read_all(&rd, in);

	tell_dropped(&rd);
	if (whole && (errs->n == before || written))
		objects_move(&rd.objs, objs);
	ipsvc_objects_free(&rd.objs);
	json_decref(rd.seen);
	return errs->n == before;
}

bool ipsvc_manifest_read(const char *text, size_t size, const char *file,
			 const char *default_ns, struct ipsvc_objects *objs,
			 struct ipsvc_errors *errs)
{
	/* An empty one cannot be opened. */
	FILE *in = fmemopen((void *)(size ? text : "\n"), size ? size : 1, "r");
	bool ok;

	if (!in)
		ipsvc_out_of_memory();
	ok = read_stream(in, file, default_ns, false, objs, errs);
	fclose(in);
	return ok;
}

/* ---- files -------------------------------------------------------------- */

/* "-" is standard input. Opening never blocks; -1 with errno on failure. */
static int open_manifest(const char *path)
{
	struct stat st;
	int fd;

	if (!strcmp(path, "-"))
		return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISDIR(st.st_mode)) {
		close(fd);
		errno = EISDIR;
		return -1;
	}
	/* A pipe, as of <(…), is waited for. */
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

static bool read_file(const char *path, const char *default_ns, bool written,
		      struct ipsvc_objects *objs, struct ipsvc_errors *errs)
{
	int fd = open_manifest(path);
	FILE *in = fd >= 0 ? fdopen(fd, "r") : NULL;
	bool ok = false;

	/* Who reads a file knows its name: messages are about what is wrong. */
	if (in)
		ok = read_stream(in, path, default_ns, written, objs, errs);
	else
		ipsvc_errors_add(errs, IPSVC_ERR_DECODE, "", NULL,
				 "cannot be read: %s", strerror(errno));
	if (in)
		fclose(in);
	return ok;
}

bool ipsvc_manifest_read_file(const char *path, const char *default_ns,
			      struct ipsvc_objects *objs,
			      struct ipsvc_errors *errs)
{
	return read_file(path, default_ns, false, objs, errs);
}

bool ipsvc_manifest_read_written(const char *path, const char *default_ns,
				 struct ipsvc_objects *objs,
				 struct ipsvc_errors *errs)
{
	return read_file(path, default_ns, true, objs, errs);
}
