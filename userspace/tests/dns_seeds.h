/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seeds of SEEDS, SEEDS_MIN at least, for the fuzzer that was included: each as it
 * is, cut at each byte, and with bytes changed at random (with a fixed seed, so that
 * a failure comes again). Given files, replays just these.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <dirent.h>

#include "base/memory.h"

#define MUTATIONS	2000	/* of each seed */
#define SEED_MAX	1024

struct seed {
	uint8_t data[SEED_MAX];
	size_t len;
};

static uint64_t random_state = 88172645463325252u;

static size_t random_below(size_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % n;
}

static void read_seed(const char *path, struct seed *seed)
{
	FILE *f = fopen(path, "rb");

	if (!f) {
		perror(path);
		exit(1);
	}
	seed->len = fread(seed->data, 1, sizeof(seed->data), f);
	fclose(f);
}

/* On the heap, so that a read beyond the end is seen. */
static void replay(const uint8_t *data, size_t len)
{
	uint8_t *copy = xmalloc(len + 1);

	memcpy(copy, data, len);
	copy = xrealloc(copy, len ? len : 1);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void mutate(const struct seed *seed)
{
	static const uint8_t bytes[] = { 0, 1, 12, 41, 63, 64, 0x80, 0xc0, 0xff };
	struct seed m = *seed;

	for (size_t i = 1 + random_below(4); i; i--) {
		size_t at = random_below(m.len);

		m.data[at] = random_below(2) ? bytes[random_below(sizeof(bytes))] :
					       (uint8_t)random_below(256);
	}
	replay(m.data, m.len);
}

static void replay_all_of(const char *path)
{
	struct seed seed;

	read_seed(path, &seed);
	for (size_t len = 0; len <= seed.len; len++)
		replay(seed.data, len);
	for (int i = 0; i < MUTATIONS; i++)
		mutate(&seed);
}

static void test_seeds(void **state)
{
	DIR *dir = opendir(SEEDS);
	const struct dirent *e;
	int n = 0;

	(void)state;
	assert_non_null(dir);
	while ((e = readdir(dir))) {
		char *path;

		if (e->d_name[0] == '.')
			continue;
		path = xasprintf("%s/%s", SEEDS, e->d_name);
		replay_all_of(path);
		free(path);
		n++;
	}
	closedir(dir);
	assert_true(n >= SEEDS_MIN);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seeds),
	};

	for (int i = 1; i < argc; i++) {
		struct seed seed;

		read_seed(argv[i], &seed);
		replay(seed.data, seed.len);
	}
	return argc > 1 ? 0 : cmocka_run_group_tests(tests, NULL, NULL);
}
