// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The seeds of fuzz/, each as it is and with pieces changed at random (with a
 * fixed seed, so that a failure comes again). Given files, replays just these.
 */
#include "fuzz/fuzz_manifest.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <dirent.h>

#include "base/buf.h"
#include "base/memory.h"

#define SEEDS		"fuzz/seeds/manifest"
#define MUTATIONS	300	/* of each seed */

static uint64_t random_state = 88172645463325252u;

static size_t random_below(size_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return n ? random_state % n : 0;
}

static void read_file_into(const char *path, struct ipsvc_buf *buf)
{
	FILE *f = fopen(path, "rb");
	int c;

	if (!f) {
		perror(path);
		exit(1);
	}
	while ((c = getc(f)) != EOF)
		ipsvc_buf_putc(buf, (char)c);
	fclose(f);
}

/* Copies of other places, and bytes that mean something to YAML. */
static void mutate(const struct ipsvc_buf *seed, struct ipsvc_buf *out)
{
	static const char bytes[] = "{}[],:-?&*!|>'\"%@` \n\t#~<0x_.\\\200";
	size_t changes = 1 + random_below(6);

	ipsvc_buf_reset(out);
	ipsvc_buf_add(out, seed->data, seed->len);
	for (size_t i = 0; i < changes && out->len; i++) {
		size_t at = random_below(out->len);
		size_t from = random_below(out->len);
		size_t len = random_below(16);

		if (random_below(2)) {
			out->data[at] = bytes[random_below(sizeof(bytes) - 1)];
			continue;
		}
		if (len > out->len - at)
			len = out->len - at;
		if (len > out->len - from)
			len = out->len - from;
		memmove(out->data + at, out->data + from, len);
	}
}

static void run_seed(const char *path)
{
	struct ipsvc_buf seed = {0}, changed = {0};

	read_file_into(path, &seed);
	LLVMFuzzerTestOneInput((const uint8_t *)seed.data, seed.len);
	for (size_t i = 0; i < MUTATIONS; i++) {
		mutate(&seed, &changed);
		LLVMFuzzerTestOneInput((const uint8_t *)changed.data,
				       changed.len);
	}
	ipsvc_buf_free(&seed);
	ipsvc_buf_free(&changed);
}

static void test_seeds(void **unused)
{
	DIR *dir = opendir(SEEDS);
	struct dirent *entry;
	size_t n = 0;

	(void)unused;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char *path;

		if (entry->d_name[0] == '.')
			continue;
		path = xasprintf("%s/%s", SEEDS, entry->d_name);
		run_seed(path);
		free(path);
		n++;
	}
	closedir(dir);
	assert_true(n >= 6);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seeds),
	};

	for (int i = 1; i < argc; i++) {
		struct ipsvc_buf buf = {0};

		read_file_into(argv[i], &buf);
		LLVMFuzzerTestOneInput((const uint8_t *)buf.data, buf.len);
		ipsvc_buf_free(&buf);
	}
	if (argc > 1)
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
