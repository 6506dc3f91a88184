#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# libipsvc's netlink against the module: userspace/tests/test_nl_kernel.c, with sanitizers
# (not on User Mode Linux, which has no room for their shadow memory).
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
build=user-asan
if grep -q 'User Mode Linux' /proc/cpuinfo; then build=user; fi
program=$here/../build/$build/tests/test_nl_kernel
if [[ ! -x $program ]]; then
	echo "Bail out! $program is not built: run make -C userspace kernel-tests"
	exit 1
fi
CMOCKA_MESSAGE_OUTPUT=TAP exec "$program"
