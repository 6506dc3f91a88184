// SPDX-License-Identifier: GPL-2.0-or-later
#include "choice.h"

#include <ctype.h>
#include <linux/ipsvc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "names.h"

#define N(array)	(sizeof(array) / sizeof((array)[0]))

/* By number. */
static const char *const schedulers[] = {
	[IPSVC_SCHEDULER_RANDOM] = "random",
	[IPSVC_SCHEDULER_RR] = "rr",
	[IPSVC_SCHEDULER_WRR] = "wrr",
	[IPSVC_SCHEDULER_P2C] = "p2c",
	[IPSVC_SCHEDULER_LC] = "lc",
	[IPSVC_SCHEDULER_WLC] = "wlc",
	[IPSVC_SCHEDULER_SH] = "sh",
	[IPSVC_SCHEDULER_MAGLEV] = "maglev",
	NULL,
};

/* As they are listed in errors. */
static const char *const scheduler_words[] = {
	"lc", "maglev", "p2c", "random", "rr", "sh", "wlc", "wrr", NULL,
};

static const char *const bool_words[] = { "false", "true", NULL };

/* An annotation whose value is a number. */
struct number {
	const char *name;
	uint32_t min, max;
};

static const struct number hash_size = {
	IPSVC_NOTE_HASH_SIZE, 1, IPSVC_HASH_SIZE_MAX,
};
static const struct number connections = {
	IPSVC_NOTE_CONNECTIONS, 0, UINT32_MAX,
};
static const struct number prefix4 = { IPSVC_NOTE_PREFIX4, 1, 32 };
static const struct number prefix6 = { IPSVC_NOTE_PREFIX6, 1, 128 };
static const struct number weight = { IPSVC_NOTE_WEIGHT, 0, UINT16_MAX };

const char *ipsvc_scheduler_word(uint8_t scheduler)
{
	return scheduler < N(schedulers) ? schedulers[scheduler] : NULL;
}

/* Digits only, without zeros in front; within the limits. */
static bool read_number(const json_t *notes, const struct number *number,
			uint32_t *value)
{
	const char *text = ipsvc_json_text(notes, number->name);
	size_t digits = strspn(text, "0123456789");
	unsigned long long n;

	if (!digits || digits > 10 || text[digits] ||
	    (text[0] == '0' && digits > 1))
		return false;
	n = strtoull(text, NULL, 10);
	if (n < number->min || n > number->max)
		return false;
	*value = (uint32_t)n;
	return true;
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10;
}

bool ipsvc_hash_key_parse(const char *text, uint8_t key[16])
{
	if (strlen(text) != 32 || strspn(text, "0123456789abcdef") != 32)
		return false;
	for (size_t i = 0; i < 16; i++)
		key[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 |
				   hex_digit(text[2 * i + 1]));
	return true;
}

static bool read_key(const json_t *notes, uint8_t key[16])
{
	return ipsvc_hash_key_parse(ipsvc_json_text(notes, IPSVC_NOTE_HASH_KEY),
				    key);
}

struct ipsvc_choice ipsvc_choice_of(const json_t *notes)
{
	const char *word = ipsvc_json_text(notes, IPSVC_NOTE_SCHEDULER);
	struct ipsvc_choice choice = {0};
	uint32_t prefix;

	for (uint8_t i = 0; schedulers[i]; i++)
		if (!strcmp(schedulers[i], word))
			choice.scheduler = i;
	choice.one_packet = !strcmp(ipsvc_json_text(notes, IPSVC_NOTE_ONE_PACKET),
				    "true");
	choice.has_hash_key = read_key(notes, choice.hash_key);
	read_number(notes, &hash_size, &choice.hash_size);
	read_number(notes, &connections, &choice.max_connections);
	choice.shared_affinity = !strcmp(ipsvc_json_text(notes, IPSVC_NOTE_SHARED),
					 "true");
	if (read_number(notes, &prefix4, &prefix))
		choice.affinity_prefix4 = (uint8_t)prefix;
	if (read_number(notes, &prefix6, &prefix))
		choice.affinity_prefix6 = (uint8_t)prefix;
	return choice;
}

struct ipsvc_share ipsvc_share_of(const json_t *notes)
{
	struct ipsvc_share share = { .weight = 1 };
	uint32_t value;

	if (read_number(notes, &weight, &value))
		share.weight = (uint16_t)value;
	share.has_max_connections = read_number(notes, &connections,
						&share.max_connections);
	return share;
}

/* ---- validation ----------------------------------------------------------- */

static void note_path(char path[IPSVC_PATH_MAX], const char *name)
{
	snprintf(path, IPSVC_PATH_MAX, "metadata.annotations[%s]", name);
}

static void check_word(const json_t *notes, const char *name,
		       const char *const *words, struct ipsvc_errors *errs)
{
	char path[IPSVC_PATH_MAX];

	if (!json_object_get(notes, name))
		return;
	note_path(path, name);
	ipsvc_check_one_of(errs, path, ipsvc_json_text(notes, name), words);
}

static void check_number(const json_t *notes, const struct number *number,
			 struct ipsvc_errors *errs)
{
	char path[IPSVC_PATH_MAX], detail[64];
	uint32_t value;

	if (!json_object_get(notes, number->name) ||
	    read_number(notes, number, &value))
		return;
	note_path(path, number->name);
	snprintf(detail, sizeof(detail), "must be between %u and %u, inclusive",
		 number->min, number->max);
	ipsvc_invalid_string(errs, path, ipsvc_json_text(notes, number->name),
			     detail);
}

void ipsvc_choice_validate(const json_t *notes, struct ipsvc_errors *errs)
{
	char path[IPSVC_PATH_MAX];
	uint8_t key[16];

	check_word(notes, IPSVC_NOTE_SCHEDULER, scheduler_words, errs);
	check_word(notes, IPSVC_NOTE_ONE_PACKET, bool_words, errs);
	check_number(notes, &hash_size, errs);
	check_number(notes, &connections, errs);
	check_word(notes, IPSVC_NOTE_SHARED, bool_words, errs);
	check_number(notes, &prefix4, errs);
	check_number(notes, &prefix6, errs);
	if (!json_object_get(notes, IPSVC_NOTE_HASH_KEY) || read_key(notes, key))
		return;
	note_path(path, IPSVC_NOTE_HASH_KEY);
	ipsvc_invalid_string(errs, path,
			     ipsvc_json_text(notes, IPSVC_NOTE_HASH_KEY),
			     "must be 32 hexadecimal digits, in lower case");
}

void ipsvc_share_validate(const json_t *notes, struct ipsvc_errors *errs)
{
	check_number(notes, &weight, errs);
	check_number(notes, &connections, errs);
}
