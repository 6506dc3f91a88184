/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of the store:
 *
 *   objects/KIND/NAMESPACE/NAME	{"doc", "source", "file", "specRevision"}: the
 *				last where the status was written since
 *   owners/SOURCE\tFILE\tKIND/NAMESPACE/NAME	"": an index of the manifests
 *   ips/FAMILY/HEX, ports/NUMBER	the key of who has it: of an object, or of
 *   kept/KIND/NAMESPACE/NAME		{"doc", "claims": [key]}: of a deleted one
 *   config				{"serviceCidr", "nodePortMin", "nodePortMax"}
 *
 * Keys of addresses and numbers have one length, so that their order is that of
 * the addresses and numbers.
 */
#ifndef IPSVC_STORE_RECORDS_H
#define IPSVC_STORE_RECORDS_H

#include "base/ip.h"
#include "ops.h"

#define IPSVC_KEY_CONFIG	"config"
#define IPSVC_KEY_IPS		"ips/"
#define IPSVC_KEY_PORTS		"ports/"
#define IPSVC_KEY_KEPT		"kept/"

#define IPSVC_CLAIM_KEY_SIZE	48

/* All keys are the caller's to free. */
char *ipsvc_object_key(const struct ipsvc_kind *kind, const char *ns,
		       const char *name);
char *ipsvc_kept_key(const struct ipsvc_object *obj);
/* Where the keys with the beginning @prefix end. */
char *ipsvc_key_end(const char *prefix);
/* The key of @obj in the index of its manifest; NULL when it has none. */
char *ipsvc_owner_key(const struct ipsvc_object *obj);
/* What these begin with, of all manifests of a source, or of one. */
char *ipsvc_owner_prefix(const char *source, const char *file);
/* The manifest of a key of the index. */
char *ipsvc_owner_key_file(const char *key);
/* That of the object. */
char *ipsvc_owner_key_object(const char *key);

/* These write to a buffer of IPSVC_CLAIM_KEY_SIZE bytes and return it. */
const char *ipsvc_ip_key(const struct in6_addr *addr, char *buf);
const char *ipsvc_port_key(uint64_t port, char *buf);
struct in6_addr ipsvc_ip_of_key(const char *key);
uint64_t ipsvc_port_of_key(const char *key);

/* NULL when @obj cannot be written as JSON. */
char *ipsvc_object_encode(const struct ipsvc_object *obj);
/*
 * Appends the object of @record, unless its kind is one that only later versions
 * know. False, with the message set, when it cannot be read.
 */
bool ipsvc_object_decode(struct ipsvc_store *store,
			 const struct ipsvc_record *record,
			 struct ipsvc_objects *out);
/* metadata.resourceVersion, which is not part of what is stored. */
void ipsvc_object_set_revision(struct ipsvc_object *obj, int64_t revision);

/*
 * @text without what separates the parts of a key, or is no UTF-8: such bytes are
 * written as in a URL. To be freed.
 */
char *ipsvc_key_escape(const char *text);

#endif
