// SPDX-License-Identifier: GPL-2.0-or-later
/* The decisions of ipsvcd. */
#include "daemon/plan.h"
#include "source/pace.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static void debounce(void **state)
{
	(void)state;
	assert_int_equal(pace_debounce(1000, 1000), 1000 + PACE_DEBOUNCE);
	/* Each event puts it off… */
	assert_int_equal(pace_debounce(0, 500 * PLAN_MS), 600 * PLAN_MS);
	/* …but not for ever. */
	assert_int_equal(pace_debounce(0, 950 * PLAN_MS), PACE_DEBOUNCE_MAX);
	assert_int_equal(pace_debounce(0, 5 * PLAN_SEC), PACE_DEBOUNCE_MAX);
}

static void retry_grows_to_a_bound(void **state)
{
	uint64_t last = 0;

	(void)state;
	for (unsigned int i = 1; i < 100; i++) {
		uint64_t delay = plan_retry(-ENOENT, i);

		assert_true(delay >= last);
		assert_true(delay >= 100 * PLAN_MS && delay <= (10 * PLAN_SEC));
		last = delay;
	}
	assert_int_equal(last, (10 * PLAN_SEC));
}

static void lost_races_are_repeated_at_once(void **state)
{
	(void)state;
	assert_int_equal(plan_retry(-ESTALE, 1), 0);
	assert_true(plan_retry(-EBUSY, 1) <= 20 * PLAN_MS);
	/* One that is never won must not spin. */
	assert_true(plan_retry(-ESTALE, 50) >= PLAN_SEC);
	assert_true(plan_retry(-EBUSY, 50) >= PLAN_SEC);
}

static void repairs_that_do_not_last_become_rare(void **state)
{
	uint64_t last = 0;

	(void)state;
	assert_int_equal(plan_repair(0), PLAN_COALESCE);
	assert_int_equal(plan_repair(PLAN_RIVAL_REPAIRS - 1), PLAN_COALESCE);
	for (unsigned int i = 0; i < 100; i++) {
		uint64_t delay = plan_repair(i);

		assert_true(delay >= last && delay <= PLAN_PERIOD);
		last = delay;
	}
	assert_int_equal(last, PLAN_PERIOD);
	/* Else each repair would be the first. */
	assert_true(PLAN_RIVAL_CALM > last);
}

static void who_changed_the_kernel(void **state)
{
	(void)state;
	assert_false(plan_is_foreign(7, 7));
	assert_false(plan_is_foreign(7, 6));
	assert_true(plan_is_foreign(7, 8));
	/* Generations wrap. */
	assert_true(plan_is_foreign(UINT32_MAX, 0));
	assert_false(plan_is_foreign(0, UINT32_MAX));
}

static void links(void **state)
{
	(void)state;
	assert_true(plan_link_matters("ipsvc0", "ipsvc0", "ipsvc", true, true));
	assert_true(plan_link_matters("ipsvc0", "ipsvc0", NULL, false, false));
	assert_true(plan_link_matters("ipsvc0", "mine", "ipsvc", true, false));
	assert_false(plan_link_matters("ipsvc0", "ipsvc0", "ipsvc", false, true));
	assert_false(plan_link_matters("ipsvc0", "eth0", NULL, true, false));
	assert_false(plan_link_matters("ipsvc0", "veth1", "veth", true, false));
}

static void refusals(void **state)
{
	(void)state;
	assert_true(plan_commit_singly(-ENOSPC));
	assert_true(plan_commit_singly(-EINVAL));
	assert_true(plan_commit_singly(-EADDRINUSE));
	/* These have nothing to do with a single service. */
	assert_false(plan_commit_singly(-ESTALE));
	assert_false(plan_commit_singly(-EBUSY));
	assert_false(plan_commit_singly(-EPERM));
	assert_false(plan_commit_singly(-ENODEV));
	assert_false(plan_commit_singly(-ENOMEM));
}

static void hints(void **state)
{
	(void)state;
	assert_non_null(plan_hint(-ENOENT, false));
	/* A service that is not there is no missing module. */
	assert_null(plan_hint(-ENOENT, true));
	assert_non_null(plan_hint(-EPERM, true));
	assert_null(plan_hint(-EIO, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(debounce),
		cmocka_unit_test(retry_grows_to_a_bound),
		cmocka_unit_test(lost_races_are_repeated_at_once),
		cmocka_unit_test(repairs_that_do_not_last_become_rare),
		cmocka_unit_test(who_changed_the_kernel),
		cmocka_unit_test(links),
		cmocka_unit_test(refusals),
		cmocka_unit_test(hints),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
