// SPDX-License-Identifier: GPL-2.0-or-later
#include "expose.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "impl.h"

#define NAME_MAX_BYTES	63

/* Sets *@message; returns false. */
__attribute__((format(printf, 2, 3)))
static bool fail(char **message, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*message = xvasprintf(fmt, ap);
	va_end(ap);
	return false;
}

static bool given(const char *option)
{
	return option && *option;
}

/* ---- the exposed object ------------------------------------------------- */

void ipsvc_expose_add_port(struct ipsvc_expose_source *src, int64_t number,
			   const char *protocol)
{
	struct ipsvc_expose_port *port = NULL;

	for (size_t i = 0; i < src->n; i++)
		if (src->ports[i].number == number)
			port = &src->ports[i];
	if (!port) {
		src->ports = ipsvc_grow(src->ports, src->n, &src->cap,
					sizeof(*src->ports));
		port = &src->ports[src->n++];
		*port = (struct ipsvc_expose_port){ .number = number };
	}
	for (size_t i = 0; i < port->nprotocols; i++)
		if (!strcmp(port->protocols[i], protocol))
			return;
	if (port->nprotocols < sizeof(port->protocols) / sizeof(port->protocols[0]))
		port->protocols[port->nprotocols++] = xstrdup(protocol);
}

json_t *ipsvc_expose_labels(const struct ipsvc_labels *labels)
{
	json_t *map = json_object();

	for (size_t i = 0; i < labels->n; i++)
		json_object_set_new(map, labels->items[i].key,
				    json_string(labels->items[i].value));
	return map;
}

bool ipsvc_service_expose(const json_t *doc, struct ipsvc_expose_source *src)
{
	struct ipsvc_errors errs = {0};
	struct ipsvc_service svc;
	bool ok = ipsvc_service_decode(doc, &svc, &errs);

	src->no_selector = "the service has no pod selector set";
	src->labels = ipsvc_expose_labels(&svc.labels);
	src->selector = ipsvc_expose_labels(&svc.selector);
	for (size_t i = 0; i < svc.nports; i++)
		ipsvc_expose_add_port(src, svc.ports[i].port,
				      *svc.ports[i].protocol ?
				      svc.ports[i].protocol : "TCP");
	ipsvc_service_clear(&svc);
	ipsvc_errors_free(&errs);
	return ok;
}

static void source_free(struct ipsvc_expose_source *src)
{
	for (size_t i = 0; i < src->n; i++)
		for (size_t j = 0; j < src->ports[i].nprotocols; j++)
			free(src->ports[i].protocols[j]);
	free(src->ports);
	json_decref(src->labels);
	json_decref(src->selector);
}

/* ---- selector and labels ------------------------------------------------- */

/* One "key=value" into @map. */
static bool parse_label(const char *text, size_t len, json_t *map,
			char **message)
{
	char *item = xstrndup(text, len), *equals = strchr(item, '=');
	bool ok = equals && !strchr(equals + 1, '=');

	if (!ok) {
		fail(message, "unexpected label spec: %s", item);
	} else if (equals == item) {
		ok = fail(message, "unexpected empty label key");
	} else {
		*equals = '\0';
		json_object_set_new(map, item, json_string(equals + 1));
	}
	free(item);
	return ok;
}

/* "a=b,c=d" as kubectl has it; NULL with *@message when it is not. */
static json_t *parse_labels(const char *text, char **message)
{
	json_t *map = json_object();

	for (;;) {
		size_t len = strcspn(text, ",");

		if (!parse_label(text, len, map, message)) {
			json_decref(map);
			return NULL;
		}
		if (!text[len])
			return map;
		text += len + 1;
	}
}

static json_t *choose_selector(const struct ipsvc_expose_source *src,
			       const char *option, char **message)
{
	if (given(option))
		return parse_labels(option, message);
	if (json_object_size(src->selector))
		return json_incref(src->selector);
	fail(message,
	     "couldn't retrieve selectors via --selector flag or introspection: %s",
	     src->no_selector);
	return NULL;
}

/* ---- ports -------------------------------------------------------------- */

/* As Go's strconv.Atoi: a whole decimal number; what it says otherwise. */
static bool parse_number(const char *text, int64_t *number, char **message)
{
	const char *digits = text + (*text == '-' || *text == '+');
	char *end, *quoted;
	long long value;
	bool syntax = *digits && !digits[strspn(digits, "0123456789")];

	errno = 0;
	value = strtoll(text, &end, 10);
	if (syntax && !errno) {
		*number = value;
		return true;
	}
	quoted = ipsvc_quote(text);
	fail(message, "strconv.Atoi: parsing %s: %s", quoted,
	     syntax ? "value out of range" : "invalid syntax");
	free(quoted);
	return false;
}

static void append_port(json_t *ports, const char *name, int64_t number,
			const char *protocol)
{
	json_t *port = json_object();

	if (*name)
		json_object_set_new(port, "name", json_string(name));
	json_object_set_new(port, "protocol", json_string(protocol));
	json_object_set_new(port, "port", json_integer(number));
	json_array_append_new(ports, port);
}

static const struct ipsvc_expose_port *
find_port(const struct ipsvc_expose_source *src, int64_t number)
{
	for (size_t i = 0; i < src->n; i++)
		if (src->ports[i].number == number)
			return &src->ports[i];
	return NULL;
}

/*
 * The @index-th of @total ports. Its protocol is --protocol, else what the
 * object has for that number (an entry each when it has several), else TCP.
 */
static void expand_port(json_t *ports, const struct ipsvc_expose_source *src,
			int64_t number, size_t index, size_t total,
			const char *protocol)
{
	const struct ipsvc_expose_port *found = find_port(src, number);
	char name[48] = "";

	if (total > 1)
		snprintf(name, sizeof(name), "port-%zu", index + 1);
	if (given(protocol) || !found || found->nprotocols <= 1) {
		append_port(ports, name, number,
			    given(protocol) ? protocol :
			    found && found->nprotocols ? found->protocols[0] :
			    "TCP");
		return;
	}
	for (size_t i = 0; i < found->nprotocols; i++) {
		snprintf(name, sizeof(name), "port-%zu-%s", index + 1,
			 found->protocols[i]);
		for (char *c = name; *c; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c = (char)(*c - 'A' + 'a');
		append_port(ports, name, number, found->protocols[i]);
	}
}

/* --port, a list of numbers. */
static bool ports_from_option(json_t *ports,
			      const struct ipsvc_expose_source *src,
			      const struct ipsvc_expose_options *opts,
			      char **message)
{
	const char *p = opts->port;
	size_t total = 1;

	for (const char *c = p; *c; c++)
		total += *c == ',';
	for (size_t i = 0; i < total; i++) {
		size_t len = strcspn(p, ",");
		char *item = xstrndup(p, len);
		int64_t number = 0;
		bool ok = parse_number(item, &number, message);

		free(item);
		if (!ok)
			return false;
		expand_port(ports, src, number, i, total, opts->protocol);
		p += len + 1;
	}
	return true;
}

/* --target-port, for all ports; else each port's own number. */
static void set_target_ports(json_t *ports, const char *option)
{
	int64_t number = 0;
	char *ignored = NULL;
	json_t *port;
	size_t i;
	bool is_number = given(option) &&
			 parse_number(option, &number, &ignored) &&
			 number >= INT32_MIN && number <= INT32_MAX;

	free(ignored);
	json_array_foreach(ports, i, port) {
		if (!given(option))
			json_object_set(port, "targetPort",
					json_object_get(port, "port"));
		else
			json_object_set_new(port, "targetPort", is_number ?
					    json_integer(number) :
					    json_string(option));
	}
}

static json_t *choose_ports(const struct ipsvc_expose_source *src,
			    const struct ipsvc_expose_options *opts,
			    char **message)
{
	bool headless = opts->cluster_ip && !strcmp(opts->cluster_ip, "None");
	json_t *ports = json_array();
	bool ok = true;

	if (given(opts->port))
		ok = ports_from_option(ports, src, opts, message);
	else if (!src->n && !headless)
		ok = fail(message,
			  "couldn't find port via --port flag or introspection");
	else
		for (size_t i = 0; i < src->n; i++)
			expand_port(ports, src, src->ports[i].number, i, src->n,
				    opts->protocol);
	if (ok) {
		set_target_ports(ports, opts->target_port);
		return ports;
	}
	json_decref(ports);
	return NULL;
}

/* ---- the service --------------------------------------------------------- */

static bool set_affinity(json_t *spec, const char *option, char **message)
{
	if (!given(option))
		return true;
	if (strcmp(option, "None") && strcmp(option, "ClientIP"))
		return fail(message, "unknown session affinity: %s", option);
	json_object_set_new(spec, "sessionAffinity", json_string(option));
	return true;
}

static bool fill_spec(json_t *spec, const struct ipsvc_expose_source *src,
		      const struct ipsvc_expose_options *opts, char **message)
{
	json_t *selector, *ports;

	selector = choose_selector(src, opts->selector, message);
	if (!selector)
		return false;
	json_object_set_new(spec, "selector", selector);
	ports = choose_ports(src, opts, message);
	if (!ports)
		return false;
	json_object_set_new(spec, "ports", ports);
	if (given(opts->external_ip))
		json_object_set_new(spec, "externalIPs",
				    json_pack("[s]", opts->external_ip));
	if (given(opts->type))
		json_object_set_new(spec, "type", json_string(opts->type));
	if (given(opts->load_balancer_ip) && given(opts->type) &&
	    !strcmp(opts->type, "LoadBalancer"))
		json_object_set_new(spec, "loadBalancerIP",
				    json_string(opts->load_balancer_ip));
	if (given(opts->cluster_ip))
		json_object_set_new(spec, "clusterIP",
				    json_string(opts->cluster_ip));
	return set_affinity(spec, opts->session_affinity, message);
}

static bool fill_metadata(json_t *meta, const struct ipsvc_expose_source *src,
			  const struct ipsvc_object *from,
			  const struct ipsvc_expose_options *opts,
			  char **message)
{
	json_t *labels;
	char *name;

	name = given(opts->name) ? xstrdup(opts->name) :
				   xstrndup(from->name, NAME_MAX_BYTES);
	json_object_set_new(meta, "name", json_string(name));
	json_object_set_new(meta, "namespace", json_string(from->ns));
	free(name);
	labels = given(opts->labels) ? parse_labels(opts->labels, message) :
				       json_incref(src->labels);
	if (!labels)
		return false;
	if (json_object_size(labels))
		json_object_set(meta, "labels", labels);
	json_decref(labels);
	return true;
}

json_t *ipsvc_expose(const struct ipsvc_object *from,
		     const struct ipsvc_expose_options *opts, char **message)
{
	json_t *doc, *meta = json_object(), *spec = json_object();
	struct ipsvc_expose_source src = {0};
	bool ok;

	*message = NULL;
	doc = json_pack("{ss, ss, so, so}", "apiVersion", "v1", "kind",
			"Service", "metadata", meta, "spec", spec);
	if (!from->kind->expose)
		ok = fail(message, "cannot expose a %s", from->kind->kind);
	else if (!(ok = from->kind->expose(from->doc, &src)))
		fail(message, "the object to expose cannot be read");
	/* In kubectl's order: of several mistakes, the same one is told. */
	ok = ok && fill_spec(spec, &src, opts, message) &&
	     fill_metadata(meta, &src, from, opts, message);
	source_free(&src);
	if (ok)
		return doc;
	json_decref(doc);
	return NULL;
}
