#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The module built with -DDEBUG tests itself when it is loaded: each of its files' tests passes.
source "$(dirname "$0")/lib.sh"

repo=$(cd "$(dirname "$0")/.." && pwd -P)
built=$repo/build/kmod-$(uname -r)+debug/ipsvc.ko

put_back() {
	rmmod ipsvc
	modprobe ipsvc
}

test_self_tests_pass()
{
	local said part
	[[ -e $built ]] || fail "$built is not there: DEBUG=1 make module-…"
	rmmod ipsvc
	defer put_back
	echo "selftest starts" >/dev/kmsg
	insmod "$built" || fail "$(dmesg | grep 'self-tests: FAIL')"
	said=$(dmesg | sed '1,/selftest starts/d')
	for part in "$repo"/kmod/selftest/*.c; do
		part=$(basename "$part" .c)
		[[ $said =~ ipsvc:\ $part\ self-tests:\ pass ]] || fail "no word of $part's"$'\n'"$said"
	done
}

run_tests
