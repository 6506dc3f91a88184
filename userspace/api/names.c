// SPDX-License-Identifier: GPL-2.0-or-later
#include "names.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/ip.h"
#include "base/memory.h"

#define LABEL_MAX	63
#define SUBDOMAIN_MAX	253
#define PORT_NAME_MAX	15

#define LABEL_FMT	"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
#define KEY_FMT		"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

#define LABEL_MESSAGE \
	"a lowercase RFC 1123 label must consist of lower case alphanumeric " \
	"characters or '-', and must start and end with an alphanumeric " \
	"character (e.g. 'my-name',  or '123-abc', regex used for validation " \
	"is '" LABEL_FMT "')"

#define SUBDOMAIN_MESSAGE \
	"a lowercase RFC 1123 subdomain must consist of lower case " \
	"alphanumeric characters, '-' or '.', and must start and end with an " \
	"alphanumeric character (e.g. 'example.com', regex used for " \
	"validation is '" LABEL_FMT "(\\." LABEL_FMT ")*')"

#define KEY_MESSAGE \
	"must consist of alphanumeric characters, '-', '_' or '.', and must " \
	"start and end with an alphanumeric character (e.g. 'MyName',  or " \
	"'my.name',  or '123-abc', regex used for validation is '" KEY_FMT "')"

#define LABEL_VALUE_MESSAGE \
	"a valid label must be an empty string or consist of alphanumeric " \
	"characters, '-', '_' or '.', and must start and end with an " \
	"alphanumeric character (e.g. 'MyValue',  or 'my_value',  or " \
	"'12345', regex used for validation is '(" KEY_FMT ")?')"

const char *const ipsvc_protocols[] = { "SCTP", "TCP", "UDP", NULL };

/* ---- what strings are made of -------------------------------------------- */

/* Characters of the "C" locale, whatever the locale of the process. */
static bool is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
	return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

static bool is_label(const char *s, size_t len)
{
	if (!len || !is_lower_alnum(s[0]) || !is_lower_alnum(s[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_lower_alnum(s[i]) && s[i] != '-')
			return false;
	return true;
}

/* Labels with dots between. */
static bool is_subdomain(const char *s)
{
	for (;;) {
		size_t len = strcspn(s, ".");

		if (!is_label(s, len))
			return false;
		if (!s[len])
			return true;
		s += len + 1;
	}
}

/* The part of a label's key after the slash, and a label's value. */
static bool is_key_name(const char *s)
{
	size_t len = strlen(s);

	if (!len || !is_alnum(s[0]) || !is_alnum(s[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(s[i]) && !strchr("-_.", s[i]))
			return false;
	return true;
}

/* ---- names -------------------------------------------------------------- */

void ipsvc_check_dns1123_label(struct ipsvc_errors *errs, const char *path,
			       const char *value)
{
	if (strlen(value) > LABEL_MAX)
		ipsvc_invalid_string(errs, path, value,
				     "must be no more than 63 characters");
	if (is_label(value, strlen(value)))
		return;
	if (is_subdomain(value))
		ipsvc_invalid_string(errs, path, value,
				     "must not contain dots");
	else
		ipsvc_invalid_string(errs, path, value, LABEL_MESSAGE);
}

void ipsvc_check_dns1123_subdomain(struct ipsvc_errors *errs, const char *path,
				   const char *value)
{
	if (strlen(value) > SUBDOMAIN_MAX)
		ipsvc_invalid_string(errs, path, value,
				     "must be no more than 253 characters");
	if (!is_subdomain(value))
		ipsvc_invalid_string(errs, path, value, SUBDOMAIN_MESSAGE);
}

/* The prefix of key @value: its first @len bytes. */
static void check_key_prefix(struct ipsvc_errors *errs, const char *path,
			     const char *value, size_t len)
{
	char *prefix = xstrndup(value, len);

	if (!len) {
		ipsvc_invalid_string(errs, path, value,
				     "prefix part must be non-empty");
	} else {
		if (len > SUBDOMAIN_MAX)
			ipsvc_invalid_string(errs, path, value,
				"prefix part must be no more than 253 bytes");
		if (!is_subdomain(prefix))
			ipsvc_invalid_string(errs, path, value,
					     "prefix part " SUBDOMAIN_MESSAGE);
	}
	free(prefix);
}

void ipsvc_check_qualified_name(struct ipsvc_errors *errs, const char *path,
				const char *value)
{
	const char *slash = strchr(value, '/');
	const char *name = slash ? slash + 1 : value;

	if (strchr(name, '/')) {
		ipsvc_invalid_string(errs, path, value,
			"a valid label key " KEY_MESSAGE
			" with an optional DNS subdomain prefix and '/' "
			"(e.g. 'example.com/MyName')");
		return;
	}
	if (slash)
		check_key_prefix(errs, path, value, (size_t)(slash - value));
	if (!*name)
		ipsvc_invalid_string(errs, path, value,
				     "name part must be non-empty");
	else if (strlen(name) > LABEL_MAX)
		ipsvc_invalid_string(errs, path, value,
				     "name part must be no more than 63 bytes");
	if (!is_key_name(name))
		ipsvc_invalid_string(errs, path, value,
				     "name part " KEY_MESSAGE);
}

void ipsvc_check_label_value(struct ipsvc_errors *errs, const char *path,
			     const char *value)
{
	if (strlen(value) > LABEL_MAX)
		ipsvc_invalid_string(errs, path, value,
				     "must be no more than 63 bytes");
	if (*value && !is_key_name(value))
		ipsvc_invalid_string(errs, path, value, LABEL_VALUE_MESSAGE);
}

void ipsvc_check_port_name(struct ipsvc_errors *errs, const char *path,
			   const char *value)
{
	size_t len = strlen(value);
	bool letter = false, charset = len > 0;

	for (size_t i = 0; i < len; i++) {
		letter = letter || (value[i] >= 'a' && value[i] <= 'z');
		charset = charset && (is_lower_alnum(value[i]) || value[i] == '-');
	}
	if (len > PORT_NAME_MAX)
		ipsvc_invalid_string(errs, path, value,
				     "must be no more than 15 characters");
	if (!charset)
		ipsvc_invalid_string(errs, path, value,
			"must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
	if (!letter)
		ipsvc_invalid_string(errs, path, value,
				     "must contain at least one letter (a-z)");
	if (strstr(value, "--"))
		ipsvc_invalid_string(errs, path, value,
				     "must not contain consecutive hyphens");
	if (len && (value[0] == '-' || value[len - 1] == '-'))
		ipsvc_invalid_string(errs, path, value,
				     "must not begin or end with a hyphen");
}

/* ---- numbers and words --------------------------------------------------- */

void ipsvc_check_port_number(struct ipsvc_errors *errs, const char *path,
			     int64_t value)
{
	char text[24];

	if (value >= 1 && value <= 65535)
		return;
	snprintf(text, sizeof(text), "%" PRId64, value);
	ipsvc_errors_add(errs, IPSVC_ERR_INVALID, path, text,
			 "must be between 1 and 65535, inclusive");
}

bool ipsvc_check_one_of(struct ipsvc_errors *errs, const char *path,
			const char *value, const char *const *words)
{
	struct ipsvc_buf list = {0};
	char *quoted;

	for (size_t i = 0; words[i]; i++) {
		if (!strcmp(words[i], value)) {
			ipsvc_buf_free(&list);
			return true;
		}
		ipsvc_buf_printf(&list, "%s\"%s\"", i ? ", " : "", words[i]);
	}
	quoted = ipsvc_quote(value);
	ipsvc_errors_add(errs, IPSVC_ERR_UNSUPPORTED, path, quoted,
			 "supported values: %s", list.data);
	free(quoted);
	ipsvc_buf_free(&list);
	return false;
}

/* ---- addresses ----------------------------------------------------------- */

void ipsvc_check_ip(struct ipsvc_errors *errs, const char *path,
		    const char *value)
{
	struct in6_addr ip;
	const char *why;

	if (!ipsvc_ip_parse(value, &ip, &why))
		ipsvc_invalid_string(errs, path, value, why);
}

void ipsvc_check_canonical_ip(struct ipsvc_errors *errs, const char *path,
			      const char *value)
{
	char text[INET6_ADDRSTRLEN], *detail;
	size_t before = errs->n;
	struct in6_addr ip;

	ipsvc_check_ip(errs, path, value);
	if (errs->n != before)
		return;
	ipsvc_ip_parse(value, &ip, NULL);
	if (ipsvc_ip_is4(&ip) ||
	    !strcmp(inet_ntop(AF_INET6, &ip, text, sizeof(text)), value))
		return;
	detail = xasprintf("must be in canonical form (\"%s\")", text);
	ipsvc_invalid_string(errs, path, value, detail);
	free(detail);
}

void ipsvc_check_cidr(struct ipsvc_errors *errs, const char *path,
		      const char *value)
{
	struct ipsvc_cidr cidr;
	const char *why;

	if (!ipsvc_cidr_parse(value, &cidr, &why))
		ipsvc_invalid_string(errs, path, value, why);
}

/* What no endpoint may be, and why; NULL: nothing of it. */
static const char *special_ip(const struct in6_addr *ip)
{
	uint32_t ip4 = ipsvc_ip_is4(ip) ? ntohl(ipsvc_ip_to4(ip).s_addr) : 0;

	if (ip4 >> 24 == 127 || IN6_IS_ADDR_LOOPBACK(ip))
		return "may not be in the loopback range (127.0.0.0/8, ::1/128)";
	if (ip4 >> 16 == 0xa9fe || IN6_IS_ADDR_LINKLOCAL(ip))
		return "may not be in the link-local range (169.254.0.0/16, fe80::/10)";
	if (ip4 >> 8 == 0xe00000 || IN6_IS_ADDR_MC_LINKLOCAL(ip))
		return "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)";
	return NULL;
}

/* The others that are no address of a host. */
static const char *not_of_host(const struct in6_addr *ip)
{
	uint32_t ip4 = ntohl(ipsvc_ip_to4(ip).s_addr);

	if (!ipsvc_ip_is4(ip))
		return IN6_IS_ADDR_MULTICAST(ip) ?
		       "may not be in the multicast range (224.0.0.0/4, ff00::/8)" :
		       NULL;
	if (ip4 >> 28 == 0xe)
		return "may not be in the multicast range (224.0.0.0/4, ff00::/8)";
	if (ip4 >> 28 == 0xf || ip4 >> 24 == 0)
		return "may not be in a reserved range (0.0.0.0/8, 240.0.0.0/4)";
	return NULL;
}

static bool is_unspecified(const struct in6_addr *ip)
{
	return ipsvc_ip_is4(ip) ? !ipsvc_ip_to4(ip).s_addr :
				  IN6_IS_ADDR_UNSPECIFIED(ip);
}

static bool check_endpoint(struct ipsvc_errors *errs, const char *path,
			   const char *value, struct in6_addr *ip)
{
	size_t before = errs->n;
	const char *problem;
	char *detail;

	if (!ipsvc_ip_parse(value, ip, &problem)) {
		ipsvc_invalid_string(errs, path, value, problem);
	} else if (is_unspecified(ip)) {
		detail = xasprintf("may not be unspecified (%s)", value);
		ipsvc_invalid_string(errs, path, value, detail);
		free(detail);
	} else if ((problem = special_ip(ip))) {
		ipsvc_invalid_string(errs, path, value, problem);
	}
	return errs->n == before;
}

void ipsvc_check_endpoint_ip(struct ipsvc_errors *errs, const char *path,
			     const char *value)
{
	struct in6_addr ip;

	check_endpoint(errs, path, value, &ip);
}

bool ipsvc_is_host_ip(const struct in6_addr *ip)
{
	return !is_unspecified(ip) && !special_ip(ip) && !not_of_host(ip);
}

void ipsvc_check_host_ip(struct ipsvc_errors *errs, const char *path,
			 const char *value)
{
	struct in6_addr ip;
	const char *problem;

	if (check_endpoint(errs, path, value, &ip) &&
	    (problem = not_of_host(&ip)))
		ipsvc_invalid_string(errs, path, value, problem);
}

/* @given is @canonical but for its case and its zeros. */
static void warn_form(struct ipsvc_errors *errs, const char *path,
		      const char *what, const char *given, const char *canonical)
{
	char *a = ipsvc_quote(given), *b = ipsvc_quote(canonical);

	if (strcmp(given, canonical))
		ipsvc_errors_warn(errs,
				  "%s: IPv6 %s %s should be in RFC 5952 canonical format (%s)",
				  path, what, a, b);
	free(a);
	free(b);
}

void ipsvc_warn_ip(struct ipsvc_errors *errs, const char *path,
		   const char *text)
{
	char canonical[INET6_ADDRSTRLEN], *quoted;
	struct in6_addr ip;

	if (ipsvc_ip_parse(text, &ip, NULL)) {
		if (!ipsvc_ip_is4(&ip))
			warn_form(errs, path, "address", text,
				  inet_ntop(AF_INET6, &ip, canonical,
					    sizeof(canonical)));
	} else if (ipsvc_ip_parse_sloppy(text, &ip)) {
		quoted = ipsvc_quote(text);
		ipsvc_errors_warn(errs,
				  "%s: non-standard IP address %s is invalid: use \"%s\"",
				  path, quoted, ipsvc_ip_format(&ip, canonical));
		free(quoted);
	}
}

void ipsvc_warn_cidr(struct ipsvc_errors *errs, const char *path,
		     const char *text)
{
	char net[INET6_ADDRSTRLEN], *canonical;
	struct ipsvc_cidr cidr;
	const char *why;

	if (!ipsvc_cidr_parse(text, &cidr, &why) || ipsvc_ip_is4(&cidr.net))
		return;
	canonical = xasprintf("%s/%u", inet_ntop(AF_INET6, &cidr.net, net,
						 sizeof(net)), cidr.prefix);
	warn_form(errs, path, "CIDR value", text, canonical);
	free(canonical);
}
