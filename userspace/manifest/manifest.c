// SPDX-License-Identifier: GPL-2.0-or-later
#include "manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/schema.h"
#include "api/validate.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "yaml.h"

#define TAG_DIRECTIVES_MAX	100

/* One text being read. */
struct reading {
	const char *file;
	const char *default_ns;
	bool written;			/* ipsvc_object_validate_written() */
	struct ipsvc_objects objs;	/* found so far */
	json_t *seen;			/* "Kind ns/name" to the line of the first */
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
		size_t len = ipsvc_utf8_decode(text, end - text, &rune);

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

static bool check_text(struct reading *rd, const char *text, size_t size)
{
	const char *garbage;
	unsigned int byte;

	if (size > IPSVC_MANIFEST_SIZE_MAX) {
		ipsvc_errors_add(rd->errs, IPSVC_ERR_DECODE, "", NULL,
				 "larger than %d bytes; split the file",
				 IPSVC_MANIFEST_SIZE_MAX);
		return false;
	}
	if (count_tag_directives(text, size) > TAG_DIRECTIVES_MAX) {
		ipsvc_errors_add(rd->errs, IPSVC_ERR_DECODE, "", NULL,
				 "more than %d %%TAG directives",
				 TAG_DIRECTIVES_MAX);
		return false;
	}
	garbage = find_garbage(text, size);
	if (!garbage)
		return true;
	byte = (unsigned char)*garbage;
	ipsvc_errors_add(rd->errs, IPSVC_ERR_DECODE, "", NULL,
			 byte == 0x7f || byte < 0x20 ?
			 "not a text file: control character 0x%02x" :
			 "not a text file: byte 0x%02x is not valid UTF-8",
			 byte);
	rd->errs->items[rd->errs->n - 1].line = count_lines(text, garbage);
	return false;
}

/* ---- documents ---------------------------------------------------------- */

/* @rd->errs from @from on are about @obj. */
static void attribute_errors(struct reading *rd, size_t from,
			     const struct ipsvc_object *obj,
			     const struct ipsvc_lines *lines)
{
	char *name = ipsvc_quote(obj->name);

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

/* False, with an error, when the text had an @obj of that name before. */
static bool check_seen(struct reading *rd, const struct ipsvc_object *obj,
		       const struct ipsvc_lines *lines)
{
	char *key = xasprintf("%s \"%s/%s\"", obj->kind->kind, obj->ns,
			      obj->name);
	json_t *first = json_object_get(rd->seen, key);

	if (first)
		fail_at(rd, lines, "metadata.name",
			"%s is defined twice, first in line %d", key,
			(int)json_integer_value(first));
	else
		json_object_set_new(rd->seen, key, json_integer(obj->line));
	free(key);
	return !first;
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
		if (!kind->status_written)
			json_object_del(doc, "status");
		ipsvc_object_default(obj);
		free(obj->ns);
		obj->ns = ipsvc_json_dup(json_object_get(doc, "metadata"),
					 "namespace");
		valid = rd->written ?
				ipsvc_object_validate_written(obj, rd->errs) :
				ipsvc_object_validate(obj, rd->errs);
	}
	attribute_errors(rd, errors, obj, lines);
	if (valid && check_seen(rd, obj, lines))
		warn_about(rd, obj, lines);
	else
		ipsvc_object_clear(&rd->objs.items[--rd->objs.n]);
}

static void read_document(struct reading *rd, json_t *doc,
			  const struct ipsvc_lines *lines, bool in_list);

static void read_list(struct reading *rd, const json_t *list,
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

/* A kind that is not of this world, or not of this version. */
static void refuse_kind(struct reading *rd, const struct ipsvc_lines *lines,
			const char *version, const char *kind)
{
	const struct ipsvc_kind *known = ipsvc_kind_by_name(kind);
	char *k = ipsvc_quote(kind), *v = ipsvc_quote(version);

	if (!strcmp(kind, "List") || (known && !known->derived)) {
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
	const char *version, *kind;
	const struct ipsvc_kind *known;

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
	if (known)
		read_object(rd, known, doc, lines);
	else if (strcmp(kind, "List") || strcmp(version, "v1"))
		refuse_kind(rd, lines, version, kind);
	else if (in_list)
		fail_at(rd, lines, "kind", "a List inside of a List");
	else
		read_list(rd, doc, lines);
}

/* Moves all objects of @from to the end of @to. */
static void objects_move(struct ipsvc_objects *from, struct ipsvc_objects *to)
{
	for (size_t i = 0; i < from->n; i++) {
		to->items = ipsvc_grow(to->items, to->n, &to->cap,
				       sizeof(*to->items));
		to->items[to->n++] = from->items[i];
	}
	from->n = 0;
}

static bool read_text(const char *text, size_t size, const char *file,
		      const char *default_ns, bool keep_good,
		      struct ipsvc_objects *objs, struct ipsvc_errors *errs)
{
	struct reading rd = {
		.file = file,
		.written = keep_good,
		.default_ns = default_ns && *default_ns ? default_ns : "default",
		.errs = errs,
		.errors_before = errs->n,
	};
	struct ipsvc_yaml yaml;
	size_t before = errs->n;

	if (!check_text(&rd, text, size) ||
	    !ipsvc_yaml_read(text, size, &yaml, errs))
		return false;
	rd.seen = json_object();
	for (size_t i = 0; i < yaml.n; i++) {
		read_document(&rd, yaml.docs[i].root, yaml.docs[i].lines,
			      false);
		limit_errors(&rd);
	}
	tell_dropped(&rd);
	if (errs->n == before || keep_good)
		objects_move(&rd.objs, objs);
	ipsvc_objects_free(&rd.objs);
	json_decref(rd.seen);
	ipsvc_yaml_free(&yaml);
	return errs->n == before;
}

bool ipsvc_manifest_read(const char *text, size_t size, const char *file,
			 const char *default_ns, struct ipsvc_objects *objs,
			 struct ipsvc_errors *errs)
{
	return read_text(text, size, file, default_ns, false, objs, errs);
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

/* Reads one byte more than a manifest may have, to tell that it is too large. */
static bool read_all(int fd, struct ipsvc_buf *buf)
{
	char chunk[65536];

	while (buf->len <= IPSVC_MANIFEST_SIZE_MAX) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return !n;
		ipsvc_buf_add(buf, chunk, (size_t)n);
	}
	return true;
}

static bool read_file(const char *path, const char *default_ns, bool keep_good,
		      struct ipsvc_objects *objs, struct ipsvc_errors *errs)
{
	struct ipsvc_buf buf = {0};
	int fd = open_manifest(path);
	bool ok = fd >= 0 && read_all(fd, &buf);

	/* Who reads a file knows its name: messages are about what is wrong. */
	if (ok)
		ok = read_text(buf.data ? buf.data : "", buf.len, path,
			       default_ns, keep_good, objs, errs);
	else
		ipsvc_errors_add(errs, IPSVC_ERR_DECODE, "", NULL,
				 "cannot be read: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	ipsvc_buf_free(&buf);
	return ok;
}

bool ipsvc_manifest_read_file(const char *path, const char *default_ns,
			      struct ipsvc_objects *objs,
			      struct ipsvc_errors *errs)
{
	return read_file(path, default_ns, false, objs, errs);
}

bool ipsvc_manifest_read_good(const char *path, const char *default_ns,
			      struct ipsvc_objects *objs,
			      struct ipsvc_errors *errs)
{
	return read_file(path, default_ns, true, objs, errs);
}
