/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the kernel is to choose endpoints, which Kubernetes has no fields for: the
 * annotations "ipsvc.io/…" of Services, and of Pods and EndpointSlices.
 */
#ifndef IPSVC_CHOICE_H
#define IPSVC_CHOICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/errors.h"

/* Of a Service: */
#define IPSVC_NOTE_SCHEDULER	"ipsvc.io/scheduler"
#define IPSVC_NOTE_ONE_PACKET	"ipsvc.io/one-packet-scheduling"
#define IPSVC_NOTE_HASH_KEY	"ipsvc.io/hash-key"
#define IPSVC_NOTE_HASH_SIZE	"ipsvc.io/hash-table-size"
#define IPSVC_NOTE_SHARED	"ipsvc.io/affinity-shared"
#define IPSVC_NOTE_PREFIX4	"ipsvc.io/affinity-prefix-ipv4"
#define IPSVC_NOTE_PREFIX6	"ipsvc.io/affinity-prefix-ipv6"
/* Of a Pod, or of all endpoints of an EndpointSlice: */
#define IPSVC_NOTE_WEIGHT	"ipsvc.io/weight"
/* Of any of them; a Pod's or an EndpointSlice's counts for more. */
#define IPSVC_NOTE_CONNECTIONS	"ipsvc.io/max-connections"

/* What the annotations of a Service say. All zero is what is done without. */
struct ipsvc_choice {
	uint8_t scheduler;		/* enum ipsvc_scheduler */
	bool one_packet;		/* of UDP */
	bool has_hash_key;
	uint8_t hash_key[16];
	uint32_t hash_size;
	uint32_t max_connections;	/* of each endpoint; 0: any number */
	/* Of session affinity: */
	bool shared_affinity;		/* by all ports of the Service */
	uint8_t affinity_prefix4;	/* of clients; 0: the whole address */
	uint8_t affinity_prefix6;
};

/* What those of an endpoint say. */
struct ipsvc_share {
	uint16_t weight;		/* 1 when absent */
	bool has_max_connections;
	uint32_t max_connections;
};

/* @notes: the annotations, which may be NULL; what is not valid is as if absent. */
struct ipsvc_choice ipsvc_choice_of(const json_t *notes);
struct ipsvc_share ipsvc_share_of(const json_t *notes);

/* Adds the errors of what is there, below metadata.annotations. */
void ipsvc_choice_validate(const json_t *notes, struct ipsvc_errors *errs);
void ipsvc_share_validate(const json_t *notes, struct ipsvc_errors *errs);

/* 32 hexadecimal digits in lower case, as the annotation has them. */
bool ipsvc_hash_key_parse(const char *text, uint8_t key[16]);
/* "maglev"; NULL: there is no such scheduler. */
const char *ipsvc_scheduler_word(uint8_t scheduler);

#endif
