#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The arithmetic of the benchmark: its own unit tests, so that a figure can be believed.
source "$(dirname "$0")/../lib.sh"

test_figures() {
	local test
	for test in figures scale; do PYTHONDONTWRITEBYTECODE=1 python3 "$(dirname "$0")/../bench/${test}_test.py"; done
}

run_tests
