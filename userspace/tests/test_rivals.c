// SPDX-License-Identifier: GPL-2.0-or-later
/* Who else listens to what the kernel says. */
#include "kernel/rivals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char *in(const char *text, uint32_t port, uint32_t groups)
{
	FILE *table = fmemopen((char *)text, strlen(text), "r");
	char *found;

	assert_non_null(table);
	found = rivals_in(table, port, groups);
	fclose(table);
	return found;
}

#define HEAD "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"

static void others_of_the_same_groups(void **state)
{
	/* Ours, another's second socket, no group, another protocol. */
	char *found = in(HEAD
		"000000001b7ed274 16  4194299    00000400 0        0        0     2        0        4\n"
		"000000001b7ed275 16  8388602    00000400 0        0        0     2        0        5\n"
		"000000001b7ed276 16  4194297    00000000 0        0        0     2        0        6\n"
		"000000001b7ed277 0   4194296    00000400 0        0        0     2        0        7\n",
		4194299, 0x400);

	(void)state;
	assert_string_equal(found, "pid 4194298");
	free(found);
}

static void nobody_else(void **state)
{
	(void)state;
	assert_null(in(HEAD "000000001b7ed274 16  4194299    00000400 0 0 0 2 0 4\n",
		       4194299, 0x400));
	assert_null(in("rubbish\n", 1, 0x400));
	assert_null(rivals_of(-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_of_the_same_groups),
		cmocka_unit_test(nobody_else),
	};

	return cmocka_run_group_tests_name("rivals", tests, NULL, NULL);
}
